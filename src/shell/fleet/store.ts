/**
 * Where the board is kept and how gates meet: a small interface, so that other stores (etcd) fit.
 * It is never on the request path. Nudges may be lost: readers also poll, and read on every
 * (re)connection. All methods but the constructor may fail; a failure is a rejected promise with a
 * `StoreError`, and says nothing about whether a commit has happened: the caller reads again.
 */
import type { GateAck, GateInFleet } from '../../failover/board.ts';

/** What is stored: opaque text to the store, with what it needs to compare. */
export interface StoredBoard {
  readonly epoch: number;
  /** SHA-256 of `text`, hex. */
  readonly digest: string;
  /** JSON of a Board. */
  readonly text: string;
}

export type Committed =
  /** `copies`: replicas that have it, or null where the store has none to ask. */
  | { readonly kind: 'stored'; readonly copies: number | null; readonly replicasWanted: number }
  /** Somebody else was first; `current` is what is there now. */
  | { readonly kind: 'conflict'; readonly current: StoredBoard | null };

/** One line of the trail. Never changed, never removed but by age in number. */
export interface AuditLine {
  readonly atMs: number;
  readonly by: string;
  readonly gate: string;
  /** `drain zone RZ01`, `run r4: flipped 1-5`. */
  readonly what: string;
  readonly reason: string;
  /** stored, refused (with the rule), conflict. */
  readonly outcome: string;
  /** The epoch it made, or found. */
  readonly epoch: number;
  readonly overrides: readonly string[];
}

export interface BoardStore {
  /** `redis://127.0.0.1:6379` or `file:/var/lib/...`, without secrets. */
  readonly name: string;
  /** null: there is no board yet. Rejects when what is stored is not a board's envelope. */
  read(): Promise<StoredBoard | null>;
  /**
   * Compare-and-set: stores `next` if the stored epoch is `expected` (0: there is none), nudges all
   * readers, and appends `audit` in the same step. `next.epoch` must be higher than `expected`.
   */
  commit(expected: number, next: StoredBoard, audit: AuditLine): Promise<Committed>;
  /** Says that this gate lives, for `leaseMs` from now. */
  beat(ack: GateAck, leaseMs: number): Promise<void>;
  /** The gate leaves for good: nobody need wait for it. */
  leave(gate: string): Promise<void>;
  /** Every gate that has not left, lease run out or not; forgotten thirty days after its last word. */
  fleet(): Promise<readonly GateInFleet[]>;
  /** For what changes no board, a refused command. */
  append(line: AuditLine): Promise<void>;
  /** Newest first. */
  audit(limit: number): Promise<readonly AuditLine[]>;
  /**
   * `nudged`: the board may have changed. `connected`: the store can be reached (again), so read.
   * `lost`: it can't. Called any number of times.
   */
  start(events: StoreEvents): Promise<void>;
  close(): Promise<void>;
}

export interface StoreEvents {
  nudged(): void;
  connected(): void;
  lost(why: string): void;
}

/** Every failure of a store, with a sentence for operators. */
export class StoreError extends Error {}

/** The store answers, but what it holds is no board. */
export class GarbageError extends StoreError {}
