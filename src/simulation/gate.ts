/** One gate: the board in force, the one on its disk, what it has under way, and what ails it. */
import type { Board, GateAck } from '../failover/board.ts';
import { EMPTY_BOARD } from '../failover/board.ts';
import { freezeAt } from '../failover/freeze.ts';
import type { IdcId } from '../model/ids.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { withBoard } from '../snapshot/with-board.ts';
import { Dice } from './dice.ts';

/** A write between this gate’s yes and the application’s. */
export interface UnderWay {
  readonly shard: number;
  readonly app: string;
  readonly zone: string;
  readonly isPinned: boolean;
}

export class SimulatedGate {
  readonly name: string;
  readonly idc: IdcId;
  readonly number: number;
  readonly dice: Dice;
  board: Board = EMPTY_BOARD;
  /** Survives a restart. A board is here before it is in force. */
  disk: Board = EMPTY_BOARD;
  /** On its way to the disk. */
  arriving: Board = EMPTY_BOARD;
  /** The highest epoch that was ever in force here. */
  highest = 0;
  settled = 0;
  lastContactMs = 0;
  isUp = true;
  /** Somebody has cut it off from everything, so that it surely writes no more. */
  isFenced = false;
  hasRestarted = false;
  /** Counts its lives: what belongs to an earlier one comes to nothing. */
  life = 0;
  /** How often it was killed. */
  stops = 0;
  cutFromStoreUntilMs = 0;
  slowUntilMs = 0;
  losesNudgesUntilMs = 0;
  /** For the policies that act by themselves. */
  readonly unwellSinceMs = new Map<string, number>();
  readonly cutFromGatesUntilMs = new Map<string, number>();
  readonly underWay = new Map<number, UnderWay>();
  /** Another board of the same epoch is at the store. */
  isAtOdds = false;
  asksToReassert = false;

  constructor(idc: IdcId, number: number, name: string, seed: string) {
    this.idc = idc;
    this.number = number;
    this.name = name;
    this.dice = new Dice(`${seed} ${name}`);
  }

  /** @param down zones that are lost just now; a gate measures those beside it */
  ack(nowMs: number, down: readonly string[] = []): GateAck {
    const odd = this.isAtOdds;
    return {
      ...{
        gate: this.name,
        idc: this.idc,
        appliedAtMs: nowMs,
        zones: Object.fromEntries(down.map((zone) => [zone, { rps: 0, errors: 0, usable: 0 }])),
        adminUrl: null,
        digest: '',
      },
      epoch: odd ? 0 : this.board.epoch,
      settled: odd ? 0 : this.settled,
      trouble: odd ? 'the store has another board of this epoch' : null,
    };
  }
}

/** Is a write under way that the board in force forbids? */
export function hasForbidden(gate: SimulatedGate, snapshot: Snapshot): boolean {
  const { freezes } = snapshot.placement;
  if (!freezes.any) return false;
  for (const { shard, app, zone, isPinned } of gate.underWay.values()) {
    if (freezes.ofZone.has(zone)) return true;
    if (!isPinned && freezeAt(freezes, shard, app) !== null) return true;
  }
  return false;
}

/** Snapshots by board: all gates of a simulation read the same configuration. */
export class Snapshots {
  readonly #base: Snapshot;
  readonly #made = new WeakMap<Board, { held?: Snapshot; lost?: Snapshot }>();

  constructor(base: Snapshot) {
    this.#base = base;
  }

  of(board: Board, lost: boolean): Snapshot {
    const known = this.#made.get(board) ?? {};
    this.#made.set(board, known);
    const name = lost ? 'lost' : 'held';
    const made = known[name] ?? withBoard(this.#base, board, lost);
    known[name] = made;
    return made;
  }
}
