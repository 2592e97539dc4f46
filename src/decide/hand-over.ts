/**
 * A request that another gate has decided and signed. Serve it here or refuse it; never send it on,
 * so a request crosses at most one border between IDCs.
 */
import { moveAt } from '../failover/index.ts';
import { PLACE } from '../failover/reasons.ts';
import type { ZoneId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import type { HandOver, ReceivedHandOver } from '../peer/hand-over.ts';
import { HOP } from '../peer/reasons.ts';
import { GROUP } from '../release/reasons.ts';
import { isWrite } from '../route/compile.ts';
import type { Route } from '../route/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { type Asking, type Placed, place } from './place.ts';
import { handedGroup } from './stress.ts';
import type { User } from './user.ts';

export interface Received {
  readonly placed: Placed;
  readonly hopReason: Reason;
}

/** The board says who owns a shard, so it counts before the rules. */
const isNewer = (snapshot: Snapshot, handOver: HandOver): boolean =>
  snapshot.board.epoch === handOver.board
    ? snapshot.epoch > handOver.epoch
    : snapshot.board.epoch > handOver.board;

/**
 * While a shard is under way its old and its new zone hold the same data, and nobody writes; so a
 * gate that lags need not be refused its reads. (Its writes are, by the freeze.)
 */
function isUnderWay(user: User, { app }: Route, handOver: HandOver, snapshot: Snapshot): boolean {
  if (user.shard === null || user.pin !== null) return false;
  const move = moveAt(snapshot.placement, user.shard, app);
  return move !== undefined && (move.from === handOver.zone || move.to === handOver.zone);
}

/** Clocks of two gates may differ by so much. */
const CLOCKS_MS = 1000;

/**
 * A read that was sent before its shard's move was over, and arrives after it: it may still be told
 * what was true when it was asked. Writes can't be: a freeze waits until none is on the way.
 */
function cameLate(user: User, { sentAtMs }: ReceivedHandOver, snapshot: Snapshot): boolean {
  const { shard, pin } = user;
  if (shard === null || pin !== null) return false;
  return snapshot.board.pastFreezes.some(
    (past) => sentAtMs <= past.atMs + CLOCKS_MS && past.shards.includes(shard),
  );
}

/** The first gate saw why a gray rule fits; here nothing tells, but that the rule still stands. */
function keepsLane({ lane, zone, group }: HandOver, { placement }: Snapshot): boolean {
  if (lane?.kind !== 'gray') return false;
  const rules = placement.lanes.ofZone.get(zone as ZoneId)?.grays ?? [];
  return rules.some((g) => g.name === lane.name && g.to.id === group);
}

/** null: not served here, or no longer. */
export function receive(
  asking: Asking,
  handOver: ReceivedHandOver,
  snapshot: Snapshot,
): Received | null {
  const { facts, route, user, scene } = asking;
  // A scene with its own table, or its own endpoints, has nothing to do with who owns users now.
  const known =
    (user.shard !== null || user.pin !== null) &&
    (scene === null || (scene.owners === null && !scene.shadow));
  const corrects = known && handOver.how === 'table' && route.zoneType === 'rzone';
  if (corrects && isNewer(snapshot, handOver) && !isUnderWay(user, route, handOver, snapshot)) {
    const now = place(asking, snapshot);
    const same = now?.target.zone.id === handOver.zone;
    if (now?.target.via === 'local' && !(same && keepsLane(handOver, snapshot))) {
      return { placed: now, hopReason: same ? HOP.obeyed : HOP.redecided };
    }
    const here = now?.target.via === 'local';
    if (!here && (isWrite(route, facts.method) || !cameLate(user, handOver, snapshot))) return null;
  }
  const zone = snapshot.topology.zones.get(handOver.zone as ZoneId);
  const group = handedGroup(zone, handOver.group, scene);
  const target = group && snapshot.targets.get(facts.entryIdc)?.get(group);
  if (target?.via !== 'local' || !target.group.endpoints.has(route.app)) return null;
  const placed = {
    target,
    placeReason: PLACE.handedOver,
    groupReason: GROUP.handedOver,
    provisional: handOver.how === 'random',
    handedHow: handOver.how,
    gray: handOver.lane?.kind === 'gray' ? handOver.lane.name : null,
  };
  return { placed, hopReason: HOP.obeyed };
}
