/** Where a user stands in draws, and how he is known again: by his uid, else by his lane cookie. */
import type { ConnectionClass, RequestFacts } from '../model/facts.ts';
import type { Reason } from '../model/reason.ts';
import { pointOfDice, pointOfUser, type UserPoint } from '../release/point.ts';
import { LANE_COOKIE } from '../release/reasons.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { isUid, shardOf } from '../uid-router/index.ts';
import type { Forward } from './decision.ts';
import type { User } from './user.ts';

export interface Standing {
  /** As far as lanes go by it; his route cookie may have placed him without it. */
  readonly uid: string | null;
  /** null: he is in no draw. */
  readonly point: UserPoint | null;
  readonly tag: string | null;
  /** Value of the lane cookie to set, if his zone has lanes; null for none. */
  readonly cookieToSet: string | null;
  readonly reasons: readonly Reason[];
}

export const NO_STANDING: Standing = Object.freeze({
  uid: null,
  point: null,
  tag: null,
  cookieToSet: null,
  reasons: Object.freeze([]),
});

/**
 * A trusted uid counts before the cookie, and corrects it; the cookie before a uid on anybody's word, but
 * for a cookie that was drawn without a uid. Who shows neither is in no draw yet, so nobody is drawn anew
 * with every request; the answer gives him a cookie, and he counts from then on.
 */
export function findStanding(
  facts: RequestFacts,
  from: ConnectionClass,
  user: User,
  snapshot: Snapshot,
): Standing {
  const { lanes } = snapshot.placement;
  const uid = lanes.ofZone.size === 0 ? null : laneUid(user, snapshot);
  if (from === 'peer' || !lanes.needVisitors)
    return uid === null ? NO_STANDING : { ...NO_STANDING, uid, point: pointOfUser(uid) };
  const read = snapshot.laneCookie.read(facts.cookie(snapshot.gate.cookie.laneName));
  const reasons = read === null ? [LANE_COOKIE.bad] : NO_STANDING.reasons;
  if (uid !== null && (user.proven || !read || read.drawn)) {
    const own = { point: pointOfUser(uid), tag: tagOf(uid, snapshot), drawn: false };
    const same = read?.point === own.point && read.tag === own.tag && !read.drawn;
    // What anybody can type, his route cookie has to stand behind.
    const known = user.proven || (user.uid === null && user.shard !== null);
    const cookieToSet = known && !same ? snapshot.laneCookie.write(own) : null;
    return { uid, point: own.point, tag: own.tag, cookieToSet, reasons };
  }
  if (read) return { uid, point: read.point, tag: read.tag, cookieToSet: null, reasons };
  const drawn = { point: pointOfDice(facts.dice), tag: null, drawn: true };
  const cookieToSet = snapshot.laneCookie.write(drawn);
  return { uid: null, point: null, tag: null, cookieToSet, reasons };
}

/** A uid on anybody's word is the user's own where his signed cookie names its shard: it chooses a group, and no more. */
function laneUid({ uid, shard, identity }: User, snapshot: Snapshot): string | null {
  if (uid !== null) return uid;
  const { hint } = identity;
  const own = hint !== null && shardOf(hint, snapshot.topology.sharding) === shard;
  return own && shard !== null ? hint : null;
}

/** The lane cookie of a user whom the application has named; null where nothing needs it. */
export function laneCookieOf(uid: string, decision: Forward, snapshot: Snapshot): string | null {
  const { needVisitors, ofZone } = snapshot.placement.lanes;
  const needed = needVisitors && ofZone.has(decision.targets[0].zone.id);
  if (!needed || decision.from === 'peer' || !isUid(uid)) return null;
  const point = pointOfUser(uid);
  const tag = tagOf(uid, snapshot);
  const known = decision.point === point && decision.laneCookieToSet === null && tag === null;
  return known ? null : snapshot.laneCookie.write({ point, tag, drawn: false });
}

const tagOf = (uid: string, { placement, laneCookie }: Snapshot): string | null =>
  placement.lanes.allowed.has(uid) ? laneCookie.tags(uid)[0]! : null;
