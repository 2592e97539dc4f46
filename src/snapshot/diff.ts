/** What changes for users between two snapshots, by the functions production uses. */
import { pick } from '../failover/index.ts';
import type { AppId, ShardId } from '../model/ids.ts';
import { choose, type Visitor } from '../release/choose.ts';
import { pointOfShard, pointOfUid } from '../release/index.ts';
import { pointOfUser } from '../release/point.ts';
import { shardOf } from '../uid-router/index.ts';
import { livePin } from '../zone/compile-rules.ts';
import type { Zone } from '../zone/topology.ts';
import type { Snapshot } from './index.ts';

export interface Home {
  readonly zone: string;
  readonly group: string;
  readonly idc: string;
  readonly city: string;
}

export interface Change<T> {
  readonly of: T;
  readonly before: Home | null;
  readonly after: Home | null;
}

/** null when nobody owns the shard. @param zone another one than its owner, for what all zones serve */
export function homeOfShard(
  snapshot: Snapshot,
  shard: ShardId,
  zone: Zone | undefined = snapshot.placement.zoneOfShard[shard],
): Home | null {
  return homeIn(snapshot, zone, pointOfShard(shard), { uid: null, shard, point: null });
}

/**
 * Pin first, then shard; null for a uid that would be placed at random.
 * @param nowMs wall clock, for pins that expire
 */
export function homeOfUid(snapshot: Snapshot, uid: string, nowMs: number): Home | null {
  const shard = shardOf(uid, snapshot.topology.sharding);
  const pin = livePin(snapshot.placement.pins.get(uid), nowMs);
  if (pin === null) {
    if (shard === null) return null;
    const zone = snapshot.placement.zoneOfShard[shard];
    return homeIn(snapshot, zone, pointOfShard(shard), { uid, shard, point: pointOfUser(uid) });
  }
  const point = shard === null ? pointOfUid(uid) : pointOfShard(shard);
  const zone = snapshot.topology.zones.get(pin.zone);
  return homeIn(snapshot, zone, point, { uid, shard, point: pointOfUser(uid) });
}

type Who = Pick<Visitor, 'uid' | 'shard' | 'point'>;

/** Releases and gray rules for one app alone are left out: nobody has said which app. */
function homeIn(snapshot: Snapshot, zone: Zone | undefined, point: number, who: Who): Home | null {
  const spread = zone === undefined ? undefined : snapshot.placement.groupsOf.get(zone.id);
  const share = spread === undefined ? null : pick(spread, point);
  if (zone === undefined || share === null) return null;
  const lanes = snapshot.placement.lanes.ofZone.get(zone.id);
  const nobody = { app: '' as AppId, tag: null, trusted: false, facts: null };
  const visitor: Visitor = { ...nobody, ...who, proxies: snapshot.gate.proxies };
  const chosen = lanes === undefined ? null : choose(share.group, lanes, visitor);
  const group = chosen?.group ?? share.group;
  return { zone: zone.id, group: group.id, idc: group.idc, city: zone.city };
}

const differ = (a: Home | null, b: Home | null): boolean =>
  a?.zone !== b?.zone || a?.group !== b?.group || a?.idc !== b?.idc;

/** Shards whose home differs. Both snapshots must shard alike. */
export function diffShards(before: Snapshot, after: Snapshot): Change<number>[] {
  const changes: Change<number>[] = [];
  for (let s = 0; s < before.topology.sharding.count; s++) {
    const a = homeOfShard(before, s as ShardId);
    const b = homeOfShard(after, s as ShardId);
    if (differ(a, b)) changes.push({ of: s, before: a, after: b });
  }
  return changes;
}

/** Of the given users, those whose home differs. */
export function diffUids(
  before: Snapshot,
  after: Snapshot,
  uids: Iterable<string>,
  nowMs: number,
): Change<string>[] {
  const changes: Change<string>[] = [];
  for (const uid of uids) {
    const a = homeOfUid(before, uid, nowMs);
    const b = homeOfUid(after, uid, nowMs);
    if (differ(a, b)) changes.push({ of: uid, before: a, after: b });
  }
  return changes;
}

/** Zones that are drawn by weight (gzone, czone) and whose groups' shares differ: `A 50 B 50 → …`. */
export function diffSpreads(before: Snapshot, after: Snapshot): string[] {
  const lines: string[] = [];
  const text = (s: Snapshot, zone: Zone | undefined): string =>
    zone?.groups
      .map((g, i) => `${g.id} ${s.rules.weights.get(zone.id)?.[i] ?? 0} in ${g.idc}`)
      .join(', ') ?? 'nothing';
  for (const id of new Set([...before.topology.zones.keys(), ...after.topology.zones.keys()])) {
    const [a, b] = [before.topology.zones.get(id), after.topology.zones.get(id)];
    const type = (a ?? b)!.type;
    if ((type !== 'gzone' && type !== 'czone') || text(before, a) === text(after, b)) continue;
    lines.push(`${type} ${id}: ${text(before, a)} → ${text(after, b)}`);
  }
  return lines;
}

export const shardAlike = (a: Snapshot, b: Snapshot): boolean =>
  JSON.stringify(a.topology.sharding) === JSON.stringify(b.topology.sharding);
