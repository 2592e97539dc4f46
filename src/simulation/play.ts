/** One history carried out, from the first event until all is calm again, or until something breaks. */
import { decide } from '../decide/index.ts';
import { advance } from '../failover/advance.ts';
import type { FleetSettings } from '../failover/compile-fleet.ts';
import { fleetSchema } from '../failover/fleet-schema.ts';
import { isOver, type Run } from '../failover/run.ts';
import type { World } from '../failover/safety.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { Clock } from './clock.ts';
import { Dice } from './dice.ts';
import type { Planned } from './events.ts';
import { endFaults, strike } from './faults.ts';
import { type Behaviour, breaks, COPY_MS, type Fleet, isUnsettled } from './fleet.ts';
import { SimulatedGate, Snapshots } from './gate.ts';
import { Ledger } from './ledger.ts';
import { command } from './operators.ts';
import { request } from './requests.ts';
import { startSteward, visit } from './steward.ts';
import { SimulatedStore } from './store.ts';
import { makeUsers, waysOf } from './users.ts';

const USERS = 10;
/** After the last fault all has to be calm within so long. */
const CALM_WITHIN_MS = 180_000;

export const AS_IT_IS: Behaviour = {
  advance,
  decide,
  accepts: (gate, board) => board.epoch > gate.board.epoch,
  isUnsettled,
};

export interface Setting {
  readonly snapshot: Snapshot;
  readonly gates: number;
  readonly seed: string;
  readonly behaviour: Behaviour;
}

export function prepare({ snapshot, gates: wanted, seed, behaviour }: Setting): Fleet {
  // Where gates call from is of no account here: the signature is.
  const peer = { ...snapshot.peer, peers: { has: () => true } };
  const base: Snapshot = { ...snapshot, peer };
  const settings = base.fleet ?? defaultSettings();
  const world: World = {
    ...{ topology: base.topology, rules: base.rules, userApps: base.userApps },
    ...{ settings, shardRps: null },
  };
  const idcs = [...base.topology.idcs.keys()];
  const count = Math.max(wanted, idcs.length);
  const gates = Array.from({ length: count }, (_, i) => {
    const idc = idcs[i % idcs.length]!;
    return new SimulatedGate(idc, i, `${idc}-${Math.floor(i / idcs.length) + 1}`, seed);
  });
  const users = makeUsers(base, USERS, new Dice(`${seed} users`));
  return {
    ...{ seed, clock: new Clock(), store: new SimulatedStore(settings.leaseMs), gates, base },
    ...{ byName: new Map(gates.map((g) => [g.name, g])), snapshots: new Snapshots(base) },
    ...{ world, settings, behaviour, users },
    ways: users.length === 0 ? [] : waysOf(base, users[0]!, idcs[0]!),
    ledger: new Ledger(world, COPY_MS),
    ...{
      asked: new Map(),
      downUntilMs: new Map(),
      counts: new Map(),
      history: [],
      broken: null,
      nextWrite: 0,
    },
  };
}

/** What a Fleet document says when it says nothing. */
function defaultSettings(): FleetSettings {
  const doc = fleetSchema.parse({
    ...{ apiVersion: 'zonegate/v1', kind: 'Fleet', stateDir: 'state', store: { file: 'store' } },
    catchUp: { by: 'none' },
  });
  return { ...doc, store: { kind: 'file', directory: 'store' } };
}

export function play(fleet: Fleet, planned: readonly Planned[]): void {
  const { clock } = fleet;
  for (const gate of fleet.gates) {
    every(fleet, gate, fleet.settings.beatMs);
    every(fleet, gate, fleet.settings.pollMs);
    startSteward(fleet, gate);
  }
  if (fleet.settings.catchUp.by === 'confirm') watch(fleet);
  for (const event of planned) clock.at(event.atMs, () => happen(fleet, event));
  until(fleet, planned.at(-1)?.atMs ?? 0);
  if (fleet.broken === null) comeToRest(fleet);
}

function comeToRest(fleet: Fleet): void {
  endFaults(fleet);
  fleet.store.downUntilMs = 0;
  const deadlineMs = fleet.clock.nowMs + CALM_WITHIN_MS;
  do {
    until(fleet, fleet.clock.nowMs + 1000);
    if (fleet.broken !== null || unrest(fleet) === null) return;
    if (fleet.settings.catchUp.by !== 'confirm') saySo(fleet);
  } while (fleet.clock.nowMs < deadlineMs);
  breaks(fleet, `when all faults have ended the fleet comes to rest: ${unrest(fleet) ?? ''}`);
}

function until(fleet: Fleet, ms: number): void {
  let isMore = true;
  while (isMore && fleet.broken === null) isMore = fleet.clock.step(ms);
  if (fleet.broken === null) fleet.clock.nowMs = ms;
}

function every(fleet: Fleet, gate: SimulatedGate, ms: number): void {
  const again = (): void => {
    visit(fleet, gate);
    fleet.clock.after(ms * gate.dice.between(0.8, 1.2), again);
  };
  fleet.clock.after(gate.dice.between(0, 100), again);
}

function happen(fleet: Fleet, event: Planned): void {
  if (event.kind === 'request') request(fleet, event);
  else if (event.kind === 'command') command(fleet, event);
  else strike(fleet, event);
}

/** Where a person has to confirm, somebody looks every now and then. */
function watch(fleet: Fleet): void {
  saySo(fleet);
  fleet.clock.after(1500, () => watch(fleet));
}

function saySo(fleet: Fleet): void {
  const open = fleet.store.board.runs.filter((r) => !isOver(r));
  open.forEach((run, which) => {
    const waits = fleet.store.board.moves.some((m) => m.run === run.id) || isAtConfirm(run);
    if (run.state === 'waiting' || !waits) return;
    const gate = fleet.gates.find((g) => g.isUp)?.number ?? 0;
    const said = { do: 'continue', which };
    command(fleet, { kind: 'command', atMs: 0, gate, by: 'watch', command: said });
  });
}

const isAtConfirm = (run: Run): boolean => run.steps[run.at]?.do === 'confirm';

/** What is not as it should be once nothing goes wrong any more; null when all is calm. */
function unrest(fleet: Fleet): string | null {
  const { board } = fleet.store;
  const behind = fleet.gates.find((g) => g.board !== board);
  if (behind !== undefined)
    return `${behind.name} has board ${behind.board.epoch}, and the store has ${board.epoch}`;
  const [move] = board.moves;
  if (move !== undefined) return `move ${move.id} of run ${move.run} is ${move.state} for ever`;
  const run = board.runs.find(
    (r) => r.state === 'aborting' || (r.state === 'running' && !waits(r)),
  );
  return run === undefined ? null : `run ${run.id} is ${run.state} for ever`;

  function waits(r: Run): boolean {
    return isAtConfirm(r) || (r.soakUntilMs ?? 0) > fleet.clock.wallMs;
  }
}
