/** Which rules copy a request: by what they match, and by a draw that comes out alike for a user everywhere. */
import type { CookieReading } from '../cookie/index.ts';
import { fitsRule } from '../mirror/index.ts';
import { MIRROR_HEADER, readMark } from '../mirror/mark.ts';
import type { RequestFacts } from '../model/facts.ts';
import type { Lane } from '../model/lane.ts';
import type { Speaker } from '../peer/index.ts';
import { pointOfShard } from '../release/index.ts';
import { drawOf, pointOfDice, pointOfUser, type UserPoint } from '../release/point.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { fits, type Scene } from '../stress-tag/index.ts';
import type { Mirroring, NoSceneCopy, SceneCopy } from './decision.ts';
import type { Asking, Placed } from './place.ts';
import { byTable, endOf, inScene } from './stress.ts';
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
  /** Normalised. */
  readonly path: string;
  readonly reading: CookieReading;
  readonly asking: Asking;
  readonly placed: Placed;
  readonly lane: Lane | null;
}

/**
 * Copies are made where a request meets its application: once, whatever gates it passes. A load test is
 * not copied. @returns null for nearly all
 */
export function mirrorsFor(snapshot: Snapshot, request: Mirrored): readonly Mirroring[] | null {
  const { asking, placed, path, lane } = request;
  const { target } = placed;
  if (snapshot.mirrors === null || target.via !== 'local' || lane?.kind === 'stress') return null;
  const { facts, route } = asking;
  const going = { zone: target.zone.id, zoneType: route.zoneType, app: route.app };
  let point: UserPoint | null = null;
  const chosen: Mirroring[] = [];
  for (const { rule, share, mixer, idc } of snapshot.mirrors) {
    if (idc !== null && idc !== facts.entryIdc) continue;
    if (!fitsRule(rule, facts, path, going)) continue;
    if (rule.by === 'user') point ??= pointOf(snapshot, request);
    const at = rule.by === 'user' ? point! : pointOfDice(facts.dice);
    if (drawOf(at, mixer) >= share) continue;
    if (rule.to.kind !== 'scene') chosen.push({ rule, scene: null });
    else {
      const scene = snapshot.stress?.scenes.get(rule.to.scene);
      if (scene !== undefined)
        chosen.push({
          rule,
          scene: sceneCopy(scene, snapshot, userOf(snapshot, request), request),
        });
    }
  }
  return chosen.length === 0 ? null : chosen;
}

/** A hand-over names no uid, so it is looked for again: what the first gate has found still stands in the request. */
const userOf = (snapshot: Snapshot, { speaker, path, reading, asking }: Mirrored): User =>
  speaker.handOver === null || asking.user.uid !== null
    ? asking.user
    : findUser(asking.facts, speaker.from, asking.route, path, reading, snapshot);

/** By the uid, else by the shard that the cookie names, else each request for itself. */
function pointOf(snapshot: Snapshot, request: Mirrored): UserPoint {
  const { facts, user } = request.asking;
  const { uid, shard } = userOf(snapshot, request);
  if (uid !== null) return pointOfUser(uid);
  const known = shard ?? user.shard;
  return pointOfDice(known === null ? facts.dice : pointOfShard(known));
}

/**
 * Where the copies go as requests of the scene: where its table has the user, and only to a shadow in this
 * IDC, so that no other gate need be trusted with them.
 */
function sceneCopy(
  scene: Scene,
  snapshot: Snapshot,
  { identity }: User,
  { asking, placed }: Mirrored,
): SceneCopy {
  const nowhere = (why: NoSceneCopy): SceneCopy => ({ scene, target: null, why });
  const { facts, route } = asking;
  const { stress } = snapshot;
  if (stress === null || endOf(scene, facts.receivedAtMs, snapshot) !== null)
    return nowhere('stopped');
  for (const uid of [identity.trusted, identity.hint])
    if (uid !== null && !fits(scene, uid, stress)) return nowhere('foreign-uid');
  const owners = route.zoneType === 'rzone' ? scene.owners : null;
  const found = owners === null ? placed : byTable(asking, owners, snapshot);
  if (found === null) return nowhere('no-shadow');
  const shadow = inScene(found, asking, scene, snapshot);
  if ('status' in shadow || !shadow.target.group.isShadow) return nowhere('no-shadow');
  const { target } = shadow;
  return target.via === 'local' ? { scene, target, why: null } : nowhere('elsewhere');
}
