import type { EndpointSource } from '../model/endpoints.ts';
import type { AppId, CityId, GroupId, IdcId, ZoneId } from '../model/ids.ts';

export const ZONE_TYPES = ['rzone', 'gzone', 'czone', 'elastic'] as const;
/**
 * rzone: owns shards of users. gzone: one global set of data that can't be split. czone: a city's
 * read-mostly copy of it. elastic: a rented zone that shards may be moved to.
 */
type ZoneType = (typeof ZONE_TYPES)[number];

/** How a group's shadow is told from the group, where both are named. */
export const SHADOW_MARK = '~shadow';

/** One deployment of a zone's apps. Groups of a zone hold the same shards. */
export interface Group {
  readonly id: GroupId;
  readonly zone: ZoneId;
  /** Differs from the zone's IDC only for a gzone that is spread over IDCs. */
  readonly idc: IdcId;
  readonly endpoints: ReadonlyMap<AppId, EndpointSource>;
  /** For load tests: its twin with endpoints that no user is ever sent to; null without one. */
  readonly shadow: Group | null;
  /** It is such a twin. It stands in no zone's list of groups. */
  readonly isShadow: boolean;
}

/** Tells a group from its shadow: `A`, or `A~shadow`. */
export const groupName = ({ id, isShadow }: Group): string => (isShadow ? id + SHADOW_MARK : id);

export interface Zone {
  readonly id: ZoneId;
  readonly type: ZoneType;
  readonly idc: IdcId;
  readonly city: CityId;
  /** Requests per second the zone was built for; null when not declared. */
  readonly capacityRps: number | null;
  /** Who takes over: `local` in another IDC of the city, `remote` in another city. */
  readonly dr: { readonly local: ZoneId | null; readonly remote: ZoneId | null };
  readonly groups: readonly Group[];
}

export interface Idc {
  readonly id: IdcId;
  readonly city: CityId;
  /** How gates of other IDCs reach this IDC's gates. */
  readonly gates: EndpointSource & { readonly kind: 'static' };
  readonly zones: readonly ZoneId[];
}

export interface Topology {
  readonly sharding: Sharding;
  readonly cities: ReadonlyMap<CityId, readonly IdcId[]>;
  readonly idcs: ReadonlyMap<IdcId, Idc>;
  readonly zones: ReadonlyMap<ZoneId, Zone>;
}

/** How a uid becomes a shard. Digits count from 0 at the left, or from -1 at the right. */
export interface Sharding {
  readonly count: number;
  readonly key:
    | { readonly kind: 'digits'; readonly positions: readonly number[] }
    | { readonly kind: 'hash'; readonly hash: 'fnv1a' };
}

/** Whether users can live in it: the other types hold data that is no user's own. */
export const ownsShards = ({ type }: Zone): boolean => type === 'rzone' || type === 'elastic';

/** Every app that some group runs, for looking names up. */
export function appsOf(topology: Topology): Set<string> {
  const apps = new Set<string>();
  for (const zone of topology.zones.values()) {
    for (const group of zone.groups) for (const app of group.endpoints.keys()) apps.add(app);
  }
  return apps;
}
