/**
 * DESIGN. The order of the rooms: the only file that knows it. `decide` is a pure function of facts
 * and snapshot, so `explain` and `simulate` run it offline and can't disagree with production.
 * First decisive rule wins; every room leaves a reason. The order is published in docs/request.md.
 * Places kept for rooms to come are marked “later”.
 */

import type { CookieReading } from '../cookie/index.ts';
import { type Freeze, freezeAt, freezeIn } from '../failover/freeze.ts';
import { PLACE } from '../failover/reasons.ts';
import type { RequestFacts } from '../model/facts.ts';
import type { ZoneId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import {
  FORCED_GROUP_HEADER,
  FORCED_ZONE_HEADER,
  gateToken,
  hasBeenHere,
  type Speaker,
  whoSpeaks,
} from '../peer/index.ts';
import { FROM, HOP, LOOP } from '../peer/reasons.ts';
import { GROUP, LANE_COOKIE } from '../release/reasons.ts';
import { isWrite } from '../route/compile.ts';
import { findRoute, type Route } from '../route/index.ts';
import { normalisePath } from '../route/normalise.ts';
import { ROUTE } from '../route/reasons.ts';
import type { Snapshot, Target } from '../snapshot/index.ts';
import type { Decision, Forward, Respond } from './decision.ts';
import { findFault } from './fault.ts';
import { receive } from './hand-over.ts';
import { type Asking, inZone, type Placed, place } from './place.ts';
import { cookieFate } from './route-cookie.ts';
import { findUser, handedUser, type User } from './user.ts';
import { findStanding, type Standing } from './visitor.ts';

export function decide(facts: RequestFacts, snapshot: Snapshot): Decision {
  const speaker = whoSpeaks(facts, snapshot.peer);
  // later: waf judges the head, stress-tag finds the traffic class
  if (speaker.reason === FROM.unverified)
    return respond(421, speaker, snapshot, [], FROM.unverified);
  if (hasBeenHere(facts.list('cdn-loop'), gateToken(facts.entryIdc))) {
    return respond(508, speaker, snapshot, [speaker.reason], LOOP.detected);
  }
  const path = normalisePath(facts.path, snapshot.gate.paths);
  if (path === null)
    return respond(400, speaker, snapshot, [speaker.reason, LOOP.none], ROUTE.pathRefused);
  const route = findRoute(snapshot.routes, facts.host, path);
  if (route === 'host-unknown') {
    return respond(421, speaker, snapshot, [speaker.reason, LOOP.none], ROUTE.hostUnknown);
  }
  if (route === 'path-unknown') {
    return respond(404, speaker, snapshot, [speaker.reason, LOOP.none], ROUTE.pathUnknown);
  }
  return decideOnRoute(facts, snapshot, speaker, route, path);
}

function decideOnRoute(
  facts: RequestFacts,
  snapshot: Snapshot,
  speaker: Speaker,
  route: Route,
  path: string,
): Decision {
  const reading = snapshot.cookie.read(facts.cookie(snapshot.gate.cookie.name));
  const { handOver } = speaker;
  const user =
    handOver === null
      ? findUser(facts, speaker.from, route, path, reading, snapshot)
      : handedUser(handOver, facts.receivedAtMs, snapshot);
  const standing = findStanding(facts, speaker.from, user, snapshot);
  const asking: Asking = { facts, from: speaker.from, route, user, standing };
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
  // later: mirror after the hop
  return forward(asking, snapshot, speaker, reading, settled, writes);
}

const upToUser = (speaker: Speaker, reading: CookieReading, user: User): Reason[] => [
  ...[speaker.reason, LOOP.none, ROUTE.matched, reading.reason],
  ...[user.identityReason, user.pinReason, user.shardReason],
];

/** Why a write is refused where it would go; null when it is not, as nearly always. */
function freezeFor(route: Route, user: User, placed: Placed, snapshot: Snapshot): Freeze | null {
  const { freezes } = snapshot.placement;
  if (!freezes.any) return null;
  const zone = placed.target.zone.id;
  const whole = freezes.ofZone.get(zone);
  if (whole !== undefined) return whole;
  // A pinned user lives outside the table, and does not move with his shard.
  if (route.zoneType !== 'rzone' || user.pin !== null) return null;
  if (user.shard !== null) return freezeAt(freezes, user.shard, route.app);
  return freezeIn(freezes, zone, route.app);
}

interface Found {
  readonly placed: Placed;
  readonly hopReason: Reason;
}
type Settled =
  | Found
  | { readonly placed: null; readonly status: 400 | 421 | 503; readonly reason: Reason };

const REFUSED: Settled = { placed: null, status: 421, reason: HOP.refused };
const NOWHERE: Settled = { placed: null, status: 503, reason: PLACE.nowhere };
const UNKNOWN: Settled = { placed: null, status: 400, reason: PLACE.forcedUnknown };
const GROUP_UNKNOWN: Settled = { placed: null, status: 400, reason: GROUP.forcedUnknown };

/** The target: as handed over, as forced, or as placed. */
function settle(asking: Asking, snapshot: Snapshot, speaker: Speaker): Settled {
  if (speaker.handOver !== null) return receive(asking, speaker.handOver, snapshot) ?? REFUSED;
  const { facts } = asking;
  const isOperator = speaker.from === 'operator';
  const forced = isOperator ? facts.header(FORCED_ZONE_HEADER) : undefined;
  const found = forced === undefined ? place(asking, snapshot) : force(forced, asking, snapshot);
  if (found === null) return forced === undefined ? NOWHERE : UNKNOWN;
  const group = isOperator ? facts.header(FORCED_GROUP_HEADER) : undefined;
  const placed = group === undefined ? found : forceGroup(group, found, asking, snapshot);
  if (placed === null) return GROUP_UNKNOWN;
  return { placed, hopReason: placed.target.via === 'local' ? HOP.local : HOP.peer };
}

/** Even one that takes nobody by weight: that is how it is tried. */
function forceGroup(
  name: string,
  { target, placeReason, provisional }: Placed,
  { facts, route }: Asking,
  snapshot: Snapshot,
): Placed | null {
  const group = target.zone.groups.find((g) => g.id === name && g.endpoints.has(route.app));
  const forced = group && snapshot.targets.get(facts.entryIdc)?.get(group);
  if (forced === undefined) return null;
  return { target: forced, placeReason, groupReason: GROUP.forced, provisional, gray: null };
}

function forward(
  { facts, route, user, standing }: Asking,
  snapshot: Snapshot,
  speaker: Speaker,
  reading: CookieReading,
  { placed, hopReason }: Found,
  writes: boolean,
): Forward {
  const fault = findFault(facts, snapshot, speaker.from, route.app, placed.target.zone.id);
  const fate = cookieFate(speaker.from, user, reading.cookie, snapshot);
  const laneCookieToSet = laneCookieFor(standing, placed, snapshot);
  return {
    kind: 'forward',
    from: speaker.from,
    operator: speaker.operator,
    route,
    isWrite: writes,
    targets: targetsOf(facts, route, placed.target, speaker, writes, snapshot),
    reason: placed.placeReason,
    lane: placed.gray === null ? null : { kind: 'gray', name: placed.gray },
    point: standing.point,
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
      ...standing.reasons,
      ...(laneCookieToSet === null ? [] : [LANE_COOKIE.set]),
      ...fault.reasons,
    ],
  };
}

function howOf({ placeReason, groupReason, provisional }: Placed): Forward['how'] {
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
  speaker: Speaker,
  writes: boolean,
  snapshot: Snapshot,
): Forward['targets'] {
  const { zoneType, app } = route;
  if (route.onNoHealthy !== 'spill' || writes || zoneType === 'rzone' || speaker.from === 'peer')
    return [first];
  const seen = snapshot.targets.get(entryIdc);
  const others = (snapshot.placement.spill.get(entryIdc)?.[zoneType] ?? [])
    .filter((g) => g !== first.group && g.endpoints.has(app))
    .map((g) => seen?.get(g))
    .filter((t) => t !== undefined);
  return [first, ...others];
}

/** An operator's word beats the table, but can't invent a zone or send a user to an app that is not there. */
function force(name: string, asking: Asking, snapshot: Snapshot): Placed | null {
  const { route } = asking;
  const zone = snapshot.topology.zones.get(name as ZoneId);
  if (zone?.groups.every((g) => g.endpoints.has(route.app)) !== true) return null;
  return inZone(zone, PLACE.forced, asking, snapshot);
}

const boardEpoch = ({ fleet, board }: Snapshot): number => (fleet === null ? -1 : board.epoch);

function respond(
  status: Respond['status'],
  speaker: Speaker,
  snapshot: Snapshot,
  passed: readonly Reason[],
  reason: Reason,
  retryAfterS: number | null = null,
): Respond {
  const why = [...passed, reason];
  const { epoch } = snapshot;
  const board = boardEpoch(snapshot);
  return { kind: 'respond', from: speaker.from, status, reason, epoch, board, retryAfterS, why };
}
