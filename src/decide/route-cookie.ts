/** Whether the answer carries a route cookie: only when the shard is proven and has changed. */

import type { RouteCookie } from '../cookie/index.ts';
import { COOKIE_WRITE } from '../cookie/reasons.ts';
import type { ConnectionClass } from '../model/facts.ts';
import { parseShardId, type ShardId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { isUid, shardOf } from '../uid-router/index.ts';
import { livePin, type Pin } from '../zone/compile-rules.ts';
import type { Forward } from './decision.ts';
import type { User } from './user.ts';

export interface CookieFate {
  readonly value: string | null;
  readonly clears: boolean;
  readonly reason: Reason;
}

const NOT_PROVEN: CookieFate = Object.freeze({
  value: null,
  clears: false,
  reason: COOKIE_WRITE.notProven,
});
const CLEARED: CookieFate = Object.freeze({
  value: null,
  clears: true,
  reason: COOKIE_WRITE.cleared,
});
const KEPT: CookieFate = Object.freeze({ value: null, clears: false, reason: COOKIE_WRITE.kept });
export const LEFT: CookieFate = Object.freeze({
  value: null,
  clears: false,
  reason: COOKIE_WRITE.leftToSender,
});

/** A load test is nobody's session. */
export const NOT_FOR_STRESS: CookieFate = Object.freeze({
  value: null,
  clears: false,
  reason: COOKIE_WRITE.stress,
});

export function cookieFate(
  from: ConnectionClass,
  user: User,
  now: RouteCookie | null,
  snapshot: Snapshot,
): CookieFate {
  if (from === 'peer') return LEFT;
  if (user.uid === null && user.shard !== null) return KEPT;
  if (!user.proven) return NOT_PROVEN;
  // A pinned user without a shard can't have a cookie, and must not live by the last user's.
  if (user.shard === null) return now === null ? NOT_PROVEN : CLEARED;
  const value = cookieFor(user.shard, user.pin, now, snapshot);
  return value === null ? KEPT : { value, clears: false, reason: COOKIE_WRITE.set };
}

/** null when the client's cookie says it already. */
function cookieFor(
  shard: ShardId,
  pin: Pin | null,
  now: RouteCookie | null,
  snapshot: Snapshot,
): string | null {
  const tag = pin === null ? null : snapshot.tagOfPin.get(pin)!;
  if (now?.shard === shard && now.pinTag === tag) return null;
  if (pin === null) return snapshot.cookieOfShard[shard] ?? null;
  return snapshot.cookie.write(shard, pin.zone, snapshot.epoch, tag);
}

/** What the application's answer says of the user it served. */
export type Correction =
  /** The client's cookie is right already, or not ours to write. */
  | { readonly kind: 'none' }
  /** Neither a uid nor a shard under the rule. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'set'; readonly value: string }
  | { readonly kind: 'clear' };

const NO_CHANGE: Correction = Object.freeze({ kind: 'none' });

/**
 * The application knows best who was served. `uid` and `shard` are the values of its answer's
 * X-Ldc-Uid and X-Ldc-Shard; `none` means that the user has logged out.
 * @param nowMs wall clock, for pins that expire
 */
export function correct(
  decision: Forward,
  uid: string | null,
  shard: string | null,
  nowMs: number,
  snapshot: Snapshot,
): Correction {
  if (decision.from === 'peer' || decision.lane?.kind === 'stress') return NO_CHANGE;
  if (decision.copyMark !== null) return NO_CHANGE;
  if (uid === 'none' || shard === 'none') {
    return decision.cookieNow === null && decision.cookieToSet === null
      ? NO_CHANGE
      : { kind: 'clear' };
  }
  const readable = uid !== null && isUid(uid);
  const pin = livePin(readable ? snapshot.placement.pins.get(uid) : undefined, nowMs);
  const named = readable ? shardOf(uid, snapshot.topology.sharding) : null;
  const known = named ?? shardFromText(shard, snapshot);
  if (known === null) return { kind: 'unreadable' };
  const value = cookieFor(known, pin, decision.cookieNow, snapshot);
  return value === null ? NO_CHANGE : { kind: 'set', value };
}

const shardFromText = (text: string | null, snapshot: Snapshot): ShardId | null =>
  text !== null && /^\d{1,4}$/.test(text)
    ? parseShardId(Number(text), snapshot.topology.sharding.count)
    : null;
