/** Where a request of a known, or unknown, user belongs. */
import { ownerAt, pick, type Spread } from '../failover/index.ts';
import { PLACE } from '../failover/reasons.ts';
import type { ConnectionClass, RequestFacts } from '../model/facts.ts';
import type { Reason } from '../model/reason.ts';
import { assertNever } from '../model/result.ts';
import { type Chosen, choose } from '../release/choose.ts';
import { pointOfShard, pointOfUid } from '../release/index.ts';
import { POINTS } from '../release/point.ts';
import { GROUP } from '../release/reasons.ts';
import type { Route } from '../route/index.ts';
import type { Snapshot, Target } from '../snapshot/index.ts';
import type { Scene } from '../stress-tag/index.ts';
import type { Group, Zone } from '../zone/topology.ts';
import type { Forward } from './decision.ts';
import type { User } from './user.ts';
import type { Standing } from './visitor.ts';

export interface Placed {
  readonly target: Target;
  readonly placeReason: Reason;
  readonly groupReason: Reason;
  readonly provisional: boolean;
  /** How the gate before came to it; absent unless handed over. */
  readonly handedHow?: Forward['how'];
  /** The gray rule that chose the group; null for nearly all. */
  readonly gray: string | null;
}

/** Who asks for what. */
export interface Asking {
  readonly facts: RequestFacts;
  readonly from: ConnectionClass;
  readonly route: Route;
  readonly user: User;
  readonly standing: Standing;
  /** The load test that the request belongs to; null for nearly all. */
  readonly scene: Scene | null;
}

/** null: no zone can take the request. */
export function place(asking: Asking, snapshot: Snapshot): Placed | null {
  const { route, facts } = asking;
  switch (route.zoneType) {
    case 'rzone':
      return placeUser(asking, snapshot);
    case 'gzone':
      return draw(snapshot.placement.globals, PLACE.global, asking, snapshot);
    case 'czone':
      return draw(snapshot.placement.cityZones.get(facts.entryIdc), PLACE.city, asking, snapshot);
    default:
      return assertNever(route.zoneType);
  }
}

/** An rzone is never drawn for a user whose shard is known: one owner, or nobody. */
function placeUser(asking: Asking, snapshot: Snapshot): Placed | null {
  const { user, facts, route } = asking;
  if (user.pin !== null) {
    const zone = snapshot.topology.zones.get(user.pin.zone);
    return zone === undefined ? null : inZone(zone, PLACE.pinned, asking, snapshot);
  }
  if (user.shard !== null) {
    const { placement } = snapshot;
    const zone = ownerAt(placement, user.shard, route.app);
    if (zone === undefined) return null;
    const isApart = zone !== placement.zoneOfShard[user.shard];
    return inZone(zone, isApart ? PLACE.apart : PLACE.owner, asking, snapshot);
  }
  const spread = snapshot.placement.unknownUsers.get(facts.entryIdc);
  const placed = draw(spread, PLACE.random, asking, snapshot);
  return placed === null ? null : { ...placed, provisional: true };
}

export const inZone = (
  zone: Zone,
  reason: Reason,
  asking: Asking,
  snapshot: Snapshot,
): Placed | null => draw(snapshot.placement.groupsOf.get(zone.id), reason, asking, snapshot);

function draw(
  spread: Spread | undefined,
  placeReason: Reason,
  asking: Asking,
  snapshot: Snapshot,
): Placed | null {
  const share = spread === undefined ? null : pick(spread, pointOf(asking));
  if (spread === undefined || share === null) return null;
  const lane = laneOf(share.group, asking, snapshot);
  const target = snapshot.targets.get(asking.facts.entryIdc)?.get(lane?.group ?? share.group);
  if (target === undefined) return null;
  const only = spread.shares.length === 1;
  const groupReason = lane?.reason ?? (only ? GROUP.only : groupReasonOf(asking));
  return { target, placeReason, groupReason, provisional: false, gray: lane?.gray ?? null };
}

/** What a release or a gray rule makes of the weights' choice; null where none stands, or for load tests. */
function laneOf(drawn: Group, asking: Asking, snapshot: Snapshot): Chosen | null {
  const { ofZone } = snapshot.placement.lanes;
  const lanes = ofZone.size === 0 ? undefined : ofZone.get(drawn.zone);
  if (lanes === undefined || asking.scene !== null) return null;
  const { facts, from, route, user, standing } = asking;
  return choose(drawn, lanes, {
    app: route.app,
    uid: standing.uid ?? user.uid,
    tag: standing.tag,
    shard: user.shard,
    point: standing.point,
    trusted: from === 'app' || from === 'operator',
    facts: from === 'peer' ? null : facts,
    proxies: snapshot.gate.proxies,
  });
}

/** The shard comes first, so that a user with and without uid at hand meets the same group. */
function pointOf({ user, standing, facts }: Asking): number {
  if (user.shard !== null) return pointOfShard(user.shard);
  if (user.uid !== null) return pointOfUid(user.uid);
  return standing.point === null ? facts.dice : standing.point / POINTS;
}

function groupReasonOf({ user, standing }: Asking): Reason {
  if (user.shard !== null) return GROUP.byShard;
  if (user.uid !== null) return GROUP.byUid;
  return standing.point === null ? GROUP.byDice : GROUP.byVisitor;
}
