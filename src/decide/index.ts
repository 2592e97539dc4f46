/**
 * DESIGN. The order of the rooms: the only file that knows it. `decide` is a pure function of facts
 * and snapshot, so `explain` and `simulate` run it offline and can't disagree with production.
 * First decisive rule wins; every room leaves a reason. The order is published in docs/request.md.
 */

import type { CookieReading } from '../cookie/index.ts';
import { type Freeze, freezeAt, freezeIn } from '../failover/freeze.ts';
import { PLACE } from '../failover/reasons.ts';
import { MIRROR } from '../mirror/reasons.ts';
import type { RequestFacts } from '../model/facts.ts';
import type { Lane } from '../model/lane.ts';
import type { Reason } from '../model/reason.ts';
import { gateToken, hasBeenHere, whoSpeaks } from '../peer/index.ts';
import { FROM, LOOP } from '../peer/reasons.ts';
import { GROUP, LANE_COOKIE } from '../release/reasons.ts';
import { isWrite } from '../route/compile.ts';
import { findRoute, type Route } from '../route/index.ts';
import { normalisePath } from '../route/normalise.ts';
import { ROUTE } from '../route/reasons.ts';
import type { Snapshot, Target } from '../snapshot/index.ts';
import type { Decision, Forward, Respond } from './decision.ts';
import { findFault } from './fault.ts';
import { copyMark, mirrorsFor } from './mirror.ts';
import type { Asking, Placed } from './place.ts';
import { type CookieFate, cookieFate, LEFT, NOT_FOR_STRESS } from './route-cookie.ts';
import { type Found, settle } from './settle.ts';
import {
  type Caller,
  hear,
  hearUids,
  type Refused,
  sceneOf,
  stopOf,
  stressLaneOf,
} from './stress.ts';
import { findUser, handedUser, type User } from './user.ts';
import { findStanding, NO_STANDING, type Standing } from './visitor.ts';

export function decide(facts: RequestFacts, snapshot: Snapshot): Decision {
  const speaker = hear(facts, whoSpeaks(facts, snapshot.peer), snapshot);
  if (speaker.reason === FROM.unverified)
    return respond(421, speaker, snapshot, [], FROM.unverified);
  const stop = stopOf(speaker, facts, snapshot);
  if (stop !== null) return stopped(stop, speaker, snapshot, entered(speaker));
  if (hasBeenHere(facts.list('cdn-loop'), gateToken(facts.entryIdc))) {
    return respond(508, speaker, snapshot, entered(speaker), LOOP.detected);
  }
  const path = normalisePath(facts.path, snapshot.gate.paths);
  if (path === null)
    return respond(400, speaker, snapshot, [...entered(speaker), LOOP.none], ROUTE.pathRefused);
  const route = findRoute(snapshot.routes, facts.host, path);
  if (route === 'host-unknown') {
    return respond(421, speaker, snapshot, [...entered(speaker), LOOP.none], ROUTE.hostUnknown);
  }
  if (route === 'path-unknown') {
    return respond(404, speaker, snapshot, [...entered(speaker), LOOP.none], ROUTE.pathUnknown);
  }
  return decideOnRoute(facts, snapshot, speaker, route, path);
}

function decideOnRoute(
  facts: RequestFacts,
  snapshot: Snapshot,
  heard: Caller,
  route: Route,
  path: string,
): Decision {
  const reading = snapshot.cookie.read(facts.cookie(snapshot.gate.cookie.name));
  const { handOver } = heard;
  const user =
    handOver === null
      ? findUser(facts, heard.from, route, path, reading, snapshot)
      : handedUser(handOver, facts.receivedAtMs, snapshot);
  const speaker = hearUids(heard, user, reading, snapshot);
  const stop = speaker === heard ? null : stopOf(speaker, facts, snapshot);
  if (stop !== null) return stopped(stop, speaker, snapshot, upToUser(speaker, reading, user));
  const { from } = speaker;
  const scene = sceneOf(speaker);
  const standing = scene === null ? findStanding(facts, from, user, snapshot) : NO_STANDING;
  const asking: Asking = { facts, from, route, user, standing, scene };
  const settled = settle(asking, snapshot, speaker);
  if (settled.placed === null) {
    const passed = upToUser(speaker, reading, user);
    return respond(settled.status, speaker, snapshot, passed, settled.reason);
  }
  const writes = isWrite(route, facts.method);
  const freeze = writes ? freezeFor(route, user, settled.placed, snapshot) : null;
  if (freeze !== null) {
    const { placed } = settled;
    const passed = [...upToUser(speaker, reading, user), placed.placeReason];
    return respond(503, speaker, snapshot, passed, freeze.reason, freeze.retryAfterS);
  }
  return forward(asking, path, snapshot, speaker, reading, settled, writes);
}

/** What has been left by the door. */
const entered = ({ reason, mark }: Caller): Reason[] =>
  mark === undefined ? [reason] : [reason, mark.reason];

const upToUser = (speaker: Caller, reading: CookieReading, user: User): Reason[] => [
  ...[...entered(speaker), LOOP.none, ROUTE.matched, reading.reason],
  ...[user.identityReason, user.pinReason, user.shardReason],
];

/** Why a write is refused where it would go; null when it is not, as nearly always. */
function freezeFor(route: Route, user: User, placed: Placed, snapshot: Snapshot): Freeze | null {
  const { freezes } = snapshot.placement;
  // Behind shadow endpoints there is no user's data that a freeze could protect.
  if (!freezes.any || placed.target.group.isShadow) return null;
  const zone = placed.target.zone.id;
  const whole = freezes.ofZone.get(zone);
  if (whole !== undefined) return whole;
  // A pinned user lives outside the table, and does not move with his shard.
  if (route.zoneType !== 'rzone' || user.pin !== null) return null;
  if (user.shard !== null) return freezeAt(freezes, user.shard, route.app);
  return freezeIn(freezes, zone, route.app);
}

function forward(
  asking: Asking,
  path: string,
  snapshot: Snapshot,
  speaker: Caller,
  reading: CookieReading,
  { placed, hopReason }: Found,
  writes: boolean,
): Forward {
  const { facts, route, user, standing } = asking;
  const fault = findFault(facts, snapshot, speaker.from, route.app, placed.target.zone.id);
  const { mark } = speaker;
  const lane = stressLaneOf(speaker) ?? grayLaneOf(placed);
  const copy = copyMark(facts, snapshot);
  const mirrors =
    snapshot.mirrors === null || copy !== null
      ? null
      : mirrorsFor(snapshot, { speaker, path, reading, asking, placed, lane });
  const fate = fateOf(asking, lane, copy, reading, snapshot);
  const laneCookieToSet = copy === null ? laneCookieFor(standing, placed, snapshot) : null;
  const why: Reason[] = [
    speaker.reason,
    LOOP.none,
    ROUTE.matched,
    reading.reason,
    user.identityReason,
    user.pinReason,
    user.shardReason,
    placed.placeReason,
    placed.groupReason,
    hopReason,
    fate.reason,
  ];
  // Rooms that speak only where there is something to say, each at its place.
  if (copy !== null || mirrors !== null)
    why.splice(-1, 0, copy === null ? MIRROR.copied : MIRROR.isCopy);
  if (mark !== undefined) why.splice(1, 0, mark.reason);
  if (standing.reasons.length > 0) why.push(...standing.reasons);
  if (laneCookieToSet !== null) why.push(LANE_COOKIE.set);
  if (fault.reasons.length > 0) why.push(...fault.reasons);
  return {
    kind: 'forward',
    from: speaker.from,
    operator: speaker.operator,
    route,
    isWrite: writes,
    targets: targetsOf(facts, route, placed.target, speaker, writes, snapshot),
    reason: placed.placeReason,
    lane,
    spilledFrom: null,
    point: standing.point,
    pass: mark?.kind === 'scene' ? mark.pass : null,
    uid: user.proven ? user.uid : null,
    shard: user.shard,
    provisional: placed.provisional,
    epoch: snapshot.epoch,
    board: boardEpoch(snapshot),
    cookieNow: reading.cookie,
    cookieToSet: fate.value,
    clearsCookie: fate.clears,
    laneCookieToSet,
    handedId: speaker.handOver?.requestId ?? null,
    handedBoard: speaker.handOver?.board ?? -1,
    how: howOf(placed),
    pinTag: user.pin === null ? null : snapshot.tagOfPin.get(user.pin)!,
    fault: fault.fault,
    mirrors,
    copyMark: copy,
    dropHeaders: snapshot.untrustedHeaders.get(route.identity)![speaker.from],
    why,
  };
}

/** A load test is nobody’s session, and whoever gets the answer of a copy is no client. */
function fateOf(
  { from, user }: Asking,
  lane: Lane | null,
  copy: string | null,
  reading: CookieReading,
  snapshot: Snapshot,
): CookieFate {
  if (lane?.kind === 'stress') return NOT_FOR_STRESS;
  return copy === null ? cookieFate(from, user, reading.cookie, snapshot) : LEFT;
}

const grayLaneOf = ({ gray }: Placed): Lane | null =>
  gray === null ? null : { kind: 'gray', name: gray };

function howOf({ placeReason, groupReason, provisional, handedHow }: Placed): Forward['how'] {
  if (handedHow !== undefined) return handedHow;
  if (placeReason === PLACE.forced || groupReason === GROUP.forced) return 'forced';
  return provisional ? 'random' : 'table';
}

/** Only where the user meets a release or a gray rule: nobody else needs to be known by it. */
const laneCookieFor = (
  { cookieToSet }: Standing,
  { target }: Placed,
  { placement }: Snapshot,
): string | null =>
  cookieToSet !== null && placement.lanes.ofZone.has(target.zone.id) ? cookieToSet : null;

/** More than one only for reads that may spill: nobody's user is served in a foreign zone. */
function targetsOf(
  { entryIdc }: RequestFacts,
  route: Route,
  first: Target,
  speaker: Caller,
  writes: boolean,
  snapshot: Snapshot,
): Forward['targets'] {
  const { zoneType, app } = route;
  if (route.onNoHealthy !== 'spill' || writes || zoneType === 'rzone' || speaker.from === 'peer')
    return [first];
  // What stands beside a shadow is not for load tests, and one that finds nobody has found its limit.
  if (sceneOf(speaker) !== null) return [first];
  const seen = snapshot.targets.get(entryIdc);
  const others = (snapshot.placement.spill.get(entryIdc)?.[zoneType] ?? [])
    .filter((g) => g !== first.group && g.endpoints.has(app))
    .map((g) => seen?.get(g))
    .filter((t) => t !== undefined);
  return [first, ...others];
}

const boardEpoch = ({ fleet, board }: Snapshot): number => (fleet === null ? -1 : board.epoch);

/** Seconds: people stop and end load tests, so there is no hurry. */
const STRESS_RETRY_S = 60;

function stopped(
  { status, reason }: Refused,
  speaker: Caller,
  snapshot: Snapshot,
  passed: readonly Reason[],
): Respond {
  const before = passed.filter((r) => r !== reason);
  const retryAfterS = status === 503 ? STRESS_RETRY_S : null;
  return respond(status, speaker, snapshot, before, reason, retryAfterS);
}

function respond(
  status: Respond['status'],
  speaker: Caller,
  snapshot: Snapshot,
  passed: readonly Reason[],
  reason: Reason,
  retryAfterS: number | null = null,
): Respond {
  const why = [...passed, reason];
  const { epoch } = snapshot;
  const board = boardEpoch(snapshot);
  const { from } = speaker;
  const lane = stressLaneOf(speaker);
  return { kind: 'respond', from, status, reason, lane, epoch, board, retryAfterS, why };
}
