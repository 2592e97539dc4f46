/** People: they give commands at some gate, by what it shows them, through the real `apply`. */
import { apply } from '../failover/apply.ts';
import type { Board } from '../failover/board.ts';
import { commandSchema } from '../failover/commands.ts';
import { isOver, type Run } from '../failover/run.ts';
import type { ZoneId } from '../model/ids.ts';
import type { PlannedCommand, Sketch } from './events.ts';
import { contact, count, type Fleet, isLevel, reachesStore, tell } from './fleet.ts';
import type { SimulatedGate } from './gate.ts';
import { commit } from './steward.ts';

const SPOKEN_TO_RUNS = ['approve', 'continue', 'hold', 'abort'];

/** With another try when somebody else was first. */
export function command(fleet: Fleet, planned: PlannedCommand, tries = 2): void {
  const gate = fleet.gates[planned.gate]!;
  count(fleet, tries === 2 ? 'commands' : 'commands given again');
  if (!reachesStore(fleet, gate)) {
    count(fleet, 'commands without a store');
    return;
  }
  const whole = complete(fleet, gate, planned.command);
  if (whole === null) {
    count(fleet, 'commands without a subject');
    return;
  }
  const parsed = commandSchema.safeParse({ by: planned.by, reason: 'simulated', ...whole });
  if (!parsed.success) throw new Error(`${JSON.stringify(whole)}: ${parsed.error.message}`);
  const at = { nowMs: fleet.clock.wallMs, me: gate.name, plans: fleet.base.plans };
  const given = apply(gate.board, parsed.data, fleet.world, at);
  if (!given.ok) {
    count(fleet, 'commands refused');
    tell(fleet, gate.name, `${planned.by}: ${textOf(whole)}: refused, ${given.error.rule}`);
    return;
  }
  const again = (): void => command(fleet, planned, tries - 1);
  commit(fleet, gate, given.value.board, `${planned.by}: ${textOf(whole)}`, () => {
    if (tries > 0) contact(fleet, gate, () => fleet.clock.after(50, again));
  });
}

const textOf = (whole: Sketch): string =>
  JSON.stringify(whole).replace(/["{}]/g, '').replaceAll(',', ', ');

/** Names the run, and the gates that are surely dead because somebody has just seen to it. */
function complete(fleet: Fleet, gate: SimulatedGate, sketch: Sketch): Sketch | null {
  if (!SPOKEN_TO_RUNS.includes(sketch.do)) return sketch;
  const { which, fences, ...said } = sketch;
  const open = gate.board.runs.filter((r) => !isOver(r));
  const run = open[Number(which) % Math.max(1, open.length)];
  if (run === undefined) return null;
  const whole = { ...said, run: run.id };
  if (sketch.do !== 'continue') return whole;
  if (fences === true) {
    const fenced = fenceSilent(fleet, gate.board, run);
    return fenced.length === 0 ? null : { ...whole, fenced };
  }
  return isHonest(fleet, gate.board, run) ? whole : null;
}

/** Nobody says that data is level before it is. */
function isHonest(fleet: Fleet, board: Board, run: Run): boolean {
  const moves = board.moves.filter((m) => m.run === run.id && m.mode !== 'no-freeze');
  const waiting = moves.filter(
    (m) =>
      m.state === 'verifying' ||
      m.state === 'frozen' ||
      (m.mode === 'reads-only' && m.state === 'routed'),
  );
  return waiting.every((m) => isLevel(fleet, m));
}

/** Gates of the source’s IDC that the store has not heard of for a lease are cut off from everything. */
function fenceSilent(fleet: Fleet, board: Board, run: Run): string[] {
  const sources = board.moves
    .filter((m) => m.run === run.id)
    .map((m) => fleet.world.topology.zones.get(m.from as ZoneId)?.idc);
  const silent = fleet.store
    .view(fleet.clock.nowMs)
    .filter((g) => g.leaseLeftMs <= 0 && sources.includes(g.idc))
    .map((g) => g.gate);
  for (const name of silent) {
    const gate = fleet.byName.get(name)!;
    gate.isFenced = true;
    gate.life++;
    gate.arriving = gate.disk;
    gate.underWay.clear();
    count(fleet, 'gates fenced');
    tell(fleet, name, 'is cut off from everything by an operator');
  }
  return silent;
}
