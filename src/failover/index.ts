/**
 * DESIGN. Who serves each shard now. `resolve` joins what is declared (topology, rules) into tables
 * that a request only looks up: the zone of every shard, the spread for unknown users of each IDC,
 * the groups of the global zone, the czone groups of each city. Switches will enter here, as a
 * second input of `resolve`; nothing below it will notice.
 */
import type { CityId, IdcId, ZoneId } from '../model/ids.ts';
import type { Rules } from '../zone/compile-rules.ts';
import type { Group, Topology, Zone } from '../zone/topology.ts';

/** One group that may be drawn, up to (not including) `below` of the spread's total. */
export interface Share {
  readonly zone: Zone;
  readonly group: Group;
  readonly below: number;
}

/** Half-open shares of [0, total): raising one weight moves only the users at its edge. */
export interface Spread {
  readonly shares: readonly Share[];
  readonly total: number;
}

export interface Placement {
  /** Zone of each shard, by shard number. */
  readonly zoneOfShard: readonly Zone[];
  /** For users nobody knows yet: the IDC's own rzones, else the city's, else all. */
  readonly unknownUsers: ReadonlyMap<IdcId, Spread>;
  readonly globals: Spread;
  /** The IDC's own czones, else its city's. */
  readonly cityZones: ReadonlyMap<IdcId, Spread>;
  /** Groups inside one zone. */
  readonly groupsOf: ReadonlyMap<ZoneId, Spread>;
}

export function resolve(topology: Topology, rules: Rules): Placement {
  const zones = [...topology.zones.values()];
  const serving = zones.filter((z) => z.type === 'rzone' && rules.owners.includes(z.id));
  const rzones = serving.length > 0 ? serving : zones.filter((z) => z.type === 'rzone');
  const czones = zones.filter((z) => z.type === 'czone');
  const unknownUsers = new Map<IdcId, Spread>();
  const cityZones = new Map<IdcId, Spread>();
  for (const idc of topology.idcs.values()) {
    unknownUsers.set(idc.id, nearest(rzones, idc.id, idc.city, rules, rzones));
    cityZones.set(idc.id, nearest(czones, idc.id, idc.city, rules, []));
  }
  return {
    zoneOfShard: rules.owners.map((id) => topology.zones.get(id)!),
    unknownUsers,
    globals: spreadOf(
      zones.filter((z) => z.type === 'gzone'),
      rules,
    ),
    cityZones,
    groupsOf: new Map(zones.map((z) => [z.id, spreadOf([z], rules)])),
  };
}

function nearest(
  zones: readonly Zone[],
  idc: IdcId,
  city: CityId,
  rules: Rules,
  otherwise: readonly Zone[],
): Spread {
  const own = zones.filter((z) => z.idc === idc);
  if (own.length > 0) return spreadOf(own, rules);
  const near = zones.filter((z) => z.city === city);
  return spreadOf(near.length > 0 ? near : otherwise, rules);
}

/** Groups of weight 0 take no part at all. */
export function spreadOf(zones: readonly Zone[], rules: Rules): Spread {
  const shares: Share[] = [];
  let total = 0;
  for (const zone of zones) {
    const weights = rules.weights.get(zone.id)!;
    zone.groups.forEach((group, i) => {
      const weight = weights[i]!;
      if (weight <= 0) return;
      total += weight;
      shares.push({ zone, group, below: total });
    });
  }
  return { shares, total };
}

/** @param point in [0, 1); null only when the spread is empty. */
export function pick(spread: Spread, point: number): Share | null {
  const { shares } = spread;
  if (shares.length === 1) return shares[0]!;
  const at = point * spread.total;
  for (const share of shares) if (at < share.below) return share;
  return shares.at(-1) ?? null;
}
