/** Whether somebody who is still being served would be served elsewhere by now. */
import { ownerAt, pick } from '../failover/index.ts';
import type { ShardId } from '../model/ids.ts';
import { choose } from '../release/choose.ts';
import { pointOfShard } from '../release/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import type { Forward } from './decision.ts';

/** For what lives long, as tunnels do: users of rzones only, for nobody else is owned by a zone. */
export function hasMoved(served: Forward, snapshot: Snapshot): boolean {
  const { shard, pinTag, how, lane, route } = served;
  if (route.zoneType !== 'rzone' || how !== 'table') return false;
  if (lane?.kind === 'stress' && !goesWithUsers(served, snapshot)) return false;
  if (shard === null) return false;
  const zone = served.targets[0].zone.id;
  const pin = pinTag === null ? undefined : snapshot.pinOfTag.get(pinTag);
  const home = pin?.zone ?? ownerAt(snapshot.placement, shard, route.app)?.id;
  return home !== zone || groupOf(served, shard, snapshot) !== served.targets[0].group.id;
}

/** A load test at shared endpoints, without a table of its own, stands where users stand. */
function goesWithUsers({ lane, targets }: Forward, { stress }: Snapshot): boolean {
  const scene = stress?.scenes.get(lane?.name ?? '');
  return scene?.owners === null && !targets[0].group.isShadow;
}

/** null: the zone has no group that serves. */
function groupOf(served: Forward, shard: ShardId, { placement, gate }: Snapshot): string | null {
  const { lane, point, route, targets } = served;
  const [{ zone, group }] = targets;
  const lanes = placement.lanes.ofZone.get(zone.id);
  // Why he was on the gray rule, his request told; that is over.
  const stays = lanes?.grays.some((g) => g.name === lane?.name && g.to.id === group.id);
  if (stays === true) return group.id;
  const spread = placement.groupsOf.get(zone.id);
  const drawn = spread === undefined ? null : pick(spread, pointOfShard(shard));
  const noLanes = lanes === undefined || lane?.kind === 'stress';
  if (drawn === null || noLanes) return drawn?.group.id ?? null;
  const visitor = { app: route.app, uid: null, tag: null, shard, point };
  const about = { trusted: false, facts: null, proxies: gate.proxies };
  return (choose(drawn.group, lanes, { ...visitor, ...about })?.group ?? drawn.group).id;
}
