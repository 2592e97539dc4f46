/**
 * DESIGN. The order of the rooms: the only file that knows it. `decide` is a pure function of facts
 * and snapshot, so `explain` and `simulate` run it offline and can't disagree with production.
 * First decisive rule wins; every room leaves a reason. The order is published in docs/request.md.
 * Places kept for rooms to come are marked “later”.
 */

import type { CookieReading } from '../cookie/index.ts';
import type { Freeze } from '../failover/freeze.ts';
import { PLACE } from '../failover/reasons.ts';
import { MIRROR } from '../mirror/reasons.ts';
import type { RequestFacts } from '../model/facts.ts';
import type { ZoneId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import {
  FORCED_ZONE_HEADER,
  gateToken,
  hasBeenHere,
  type Speaker,
  whoSpeaks,
} from '../peer/index.ts';
import { FROM, HOP, LOOP } from '../peer/reasons.ts';
import { isWrite } from '../route/compile.ts';
import { findRoute, type Route } from '../route/index.ts';
import { normalisePath } from '../route/normalise.ts';
import { ROUTE } from '../route/reasons.ts';
import type { Snapshot, Target } from '../snapshot/index.ts';
import type { Decision, Forward, Respond } from './decision.ts';
import { findFault } from './fault.ts';
import { receive } from './hand-over.ts';
import { copyMark, mirrorsFor } from './mirror.ts';
import { inZone, type Placed, place } from './place.ts';
import { cookieFate } from './route-cookie.ts';
import { findUser, handedUser, type User } from './user.ts';

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
  // later: release's gray lists before the group
  return forward(facts, snapshot, speaker, route, path, user, reading, settled, writes);
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
  if (user.shard !== null) return freezes.ofShard[user.shard] ?? null;
  return freezes.inZone.get(zone) ?? null;
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

/** The target: as handed over, as forced, or as placed. */
function settle(
  facts: RequestFacts,
  snapshot: Snapshot,
  speaker: Speaker,
  route: Route,
  user: User,
): Settled {
  if (speaker.handOver !== null) {
    return receive(facts, speaker.handOver, route, user, snapshot) ?? REFUSED;
  }
  const forced = speaker.from === 'operator' ? facts.header(FORCED_ZONE_HEADER) : undefined;
  const placed =
    forced === undefined
      ? place(facts, route, user, snapshot)
      : force(forced, facts, route, user, snapshot);
  if (placed === null) return forced === undefined ? NOWHERE : UNKNOWN;
  return { placed, hopReason: placed.target.via === 'local' ? HOP.local : HOP.peer };
}

function forward(
  facts: RequestFacts,
  snapshot: Snapshot,
  speaker: Speaker,
  route: Route,
  path: string,
  user: User,
  reading: CookieReading,
  { placed, hopReason }: Found,
  writes: boolean,
): Forward {
  const fault = findFault(facts, snapshot, speaker.from, route.app, placed.target.zone.id);
  const lane = speaker.handOver?.lane ?? null;
  const mark = copyMark(facts, snapshot);
  const { target } = placed;
  const mirrors =
    snapshot.mirrors === null || mark !== null
      ? null
      : mirrorsFor(facts, snapshot, { speaker, route, path, user, reading, target, lane });
  const fate = cookieFate(speaker.from, mark !== null, user, reading.cookie, snapshot);
  return {
    kind: 'forward',
    from: speaker.from,
    operator: speaker.operator,
    route,
    isWrite: writes,
    targets: targetsOf(facts, route, placed.target, speaker, writes, snapshot),
    reason: placed.placeReason,
    lane,
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
    mirrors,
    copyMark: mark,
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
      ...mirrorReasons(mark, mirrors !== null),
      fate.reason,
      ...fault.reasons,
    ],
  };
}

const NOT_COPIED: readonly Reason[] = [];
const COPIED: readonly Reason[] = [MIRROR.copied];
const IS_COPY: readonly Reason[] = [MIRROR.isCopy];

/** Given only where there is something to say. */
function mirrorReasons(mark: string | null, copied: boolean): readonly Reason[] {
  if (mark !== null) return IS_COPY;
  return copied ? COPIED : NOT_COPIED;
}

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
function force(
  name: string,
  facts: RequestFacts,
  route: Route,
  user: User,
  snapshot: Snapshot,
): Placed | null {
  const zone = snapshot.topology.zones.get(name as ZoneId);
  if (zone?.groups.every((g) => g.endpoints.has(route.app)) !== true) return null;
  return inZone(zone, PLACE.forced, facts, user, snapshot);
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
