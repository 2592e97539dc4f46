/** Where a user stands in draws, and how he is known again: by his uid, else by his lane cookie. */
import type { ConnectionClass, RequestFacts } from '../model/facts.ts';
import type { Reason } from '../model/reason.ts';
import { pointOfDice, pointOfUser, type UserPoint } from '../release/point.ts';
import { LANE_COOKIE } from '../release/reasons.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { isUid } from '../uid-router/index.ts';
import type { Forward } from './decision.ts';
import type { User } from './user.ts';

export interface Standing {
  /** null: he is in no draw. */
  readonly point: UserPoint | null;
  readonly tag: string | null;
  /** Value of the lane cookie to set, if his zone has lanes; null for none. */
  readonly cookieToSet: string | null;
  readonly reasons: readonly Reason[];
}

export const NO_STANDING: Standing = Object.freeze({
  point: null,
  tag: null,
  cookieToSet: null,
  reasons: Object.freeze([]),
});

/**
 * A trusted uid counts before the cookie, and corrects it; the cookie before a uid on anybody's word.
 * Who shows neither is in no draw yet, so nobody is drawn anew with every request; the answer gives him
 * a cookie, and he counts from then on.
 */
export function findStanding(
  facts: RequestFacts,
  from: ConnectionClass,
  user: User,
  snapshot: Snapshot,
): Standing {
  const { lanes } = snapshot.placement;
  if (!lanes.needVisitors || from === 'peer') return NO_STANDING;
  const read = snapshot.laneCookie.read(facts.cookie(snapshot.gate.cookie.laneName));
  const reasons = read === null ? [LANE_COOKIE.bad] : NO_STANDING.reasons;
  const { uid } = user;
  if (uid !== null && (user.proven || !read)) {
    const own = { point: pointOfUser(uid), tag: tagOf(uid, snapshot) };
    const same = read?.point === own.point && read.tag === own.tag;
    const cookieToSet = user.proven && !same ? snapshot.laneCookie.write(own) : null;
    return { ...own, cookieToSet, reasons };
  }
  if (read) return { ...read, cookieToSet: null, reasons };
  const drawn = { point: pointOfDice(facts.dice), tag: null };
  return { point: null, tag: null, cookieToSet: snapshot.laneCookie.write(drawn), reasons };
}

/** The lane cookie of a user whom the application has named; null where nothing needs it. */
export function laneCookieOf(uid: string, decision: Forward, snapshot: Snapshot): string | null {
  const { needVisitors, ofZone } = snapshot.placement.lanes;
  const needed = needVisitors && ofZone.has(decision.targets[0].zone.id);
  if (!needed || decision.from === 'peer' || !isUid(uid)) return null;
  const value = snapshot.laneCookie.write({ point: pointOfUser(uid), tag: tagOf(uid, snapshot) });
  const known = decision.point === pointOfUser(uid) && decision.laneCookieToSet === null;
  return known && tagOf(uid, snapshot) === null ? null : value;
}

const tagOf = (uid: string, { placement, laneCookie }: Snapshot): string | null =>
  placement.lanes.allowed.has(uid) ? laneCookie.tags(uid)[0]! : null;
