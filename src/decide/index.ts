/**
 * DESIGN. The order of the rooms: the only file that knows it. `decide` is a pure function of facts
 * and snapshot, so `explain` and `simulate` run it offline and can't disagree with production.
 * First decisive rule wins; every room leaves a reason. The order is published in docs/request.md.
 * Places kept for rooms to come are marked “later”.
 */

import type { CookieReading } from '../cookie/index.ts';
import type { Freeze } from '../failover/freeze.ts';
import { PLACE } from '../failover/reasons.ts';
import type { RequestFacts } from '../model/facts.ts';
import type { ZoneId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import { FORCED_ZONE_HEADER, gateToken, hasBeenHere, whoSpeaks } from '../peer/index.ts';
import { FROM, HOP, LOOP } from '../peer/reasons.ts';
import { isWrite } from '../route/compile.ts';
import { findRoute, type Route } from '../route/index.ts';
import { normalisePath } from '../route/normalise.ts';
import { ROUTE } from '../route/reasons.ts';
import type { Snapshot, Target } from '../snapshot/index.ts';
import type { Scene } from '../stress-tag/index.ts';
import type { Decision, Forward, Respond } from './decision.ts';
import { findFault } from './fault.ts';
import { receive } from './hand-over.ts';
import { inZone, type Placed, place } from './place.ts';
import { cookieFate, NOT_FOR_STRESS } from './route-cookie.ts';
import {
  type Caller,
  hear,
  hearUids,
  inScene,
  laneOf,
  placeStress,
  type Refused,
  sceneOf,
  stopOf,
} from './stress.ts';
import { findUser, handedUser, type User } from './user.ts';

export function decide(facts: RequestFacts, snapshot: Snapshot): Decision {
  // later: waf judges the head
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
  const speaker = hearUids(heard, user, snapshot);
  const stop = speaker === heard ? null : stopOf(speaker, facts, snapshot);
  if (stop !== null) return stopped(stop, speaker, snapshot, upToUser(speaker, reading, user));
  const settled = settle(facts, snapshot, speaker, route, user);
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
  // later: release's gray lists before the group; mirror after the hop
  return forward(facts, snapshot, speaker, route, user, reading, settled, writes);
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
  if (user.shard !== null) return freezes.ofShard[user.shard] ?? null;
  return freezes.inZone.get(zone) ?? null;
}

interface Found {
  readonly placed: Placed;
  readonly hopReason: Reason;
}
type Settled =
  | Found
  | { readonly placed: null; readonly status: 400 | 403 | 421 | 503; readonly reason: Reason };

const REFUSED: Settled = { placed: null, status: 421, reason: HOP.refused };
const NOWHERE: Settled = { placed: null, status: 503, reason: PLACE.nowhere };
const UNKNOWN: Settled = { placed: null, status: 400, reason: PLACE.forcedUnknown };

/** The target: as handed over, as forced, or as placed. */
function settle(
  facts: RequestFacts,
  snapshot: Snapshot,
  speaker: Caller,
  route: Route,
  user: User,
): Settled {
  const scene = sceneOf(speaker);
  if (speaker.handOver !== null) {
    return receive(facts, speaker.handOver, route, user, scene, snapshot) ?? REFUSED;
  }
  const forced = speaker.from === 'operator' ? facts.header(FORCED_ZONE_HEADER) : undefined;
  const placed =
    forced !== undefined
      ? force(forced, facts, route, user, scene, snapshot)
      : scene === null
        ? place(facts, route, user, snapshot)
        : placeStress(facts, route, user, scene, snapshot);
  if (placed === null) return forced === undefined ? NOWHERE : UNKNOWN;
  if ('status' in placed) return { placed: null, ...placed };
  return { placed, hopReason: placed.target.via === 'local' ? HOP.local : HOP.peer };
}

function forward(
  facts: RequestFacts,
  snapshot: Snapshot,
  speaker: Caller,
  route: Route,
  user: User,
  reading: CookieReading,
  { placed, hopReason }: Found,
  writes: boolean,
): Forward {
  const fault = findFault(facts, snapshot, speaker.from, route.app, placed.target.zone.id);
  const lane = laneOf(speaker);
  const { mark } = speaker;
  const fate =
    lane?.kind === 'stress'
      ? NOT_FOR_STRESS
      : cookieFate(speaker.from, user, reading.cookie, snapshot);
  const decision: Forward & { why: Reason[] } = {
    kind: 'forward',
    from: speaker.from,
    operator: speaker.operator,
    route,
    isWrite: writes,
    targets: targetsOf(facts, route, placed.target, speaker, writes, snapshot),
    reason: placed.placeReason,
    lane,
    pass: mark?.kind === 'scene' ? mark.pass : null,
    shard: user.shard,
    provisional: placed.provisional,
    epoch: snapshot.epoch,
    board: boardEpoch(snapshot),
    cookieNow: reading.cookie,
    cookieToSet: fate.value,
    clearsCookie: fate.clears,
    handedId: speaker.handOver?.requestId ?? null,
    handedBoard: speaker.handOver?.board ?? -1,
    how: placed.placeReason === PLACE.forced ? 'forced' : placed.provisional ? 'random' : 'table',
    pinTag: user.pin === null ? null : snapshot.tagOfPin.get(user.pin)!,
    fault: fault.fault,
    dropHeaders: snapshot.untrustedHeaders.get(route.identity)![speaker.from],
    why: [
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
      ...fault.reasons,
    ],
  };
  if (mark !== undefined) decision.why.splice(1, 0, mark.reason);
  return decision;
}

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

/** An operator's word beats the table, but can't invent a zone or send a user to an app that is not there. */
function force(
  name: string,
  facts: RequestFacts,
  route: Route,
  user: User,
  scene: Scene | null,
  snapshot: Snapshot,
): Placed | Refused | null {
  const zone = snapshot.topology.zones.get(name as ZoneId);
  if (zone?.groups.every((g) => g.endpoints.has(route.app)) !== true) return null;
  const placed = inZone(zone, PLACE.forced, facts, user, snapshot);
  if (placed === null || scene === null) return placed;
  return inScene(placed, facts, route, user, scene, snapshot);
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
  const lane = laneOf(speaker);
  return { kind: 'respond', from, status, reason, lane, epoch, board, retryAfterS, why };
}
