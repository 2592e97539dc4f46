import type { RouteCookie } from '../cookie/index.ts';
import type { MirrorRule } from '../mirror/index.ts';
import type { ConnectionClass } from '../model/facts.ts';
import type { Epoch, ShardId } from '../model/ids.ts';
import type { Lane } from '../model/lane.ts';
import type { Reason } from '../model/reason.ts';
import type { HandOver } from '../peer/hand-over.ts';
import type { UserPoint } from '../release/point.ts';
import type { Route } from '../route/index.ts';
import type { Target } from '../snapshot/index.ts';
import type { Scene } from '../stress-tag/index.ts';
import type { StressPass } from '../stress-tag/token.ts';
import type { Fault } from '../zone/compile-faults.ts';

/** What is to happen to a request, and why: one reason for each room it passed, in order. */
export type Decision = Forward | Respond;

export interface Forward {
  readonly kind: 'forward';
  readonly from: ConnectionClass;
  /** Name in the operator's token, null for everybody else. */
  readonly operator: string | null;
  readonly route: Route;
  readonly isWrite: boolean;
  /** Never empty, tried in order. A second entry exists only where nobody's data is at stake. */
  readonly targets: readonly [Target, ...Target[]];
  /** Why this zone: the placement's reason, also in `why`. */
  readonly reason: Reason;
  /** null for nearly all. */
  readonly lane: Lane | null;
  /** Where it would have gone, had anybody been healthy there; null for nearly all. */
  readonly spilledFrom: Target | null;
  /** The user's place in draws; null: he is in none. */
  readonly point: UserPoint | null;
  /** The token of a load test, whose quota counts; null without one. */
  readonly pass: StressPass | null;
  /** Only on a trusted word: who may choose his uid has as many as he likes. null: nobody has vouched for one. */
  readonly uid: string | null;
  /** null while the user is unknown. */
  readonly shard: ShardId | null;
  /** Drawn at random: the application may correct it, and no cookie is written from it. */
  readonly provisional: boolean;
  readonly epoch: Epoch;
  /** Epoch of the board that was in force; -1 without a fleet. */
  readonly board: number;
  /** The route cookie the client sent, if it is to be believed. */
  readonly cookieNow: RouteCookie | null;
  /** Value of the route cookie to set, null for none. */
  readonly cookieToSet: string | null;
  /** Value of the lane cookie to set, null for none. */
  readonly laneCookieToSet: string | null;
  /** The client's route cookie is another user's, and this one can have none. */
  readonly clearsCookie: boolean;
  /** For the next gate: how the zone was come to, and the tag of the user's pin. */
  readonly how: HandOver['how'];
  /** Epoch of the board that the gate before has; -1 without one. */
  readonly handedBoard: number;
  readonly pinTag: string | null;
  /** Request id of the gate that handed the request over. */
  readonly handedId: string | null;
  /** Header fields, besides the internal ones, that must not reach the application. */
  readonly dropHeaders: readonly string[];
  /** Done to this request on purpose; null for nearly all. */
  readonly fault: Fault | null;
  /** By which rules it is copied; null for nearly all. */
  readonly mirrors: readonly Mirroring[] | null;
  /** The mark of a copy that another gate has made, for whoever comes next; null for all others. */
  readonly copyMark: string | null;
  readonly why: readonly Reason[];
}

/** A rule that copies the request. */
export interface Mirroring {
  readonly rule: MirrorRule;
  /** Where a load test has the copies go; null: the rule says so itself. */
  readonly scene: SceneCopy | null;
}

/** Copies that are a load test's requests: to a shadow in this IDC, or why nowhere. */
export type SceneCopy =
  | { readonly scene: Scene; readonly target: Target; readonly why: null }
  | { readonly scene: Scene; readonly target: null; readonly why: NoSceneCopy };

/** elsewhere: the scene has the user in another IDC. */
export type NoSceneCopy = 'stopped' | 'elsewhere' | 'no-shadow' | 'foreign-uid';

export interface Respond {
  readonly kind: 'respond';
  readonly from: ConnectionClass;
  readonly status: 400 | 403 | 404 | 421 | 503 | 508;
  /** The reason that ended the walk: the last of `why`. */
  readonly reason: Reason;
  /** null for nearly all. */
  readonly lane: Lane | null;
  readonly epoch: Epoch;
  /** Epoch of the board that was in force; -1 without a fleet. */
  readonly board: number;
  /** Seconds, for Retry-After; null where the status says enough. */
  readonly retryAfterS: number | null;
  readonly why: readonly Reason[];
}
