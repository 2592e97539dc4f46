/**
 * What people have ordered, as one document: all switches of the fleet, the moves under way, the
 * plans that run. Changed only by compare-and-set on its epoch, so nobody ever sees half a change.
 * Plain data: it is what the store keeps, what a gate keeps on disk, and what `resolve` reads.
 */
import type { IdcId } from '../model/ids.ts';
import type { ClientRule } from '../release/client-rule.ts';
import type { ReleaseMeasure } from '../release/measure.ts';
import type { Run } from './run.ts';

/** Who did it, why, and when by his clock (milliseconds since 1970). */
export interface Signature {
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

export type Scope =
  | { readonly kind: 'group'; readonly zone: string; readonly group: string }
  | { readonly kind: 'zone'; readonly zone: string }
  | { readonly kind: 'idc'; readonly idc: string }
  | { readonly kind: 'city'; readonly city: string }
  | ShardScope
  | { readonly kind: 'endpoint'; readonly address: string };

interface ShardScope {
  readonly kind: 'shards';
  readonly shards: readonly number[];
}

/** An app of a shard that lives apart from it, or has: null stands for all that do not. */
export type OneApp = string | null;

/** Shards that were taken from a zone, for the way back. */
export interface Taken {
  readonly from: string;
  readonly app: OneApp;
  readonly shards: readonly number[];
}

/**
 * What is under way at a group that takes nothing new ends by `endByMs`, or as it likes (null).
 * drain: a part of a group's requests, or a whole place, is out of service. pop-out: shards, or one
 * app of them, are on loan at an elastic zone. off: a group or an endpoint is out at once. freeze:
 * writes are refused. pin: one user is placed ahead of the table. release: shards are served by another
 * group than the weights say. gray: some users are. stress-stop: the load test of that name, or `*` for
 * all, is over. mirror: a rule copies another part of its requests than is declared. waf-…: the firewall.
 */
type Order =
  | {
      readonly action: 'drain';
      readonly scope: Scope;
      /** 1 … 100; less than 100 for groups only. */
      readonly percent: number;
      readonly taken: readonly Taken[];
      readonly endByMs: number | null;
    }
  | {
      readonly action: 'pop-out';
      readonly scope: ShardScope;
      readonly app: OneApp;
      /** The elastic zone. */
      readonly to: string;
      readonly taken: readonly Taken[];
    }
  | { readonly action: 'off'; readonly scope: Scope; readonly endByMs: number | null }
  | { readonly action: 'freeze'; readonly scope: Scope }
  | { readonly action: 'pin'; readonly uid: string; readonly zone: string }
  | ({ readonly action: 'release' } & Released)
  | ({ readonly action: 'gray' } & Gray)
  /** A load test is stopped; `*` for all. */
  | { readonly action: 'stress-stop'; readonly scene: string }
  | {
      readonly action: 'mirror';
      readonly rule: string;
      /** 0 … 100, with decimals. */
      readonly percent: number;
    }
  /** A policy of the firewall, or `*` for all, judges in another mode than is declared. */
  | { readonly action: 'waf-mode'; readonly policy: string; readonly mode: WafMode }
  /** One rule is out, in all policies. */
  | { readonly action: 'waf-rule-off'; readonly rule: number }
  /** Clients of a network are not judged. */
  | { readonly action: 'waf-exempt'; readonly network: string };

/** As the firewall's own, which the board must not know. */
export const WAF_MODES = ['off', 'detect', 'block'] as const;
export type WafMode = (typeof WAF_MODES)[number];
/** Stands for all policies of the firewall. */
export const EVERY_POLICY = '*';

/** What a release is about. */
export interface ReleaseScope {
  /** In the fleet, while it stands. */
  readonly name: string;
  readonly zones: readonly string[];
  /** null: all apps of the zones. */
  readonly app: string | null;
  /** Groups of each of the zones. */
  readonly from: string;
  readonly to: string;
}

/** How far a release has come. 100 percent: whoever is, or comes, at `from`. */
interface Released extends ReleaseScope {
  readonly percent: number;
  /** So far, zone by zone, in order. */
  readonly moved: readonly { readonly zone: string; readonly shards: readonly number[] }[];
  /** The run that carries it, or carried it. */
  readonly run: string;
}

/** Users who are served by another group than the rest; whichever of the four fits counts. */
export interface Gray {
  /** In the fleet; draws go by it, so another name draws other users. */
  readonly name: string;
  /** Empty: every zone that has the group. */
  readonly zones: readonly string[];
  readonly app: string | null;
  readonly to: string;
  readonly allow: readonly string[];
  /** Believed from apps and operators only. */
  readonly tester: ClientRule | null;
  readonly clients: readonly ClientRule[];
  /** 0 … 100, of users by a hash. */
  readonly percent: number;
}

export type Switch = Signature &
  Order & {
    /** `s1`, `s2`, … */
    readonly id: string;
    /** null: until somebody takes it back. */
    readonly untilMs: number | null;
    /** Safety rules that were set aside when it was given. */
    readonly overrode: readonly string[];
  };

/**
 * freeze: writes are refused from before the data is level until every gate knows the new owner.
 * reads-only: the table flips first, and writes wait for the data at the new owner; for a source
 * that is lost. no-freeze: for apps without state.
 */
export const MOVE_MODES = ['freeze', 'reads-only', 'no-freeze'] as const;
export type MoveMode = (typeof MOVE_MODES)[number];

/**
 * SERVING and UNFROZEN are the states of a shard that no move names. verifying: of a way back, while
 * nothing is frozen yet and the old owner serves as before.
 */
export const MOVE_STATES = [
  'verifying',
  'freeze-pushed',
  'frozen',
  'caught-up',
  'flipped',
  'routed',
] as const;
export type MoveState = (typeof MOVE_STATES)[number];

/** Shards on their way from one owner to another. */
export interface Move {
  /** `m1`, `m2`, … */
  readonly id: string;
  /** The run it belongs to. */
  readonly run: string;
  /** null: all apps that live where the shards do. */
  readonly app: OneApp;
  readonly shards: readonly number[];
  readonly from: string;
  readonly to: string;
  readonly mode: MoveMode;
  readonly state: MoveState;
  /** Epoch of the board that brought this state: what gates must acknowledge. */
  readonly stateEpoch: number;
  /** When the freeze was pushed; its deadline counts while the owner is still the old one. */
  readonly frozenAtMs: number;
  readonly freezeUntilMs: number;
}

/** A safety rule that somebody has set aside, by name, for a time. */
export interface Override extends Signature {
  readonly rule: string;
  readonly untilMs: number;
}

/** A freeze that is over; budgets are counted over these. */
interface PastFreeze {
  readonly shards: readonly number[];
  readonly atMs: number;
  readonly ms: number;
}

/**
 * An app of a shard that has gone a way of its own. Where its zone is the shard's, it is at home again,
 * and stands here for its epoch, which never falls: it goes when it moves with its shard.
 */
export interface AppOwner {
  readonly app: string;
  readonly shard: number;
  readonly zone: string;
  /** Epoch in which it got its owner. */
  readonly since: number;
}

/** Every shard of sixteen apps. */
export const MOST_APP_OWNERS = 16_384;

export interface Board extends Signature {
  /** Only grows. 0: nobody has ordered anything yet. */
  readonly epoch: number;
  /** Owner of each shard; null while the declared table counts. */
  readonly owners: readonly string[] | null;
  /** Epoch in which each shard got its owner, 0 for as declared; null while `owners` is. */
  readonly since: readonly number[] | null;
  /** Few, and mostly none. */
  readonly appOwners: readonly AppOwner[];
  readonly switches: readonly Switch[];
  readonly moves: readonly Move[];
  /** Oldest first; of those that are over, the last few. */
  readonly runs: readonly Run[];
  readonly overrides: readonly Override[];
  readonly pastFreezes: readonly PastFreeze[];
  /** The number of the next switch, move or run. */
  readonly nextId: number;
}

export const EMPTY_BOARD: Board = Object.freeze({
  epoch: 0,
  by: 'nobody',
  reason: 'as declared',
  atMs: 0,
  owners: null,
  since: null,
  appOwners: [],
  switches: [],
  moves: [],
  runs: [],
  overrides: [],
  pastFreezes: [],
  nextId: 1,
});

/** Is the owner of the move's shards the new one? */
export const hasFlipped = (move: Move): boolean =>
  move.state === 'routed' ||
  move.state === 'flipped' ||
  (move.mode === 'reads-only' && move.state === 'caught-up');

/** Does it refuse writes, or may it have to wait for some? */
export const holdsWrites = (move: Move): boolean =>
  move.mode !== 'no-freeze' && move.state !== 'verifying';

export interface GateAck {
  /** Unique in the fleet. */
  readonly gate: string;
  readonly idc: IdcId;
  /** Epoch of the board in force at that gate. */
  readonly epoch: number;
  /** Of that board: epochs are given out anew by a store that has lost some. */
  readonly digest: string;
  /** The highest epoch for which no write that it forbids is still under way there. */
  readonly settled: number;
  readonly appliedAtMs: number;
  /** What is wrong there, in its own words; null when nothing is. */
  readonly trouble: string | null;
  /** What the gate has measured of the zones, in the last seconds. */
  readonly zones: Readonly<Record<string, ZoneMeasure>>;
  /** What it has counted of the releases under way, by their name; absent: none, or an older gate. */
  readonly releases?: Readonly<Record<string, ReleaseMeasure>>;
  readonly adminUrl: string | null;
  /** Load tests by scene; absent where none is declared. */
  readonly stress?: Readonly<Record<string, SceneMeasure>>;
}

/** Of one load test, by one gate: of the requests that entered there. */
export interface SceneMeasure {
  readonly active: number;
  /** Let in since the gate's start. */
  readonly total: number;
  readonly refused: number;
}

/** Of one zone, by one gate that sends to its endpoints itself. */
export interface ZoneMeasure {
  readonly rps: number;
  /** Share of answers that were 5xx or none, 0 … 1. */
  readonly errors: number;
  /** Share of endpoints that are usable, 0 … 1, of the worst app; null when not known here. */
  readonly usable: number | null;
}

/** A gate as the store shows it: its last word, and how long that is good for. */
export interface GateInFleet extends GateAck {
  /** Since its last word, by the store's clock. */
  readonly ageMs: number;
  /** 0 or less: it has lost the fleet, or is gone. */
  readonly leaseLeftMs: number;
}
