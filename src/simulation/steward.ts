/** The gate that carries runs out: the real `advance`, with what the store shows. */
import { isFirstLiving } from '../failover/advance.ts';
import { actByItself, watch } from '../failover/automatic.ts';
import type { Board, GateInFleet } from '../failover/board.ts';
import { silenceMs } from '../failover/compile-fleet.ts';
import type { Sight } from '../failover/move.ts';
import { ownersOf } from '../failover/owners.ts';
import { isOver, type Run } from '../failover/run.ts';
import {
  breaks,
  callStore,
  contact,
  count,
  type Fleet,
  isLevel,
  nudge,
  offer,
  tell,
} from './fleet.ts';
import type { SimulatedGate } from './gate.ts';

const TURN_MS = 200;

export function startSteward(fleet: Fleet, gate: SimulatedGate): void {
  const turn = (): void => {
    if (gate.board.runs.some((r) => r.steward === gate.name && isUnderWay(r))) visit(fleet, gate);
    fleet.clock.after(gate.dice.between(TURN_MS * 0.8, TURN_MS * 1.2), turn);
  };
  fleet.clock.after(gate.dice.between(0, TURN_MS), turn);
}

const isUnderWay = (run: Run): boolean => !isOver(run) && run.state !== 'waiting';

/** To the store and back; whoever has the board of the store does what is to be done next, if it is his. */
export function visit(fleet: Fleet, gate: SimulatedGate): void {
  contact(fleet, gate, (board, view) => {
    if (board === gate.board) oneTurn(fleet, gate, view);
  });
}

function sightOf(fleet: Fleet, gate: SimulatedGate, gates: GateInFleet[]): Sight {
  return {
    nowMs: fleet.clock.wallMs,
    me: gate.name,
    gates,
    fencing: fleet.settings.fencing,
    silentMs: silenceMs(fleet.settings),
    stuck: [],
    byPerson: fleet.settings.catchUp.by === 'confirm',
    level: (move) => (isLevel(fleet, move) ? 'level' : 'behind'),
  };
}

function oneTurn(fleet: Fleet, gate: SimulatedGate, view: GateInFleet[]): void {
  const sight = sightOf(fleet, gate, view);
  const next = fleet.behaviour.advance(gate.board, fleet.world, sight);
  if (next?.kind === 'commit') commit(fleet, gate, next.board, next.what);
  else byItself(fleet, gate, sight);
}

/** Only of elastic zones: no other zone is ever measured to be unwell here. */
function byItself(fleet: Fleet, gate: SimulatedGate, sight: Sight): void {
  const policies = fleet.settings.automatic.filter((p) => p.act === 'return');
  if (policies.length === 0) return;
  watch(gate.unwellSinceMs, policies, fleet.world, sight.gates, sight.nowMs);
  if (!isFirstLiving(sight)) return;
  const acted = actByItself(gate.board, policies, gate.unwellSinceMs, fleet.world, sight);
  if (acted === null) return;
  count(fleet, 'returns by themselves');
  commit(fleet, gate, acted.board, acted.what);
}

/** Compare-and-set; the gate itself has the new board with the store’s answer. */
export function commit(
  fleet: Fleet,
  gate: SimulatedGate,
  next: Board,
  what: string,
  otherwise?: () => void,
): void {
  if (gate.isAtOdds) return;
  const expected = gate.board.epoch;
  let isStored = false;
  callStore(
    fleet,
    gate,
    () => {
      isStored = fleet.store.commit(expected, next, fleet.clock.nowMs);
      if (!isStored) return;
      count(fleet, 'boards');
      tell(fleet, gate.name, `commits board ${next.epoch}: ${what}`);
      watchMoves(fleet, next);
      const broken = fleet.ledger.commit(next, fleet.clock.nowMs);
      if (broken !== null) breaks(fleet, broken);
      nudge(fleet);
    },
    () => {
      if (isStored) offer(fleet, gate, next);
      else {
        count(fleet, 'commits refused by the store');
        otherwise?.();
      }
    },
  );
}

function watchMoves(fleet: Fleet, next: Board): void {
  const before = fleet.ledger.board;
  for (const m of next.moves) {
    if (before.moves.some((o) => o.id === m.id)) continue;
    count(fleet, 'moves begun');
    if (m.state === 'verifying') count(fleet, 'ways back verified');
  }
  const expired = next.runs.filter((r) => !before.runs.some((o) => o.id === r.id));
  for (const run of expired)
    if (run.steps[0]?.do === 'pop-back' && run.reason.endsWith('has expired'))
      count(fleet, 'windows that ended');
  for (const m of before.moves) {
    if (next.moves.some((o) => o.id === m.id)) continue;
    const owners = ownersOf(next, fleet.world.rules, m.app);
    const flipped = m.shards.every((s) => owners[s] === m.to);
    count(fleet, flipped ? 'moves done' : 'moves dropped');
    if (flipped && m.app !== null) count(fleet, 'moves of one app done');
    if (m.mode === 'no-freeze') continue;
    const ms = fleet.clock.wallMs - m.frozenAtMs;
    const longest = fleet.counts.get('longest freeze, ms') ?? 0;
    fleet.counts.set('longest freeze, ms', Math.max(longest, ms));
  }
}
