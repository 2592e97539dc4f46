/** Which rules copy a request: by what they match, and by a draw that comes out alike for a user everywhere. */
import type { CookieReading } from '../cookie/index.ts';
import { fitsRule, type MirrorRule } from '../mirror/index.ts';
import { MIRROR_HEADER, readMark } from '../mirror/mark.ts';
import type { RequestFacts } from '../model/facts.ts';
import type { Lane } from '../model/lane.ts';
import type { Speaker } from '../peer/index.ts';
import { pointOfShard } from '../release/index.ts';
import { drawOf, pointOfDice, pointOfUser, type UserPoint } from '../release/point.ts';
import type { Route } from '../route/index.ts';
import type { Snapshot, Target } from '../snapshot/index.ts';
import { findUser, type User } from './user.ts';

/** The mark of a copy, from somebody who may make them; null for all other requests. */
export function copyMark(facts: RequestFacts, { peer }: Snapshot): string | null {
  const mark = facts.header(MIRROR_HEADER);
  if (mark === undefined) return null;
  const mayMark = facts.listener === 'app' || peer.peers.has(facts.remote);
  return mayMark && readMark(mark, facts.receivedAtMs, peer.peerKeys) !== null ? mark : null;
}

export interface Mirrored {
  readonly speaker: Speaker;
  readonly route: Route;
  /** Normalised. */
  readonly path: string;
  readonly user: User;
  readonly reading: CookieReading;
  readonly target: Target;
  readonly lane: Lane | null;
}

/**
 * Copies are made where a request meets its application: once, whatever gates it passes. A load test is
 * not copied. @returns null for nearly all
 */
export function mirrorsFor(
  facts: RequestFacts,
  snapshot: Snapshot,
  request: Mirrored,
): readonly MirrorRule[] | null {
  const { target, route, path, lane } = request;
  if (snapshot.mirrors === null || target.via !== 'local' || lane?.kind === 'stress') return null;
  const going = { zone: target.zone.id, zoneType: route.zoneType, app: route.app };
  let point: UserPoint | null = null;
  const chosen: MirrorRule[] = [];
  for (const { rule, share, mixer, idc } of snapshot.mirrors) {
    if (idc !== null && idc !== facts.entryIdc) continue;
    if (!fitsRule(rule, facts, path, going)) continue;
    if (rule.by === 'user') point ??= pointOf(facts, snapshot, request);
    const at = rule.by === 'user' ? point! : pointOfDice(facts.dice);
    if (drawOf(at, mixer) < share) chosen.push(rule);
  }
  return chosen.length === 0 ? null : chosen;
}

/**
 * By the uid, else by the shard that the cookie names, else each request for itself. A hand-over names
 * no uid, so it is looked for again: what the first gate has found still stands in the request.
 */
function pointOf(
  facts: RequestFacts,
  snapshot: Snapshot,
  { speaker, route, path, user, reading }: Mirrored,
): UserPoint {
  const { uid, shard } =
    speaker.handOver === null || user.uid !== null
      ? user
      : findUser(facts, speaker.from, route, path, reading, snapshot);
  if (uid !== null) return pointOfUser(uid);
  const known = shard ?? user.shard;
  return pointOfDice(known === null ? facts.dice : pointOfShard(known));
}
