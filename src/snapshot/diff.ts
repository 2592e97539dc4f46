/** What changes for users between two snapshots, shard by shard, by the functions production uses. */
import { pick } from '../failover/index.ts';
import type { ShardId } from '../model/ids.ts';
import { pointOfShard } from '../release/index.ts';
import type { Snapshot } from './index.ts';

export interface Home {
  readonly zone: string;
  readonly group: string;
  readonly idc: string;
  readonly city: string;
}

export interface ShardChange {
  readonly shard: number;
  readonly before: Home | null;
  readonly after: Home | null;
}

/** null when nobody owns the shard. */
export function homeOfShard(snapshot: Snapshot, shard: ShardId): Home | null {
  const zone = snapshot.placement.zoneOfShard[shard];
  const spread = zone === undefined ? undefined : snapshot.placement.groupsOf.get(zone.id);
  const share = spread === undefined ? null : pick(spread, pointOfShard(shard));
  if (zone === undefined || share === null) return null;
  return { zone: zone.id, group: share.group.id, idc: share.group.idc, city: zone.city };
}

/** Shards whose home differs. Both snapshots must shard alike. */
export function diffShards(before: Snapshot, after: Snapshot): ShardChange[] {
  const changes: ShardChange[] = [];
  for (let s = 0; s < before.topology.sharding.count; s++) {
    const a = homeOfShard(before, s as ShardId);
    const b = homeOfShard(after, s as ShardId);
    if (a?.zone !== b?.zone || a?.group !== b?.group || a?.idc !== b?.idc)
      changes.push({ shard: s, before: a, after: b });
  }
  return changes;
}

export const shardAlike = (a: Snapshot, b: Snapshot): boolean =>
  JSON.stringify(a.topology.sharding) === JSON.stringify(b.topology.sharding);
