/** Everything that a simulation holds, and the two things that all its parts do: talk to the store, tell. */
import type { decide } from '../decide/index.ts';
import type { advance } from '../failover/advance.ts';
import type { Board, GateInFleet, Move } from '../failover/board.ts';
import type { FleetSettings } from '../failover/compile-fleet.ts';
import type { World } from '../failover/safety.ts';
import type { Snapshot } from '../snapshot/index.ts';
import type { Clock } from './clock.ts';
import { hasForbidden, type SimulatedGate, type Snapshots } from './gate.ts';
import type { Ledger } from './ledger.ts';
import type { SimulatedStore } from './store.ts';
import type { SimulatedUser, Way } from './users.ts';

/** What is done by the code of the product, or of the simulated gate; tests put faulty ones in its place. */
export interface Behaviour {
  readonly advance: typeof advance;
  readonly decide: typeof decide;
  /** May this board take the place of the one in force? */
  readonly accepts: (gate: SimulatedGate, board: Board) => boolean;
  /** Must `settled` stay behind the board in force? */
  readonly isUnsettled: (gate: SimulatedGate, snapshot: Snapshot) => boolean;
}

export interface Line {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

export interface Fleet {
  readonly seed: string;
  readonly clock: Clock;
  readonly store: SimulatedStore;
  readonly gates: readonly SimulatedGate[];
  readonly byName: ReadonlyMap<string, SimulatedGate>;
  readonly base: Snapshot;
  readonly snapshots: Snapshots;
  readonly world: World;
  readonly settings: FleetSettings;
  readonly behaviour: Behaviour;
  readonly users: readonly SimulatedUser[];
  readonly ways: readonly Way[];
  readonly ledger: Ledger;
  /** When the check was first asked of a move. */
  readonly asked: Map<string, number>;
  /** Zones whose endpoints are all gone, until then. */
  readonly downUntilMs: Map<string, number>;
  readonly counts: Map<string, number>;
  readonly history: Line[];
  /** The invariant that broke; the simulation ends there. */
  broken: string | null;
  nextWrite: number;
}

const DISK_MS = 20;
/** A write at the old owner is at the new one after so long. */
export const COPY_MS = 600;

export function tell(fleet: Fleet, who: string, what: string): void {
  fleet.history.push({ atMs: fleet.clock.nowMs, who, what });
}

export function count(fleet: Fleet, what: string, by = 1): void {
  fleet.counts.set(what, (fleet.counts.get(what) ?? 0) + by);
}

export function breaks(fleet: Fleet, what: string): void {
  if (fleet.broken !== null) return;
  fleet.broken = what;
  tell(fleet, 'BROKEN', what);
}

export const isDown = ({ downUntilMs, clock }: Fleet, zone: string): boolean =>
  (downUntilMs.get(zone) ?? 0) > clock.nowMs;

const isLost = (fleet: Fleet, gate: SimulatedGate): boolean =>
  fleet.clock.nowMs - gate.lastContactMs > fleet.settings.leaseMs;

export const snapshotOf = (fleet: Fleet, gate: SimulatedGate): Snapshot =>
  fleet.snapshots.of(gate.board, isLost(fleet, gate));

export const reachesStore = (fleet: Fleet, gate: SimulatedGate): boolean =>
  gate.isUp &&
  fleet.clock.nowMs >= gate.cutFromStoreUntilMs &&
  fleet.clock.nowMs >= fleet.store.downUntilMs;

/** One way between a gate and the store. */
const wayMs = (fleet: Fleet, gate: SimulatedGate): number =>
  gate.dice.between(1, 15) +
  (fleet.clock.nowMs < gate.slowUntilMs ? gate.dice.between(100, 900) : 0);

/** A call to the store and its answer; either may be lost on its way. */
export function callStore(
  fleet: Fleet,
  gate: SimulatedGate,
  there: () => void,
  back: () => void,
): void {
  if (!reachesStore(fleet, gate)) return;
  const { life } = gate;
  const { term } = fleet.store;
  const holds = (): boolean => reachesStore(fleet, gate) && fleet.store.term === term;
  fleet.clock.after(wayMs(fleet, gate), () => {
    if (!holds()) return;
    there();
    fleet.clock.after(wayMs(fleet, gate), () => {
      if (holds() && gate.life === life) back();
    });
  });
}

/** Says that it lives, and reads the board: by beat, by poll, by nudge. */
export function contact(
  fleet: Fleet,
  gate: SimulatedGate,
  then?: (board: Board, view: GateInFleet[]) => void,
): void {
  const near = fleet.base.topology.idcs.get(gate.idc)?.zones ?? [];
  const down = near.filter((zone) => isDown(fleet, zone));
  const ack = gate.ack(fleet.clock.nowMs, down);
  let board = fleet.store.board;
  let view: GateInFleet[] = [];
  callStore(
    fleet,
    gate,
    () => {
      fleet.store.beat(ack, fleet.clock.nowMs);
      ({ board } = fleet.store);
      view = fleet.store.view(fleet.clock.nowMs);
    },
    () => {
      gate.lastContactMs = fleet.clock.nowMs;
      offer(fleet, gate, board);
      if (gate.isFenced && gate.board.epoch >= board.epoch) unfence(fleet, gate);
      then?.(board, view);
    },
  );
}

/** Not while the store itself may know less than it did. */
function unfence({ store, clock, history }: Fleet, gate: SimulatedGate): void {
  if (clock.nowMs < store.closedUntilMs || store.isBehind(clock.nowMs)) return;
  gate.isFenced = false;
  const what = 'is back: it has the board of the store, and serves again';
  history.push({ atMs: clock.nowMs, who: gate.name, what });
}

/** A board from the store, or of the gate’s own making: onto the disk, into force, then the word of it. */
export function offer(fleet: Fleet, gate: SimulatedGate, board: Board): void {
  if (board === gate.board) return;
  gate.isAtOdds = board.epoch === gate.board.epoch;
  if (!fleet.behaviour.accepts(gate, board)) {
    if (board.epoch < gate.board.epoch) askToReassert(fleet, gate);
    return;
  }
  const { life } = gate;
  gate.arriving = board;
  fleet.clock.after(gate.dice.between(1, DISK_MS), () => {
    if (gate.life !== life || !gate.isUp || !fleet.behaviour.accepts(gate, board)) return;
    gate.disk = board;
    takeIntoForce(fleet, gate, board);
    contact(fleet, gate);
  });
}

export function takeIntoForce(fleet: Fleet, gate: SimulatedGate, board: Board): void {
  gate.board = board;
  gate.isAtOdds = false;
  tell(fleet, gate.name, `board ${board.epoch} is in force`);
  if (board.epoch < gate.highest)
    breaks(fleet, `epochs fall: ${gate.name} had board ${gate.highest}, and now ${board.epoch}`);
  gate.highest = Math.max(gate.highest, board.epoch);
  settle(fleet, gate);
}

export function settle(fleet: Fleet, gate: SimulatedGate): void {
  if (!fleet.behaviour.isUnsettled(gate, fleet.snapshots.of(gate.board, false)))
    gate.settled = gate.board.epoch;
}

/** Epochs that the lost boards had are never given again. */
const REASSERT_GAP = 1000;

/** The store shows less than the gate knows: after a while an operator puts the gate’s board back. */
function askToReassert(fleet: Fleet, gate: SimulatedGate): void {
  if (gate.asksToReassert) return;
  gate.asksToReassert = true;
  fleet.clock.after(3000 + gate.number * 200, () => {
    gate.asksToReassert = false;
    const { store, clock } = fleet;
    const known = Math.max(...store.view(clock.nowMs).map((g) => g.epoch));
    if (!reachesStore(fleet, gate) || clock.nowMs < store.closedUntilMs) return;
    if (store.board.epoch >= gate.board.epoch || gate.board.epoch < known) return;
    const epoch = known + REASSERT_GAP;
    const again = { ...gate.board, epoch, by: 'operator', reason: 're-asserted' };
    count(fleet, 'boards re-asserted');
    tell(fleet, gate.name, `the operator re-asserts its board ${gate.board.epoch} as ${epoch}`);
    store.reassert(again);
    fleet.ledger.begin(again);
    nudge(fleet);
  });
}

/** Tells all gates that there may be something new; the word may be late, or lost. */
export function nudge(fleet: Fleet): void {
  for (const gate of fleet.gates) {
    const isHeard = fleet.clock.nowMs >= gate.losesNudgesUntilMs && !gate.dice.isIn(5);
    if (isHeard) fleet.clock.after(gate.dice.between(1, 60), () => contact(fleet, gate));
  }
}

/** The declared check: behind for a while, then level when all writes have been copied. */
export function isLevel(fleet: Fleet, move: Move): boolean {
  const first = fleet.asked.get(move.id) ?? fleet.clock.nowMs;
  fleet.asked.set(move.id, first);
  const thinksMs = 40 * (move.shards.length % 20) + 100;
  return fleet.clock.nowMs >= first + thinksMs && fleet.ledger.isCopied(move, fleet.clock.nowMs);
}

export const isUnsettled = hasForbidden;
