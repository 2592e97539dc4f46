/** Cities, IDCs and zones as they stand now: for people. */
import { isIdcOut, isOut } from '../failover/places.ts';
import { usersOf } from '../failover/release-lanes.ts';
import type { ShardId } from '../model/ids.ts';
import { rangesText } from '../zone/compile-rules.ts';
import type { Zone } from '../zone/topology.ts';
import { homeOfShard } from './diff.ts';
import type { Snapshot } from './index.ts';

export interface GroupPlace {
  readonly group: string;
  readonly idc: string;
  /** Of what the zone gets. */
  readonly percent: number;
}

interface ZonePlace {
  readonly zone: string;
  readonly type: string;
  readonly state: string;
  readonly shards: string;
  readonly shardCount: number;
  readonly percentOfUsers: number;
  readonly moving: number;
  readonly frozen: number;
  /** Apps that live here apart from their shards. */
  readonly apps: { readonly app: string; readonly shards: string }[];
  readonly groups: GroupPlace[];
}

interface IdcPlace {
  readonly idc: string;
  readonly state: string;
  readonly zones: ZonePlace[];
}

export interface CityPlace {
  readonly city: string;
  readonly state: string;
  readonly idcs: IdcPlace[];
}

export function placesView(snapshot: Snapshot): CityPlace[] {
  const { topology, board } = snapshot;
  const zones = [...topology.zones.values()];
  return [...topology.cities].map(([city, idcs]) => {
    const places = idcs.map((idc) => ({
      idc,
      state: isIdcOut(board, idc, topology) ? 'drained' : 'serving',
      zones: zones.filter((z) => z.idc === idc).map((z) => zonePlace(z, snapshot)),
    }));
    const out = places.filter((p) => p.state === 'drained').length;
    const state = out === 0 ? 'serving' : out === places.length ? 'drained' : 'partly drained';
    return { city, state, idcs: places };
  });
}

function zonePlace(zone: Zone, snapshot: Snapshot): ZonePlace {
  const { placement, topology, board } = snapshot;
  const shards = shardsOfZone(zone, snapshot);
  const { freezes, moving } = placement;
  const frozen = freezes.ofZone.has(zone.id)
    ? shards
    : shards.filter((s) => freezes.ofShard[s] !== undefined);
  const words: string[] = [isOut(board, zone) ? 'drained' : 'serving'];
  if (freezes.ofZone.has(zone.id)) words.push('frozen');
  else if (frozen.length > 0) words.push('partly frozen');
  const groups = groupPlaces(zone, snapshot);
  if (groups.every((g) => g.percent === 0)) words[0] = 'out of service';
  return {
    zone: zone.id,
    type: zone.type,
    state: words.join(', '),
    shards: rangesText(shards),
    shardCount: shards.length,
    percentOfUsers: percent(shards.length, topology.sharding.count),
    moving: [...moving.values()].reduce(
      (sum, m) => sum + (m.from === zone.id || m.to === zone.id ? 1 : 0),
      0,
    ),
    frozen: frozen.length,
    apps: appsApart(zone, snapshot),
    groups,
  };
}

function shardsOfZone(zone: Zone, { placement }: Snapshot): number[] {
  const shards: number[] = [];
  placement.zoneOfShard.forEach((owner, s) => {
    if (owner === zone) shards.push(s);
  });
  return shards;
}

function appsApart(zone: Zone, { placement }: Snapshot): ZonePlace['apps'] {
  return [...placement.apart].flatMap(([app, places]) => {
    const here = [...places].filter(
      ([s, p]) => p.zone === zone && placement.zoneOfShard[s] !== zone,
    );
    const shards = here.map(([s]) => s).toSorted((a, b) => a - b);
    return shards.length === 0 ? [] : [{ app, shards: rangesText(shards) }];
  });
}

/** As users meet them: by weight, and by releases where these have moved shards; gray rules left out. */
export function groupPlaces(zone: Zone, snapshot: Snapshot): GroupPlace[] {
  const lanes = snapshot.placement.lanes.ofZone.get(zone.id);
  const byWeight = weighedPlaces(zone, snapshot);
  if (lanes === undefined || lanes.shifts.length === 0) return byWeight;
  const met = new Map<string, number>();
  const shards = usersOf(zone, snapshot.board, snapshot.rules);
  for (const shard of shards) {
    const group = homeOfShard(snapshot, shard as ShardId, zone)?.group ?? '';
    met.set(group, (met.get(group) ?? 0) + 1);
  }
  if (shards.length === 0) return byWeight;
  return byWeight.map((g) => ({ ...g, percent: percent(met.get(g.group) ?? 0, shards.length) }));
}

function weighedPlaces(zone: Zone, { placement }: Snapshot): GroupPlace[] {
  const spread = placement.groupsOf.get(zone.id);
  return zone.groups.map((group) => {
    const i = spread?.shares.findIndex((s) => s.group === group) ?? -1;
    const share = spread?.shares[i];
    const before = spread?.shares[i - 1]?.below ?? 0;
    const weight = share === undefined ? 0 : share.below - before;
    return { group: group.id, idc: group.idc, percent: percent(weight, spread?.total ?? 0) };
  });
}

/** One decimal. */
export const percent = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part * 1000) / whole) / 10;
