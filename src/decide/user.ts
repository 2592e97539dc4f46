/** Who the user is, as far as this request can tell: uid, pin, shard, and whose word it is. */
import type { CookieReading, RouteCookie } from '../cookie/index.ts';
import { PIN, SHARD } from '../failover/reasons.ts';
import type { ConnectionClass, RequestFacts } from '../model/facts.ts';
import { parseShardId, type ShardId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import type { HandOver } from '../peer/hand-over.ts';
import type { Route } from '../route/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { findUid, type Identity, NO_IDENTITY, shardOf } from '../uid-router/index.ts';
import { IDENTITY } from '../uid-router/reasons.ts';
import { livePin, type Pin } from '../zone/compile-rules.ts';

export interface User {
  /** The uid that counted; null when the cookie or nothing did. */
  readonly uid: string | null;
  readonly shard: ShardId | null;
  readonly pin: Pin | null;
  /** Somebody trusted says so, now. A cookie's shard was proven when it was written. */
  readonly proven: boolean;
  /** Whatever uids the request shows; one gate leaves that to the one before. */
  readonly identity: Identity;
  readonly identityReason: Reason;
  readonly pinReason: Reason;
  readonly shardReason: Reason;
}

/**
 * In strict order: a trusted uid, the signed cookie, a uid on anybody's word. A uid brings its pin
 * along, and so does a pinned user's cookie. A trusted uid outranks the cookie because cookies
 * outlive logins; a hint does not, because anybody can type one.
 *
 * @param path normalised
 */
export function findUser(
  facts: RequestFacts,
  from: ConnectionClass,
  route: Route,
  path: string,
  cookie: CookieReading,
  snapshot: Snapshot,
): User {
  const list = route.identity === null ? undefined : snapshot.identities.get(route.identity);
  const identity =
    list === undefined ? NO_IDENTITY : findUid(facts, from, list, path, snapshot.placesUid);
  const identityReason = reasonOf(identity, list === undefined);
  if (identity.trusted !== null) {
    const user = byUid(
      identity.trusted,
      true,
      SHARD.fromUid,
      facts,
      snapshot,
      identity,
      identityReason,
    );
    if (user !== null) return user;
  }
  if (cookie.cookie !== null) {
    return byCookie(cookie.cookie, identity, identityReason, facts, snapshot);
  }
  if (identity.hint !== null) {
    const user = byUid(
      identity.hint,
      false,
      SHARD.fromHint,
      facts,
      snapshot,
      identity,
      identityReason,
    );
    if (user !== null) return user;
  }
  return {
    uid: null,
    shard: null,
    pin: null,
    proven: false,
    identity,
    identityReason,
    pinReason: PIN.none,
    shardReason: SHARD.absent,
  };
}

/** A cookie from before its user was pinned has no tag; a hint of the same shard then finds the pin. */
function byCookie(
  cookie: RouteCookie,
  identity: Identity,
  identityReason: Reason,
  facts: RequestFacts,
  snapshot: Snapshot,
): User {
  const { shard } = cookie;
  const { hint } = identity;
  const hinted =
    hint === null || snapshot.placement.pins.size === 0
      ? undefined
      : snapshot.placement.pins.get(hint);
  const same = hinted !== undefined && shardOf(hinted.uid, snapshot.topology.sharding) === shard;
  const declared = same ? hinted : pinOfTag(cookie.pinTag, snapshot);
  const [pin, pinReason] = judgePin(declared, facts.receivedAtMs);
  return {
    uid: null,
    shard,
    pin,
    proven: false,
    identity,
    identityReason,
    pinReason,
    shardReason: SHARD.fromCookie,
  };
}

/** null when the uid has neither pin nor shard: as good as absent. */
function byUid(
  uid: string,
  proven: boolean,
  shardReason: Reason,
  facts: RequestFacts,
  snapshot: Snapshot,
  identity: Identity,
  identityReason: Reason,
): User | null {
  const declared =
    snapshot.placement.pins.size === 0 ? undefined : snapshot.placement.pins.get(uid);
  const [pin, pinReason] = judgePin(declared, facts.receivedAtMs);
  const shard = shardOf(uid, snapshot.topology.sharding);
  if (shard === null && pin === null) return null;
  return {
    uid,
    shard,
    pin,
    proven,
    identity,
    identityReason,
    pinReason,
    shardReason: shard === null ? SHARD.absent : shardReason,
  };
}

function reasonOf(identity: Identity, notNeeded: boolean): Reason {
  if (notNeeded) return IDENTITY.notNeeded;
  if (identity.trusted !== null) return IDENTITY.trusted;
  if (identity.hint !== null) return IDENTITY.hint;
  return identity.malformed ? IDENTITY.malformed : IDENTITY.absent;
}

/** The user that another gate has signed for. */
export function handedUser(handOver: HandOver, nowMs: number, snapshot: Snapshot): User {
  const { count } = snapshot.topology.sharding;
  const shard = handOver.shard === null ? null : parseShardId(handOver.shard, count);
  const [pin, pinReason] = judgePin(pinOfTag(handOver.pinTag, snapshot), nowMs);
  return {
    uid: pin?.uid ?? null,
    shard,
    pin,
    proven: false,
    identity: NO_IDENTITY,
    identityReason: IDENTITY.leftToSender,
    pinReason,
    shardReason: shard === null ? SHARD.absent : SHARD.handedOver,
  };
}

const pinOfTag = (tag: string | null, snapshot: Snapshot): Pin | undefined =>
  tag === null ? undefined : snapshot.pinOfTag.get(tag);

function judgePin(declared: Pin | undefined, nowMs: number): [Pin | null, Reason] {
  const pin = livePin(declared, nowMs);
  if (pin !== null) return [pin, PIN.hit];
  return [null, declared === undefined ? PIN.none : PIN.expired];
}
