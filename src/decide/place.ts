/** Where a request of a known, or unknown, user belongs. */
import { ownerAt, pick, type Spread } from '../failover/index.ts';
import { PLACE } from '../failover/reasons.ts';
import type { RequestFacts } from '../model/facts.ts';
import type { Reason } from '../model/reason.ts';
import { assertNever } from '../model/result.ts';
import { GROUP, pointOfShard, pointOfUid } from '../release/index.ts';
import type { Route } from '../route/index.ts';
import type { Snapshot, Target } from '../snapshot/index.ts';
import type { Zone } from '../zone/topology.ts';
import type { User } from './user.ts';

export interface Placed {
  readonly target: Target;
  readonly placeReason: Reason;
  readonly groupReason: Reason;
  readonly provisional: boolean;
}

/** null: no zone can take the request. */
export function place(
  facts: RequestFacts,
  route: Route,
  user: User,
  snapshot: Snapshot,
): Placed | null {
  switch (route.zoneType) {
    case 'rzone':
      return placeUser(facts, route, user, snapshot);
    case 'gzone':
      return draw(snapshot.placement.globals, PLACE.global, facts, user, snapshot);
    case 'czone':
      return draw(
        snapshot.placement.cityZones.get(facts.entryIdc),
        PLACE.city,
        facts,
        user,
        snapshot,
      );
    default:
      return assertNever(route.zoneType);
  }
}

/** An rzone is never drawn for a user whose shard is known: one owner, or nobody. */
function placeUser(
  facts: RequestFacts,
  route: Route,
  user: User,
  snapshot: Snapshot,
): Placed | null {
  if (user.pin !== null) {
    const zone = snapshot.topology.zones.get(user.pin.zone);
    return zone === undefined ? null : inZone(zone, PLACE.pinned, facts, user, snapshot);
  }
  if (user.shard !== null) {
    const { placement } = snapshot;
    const zone = ownerAt(placement, user.shard, route.app);
    if (zone === undefined) return null;
    const isApart = zone !== placement.zoneOfShard[user.shard];
    return inZone(zone, isApart ? PLACE.apart : PLACE.owner, facts, user, snapshot);
  }
  const placed = draw(
    snapshot.placement.unknownUsers.get(facts.entryIdc),
    PLACE.random,
    facts,
    user,
    snapshot,
  );
  return placed === null ? null : { ...placed, provisional: true };
}

export const inZone = (
  zone: Zone,
  reason: Reason,
  facts: RequestFacts,
  user: User,
  snapshot: Snapshot,
): Placed | null => draw(snapshot.placement.groupsOf.get(zone.id), reason, facts, user, snapshot);

function draw(
  spread: Spread | undefined,
  placeReason: Reason,
  facts: RequestFacts,
  user: User,
  snapshot: Snapshot,
): Placed | null {
  const share = spread === undefined ? null : pick(spread, pointOf(user, facts));
  if (spread === undefined || share === null) return null;
  const target = snapshot.targets.get(facts.entryIdc)?.get(share.group);
  if (target === undefined) return null;
  const groupReason = spread.shares.length === 1 ? GROUP.only : groupReasonOf(user);
  return { target, placeReason, groupReason, provisional: false };
}

/** The shard comes first, so that a user with and without uid at hand meets the same group. */
function pointOf(user: User, facts: RequestFacts): number {
  if (user.shard !== null) return pointOfShard(user.shard);
  return user.uid === null ? facts.dice : pointOfUid(user.uid);
}

function groupReasonOf(user: User): Reason {
  if (user.shard !== null) return GROUP.byShard;
  return user.uid === null ? GROUP.byDice : GROUP.byUid;
}
