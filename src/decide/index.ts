/**
 * DESIGN. The order of the rooms: the only file that knows it. `decide` is a pure function of facts
 * and snapshot, so `explain` and `simulate` run it offline and can't disagree with production.
 * First decisive rule wins; every room leaves a reason. The order is published in docs/request.md.
 * Places kept for rooms to come are marked “later”.
 */

import type { CookieReading } from '../cookie/index.ts';
import { PLACE } from '../failover/reasons.ts';
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
import type { Snapshot } from '../snapshot/index.ts';
import type { Decision, Forward, Respond } from './decision.ts';
import { findFault } from './fault.ts';
import { receive } from './hand-over.ts';
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
    const passed = [
      ...[speaker.reason, LOOP.none, ROUTE.matched, reading.reason],
      ...[user.identityReason, user.pinReason, user.shardReason],
    ];
    return respond(settled.status, speaker, snapshot, passed, settled.reason);
  }
  // later: freeze check here; release's gray lists before the group; mirror after the hop
  return forward(facts, snapshot, speaker, route, user, reading, settled.placed, settled.hopReason);
}

type Settled =
  | { readonly placed: Placed; readonly hopReason: Reason }
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
  user: User,
  reading: CookieReading,
  placed: Placed,
  hopReason: Reason,
): Forward {
  const fault = findFault(facts, snapshot, speaker.from, route.app, placed.target.zone.id);
  const fate = cookieFate(speaker.from, user, reading.cookie, snapshot);
  return {
    kind: 'forward',
    from: speaker.from,
    operator: speaker.operator,
    route,
    isWrite: isWrite(route, facts.method),
    targets: [placed.target],
    reason: placed.placeReason,
    shard: user.shard,
    provisional: placed.provisional,
    epoch: snapshot.epoch,
    cookieNow: reading.cookie,
    cookieToSet: fate.value,
    clearsCookie: fate.clears,
    handedId: speaker.handOver?.requestId ?? null,
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

function respond(
  status: Respond['status'],
  speaker: Speaker,
  snapshot: Snapshot,
  passed: readonly Reason[],
  reason: Reason,
): Respond {
  const why = [...passed, reason];
  return { kind: 'respond', from: speaker.from, status, reason, epoch: snapshot.epoch, why };
}
