/** What a command or a plan would do to users, zones and hops, board by board: numbers for people. */
import type { Board } from '../failover/board.ts';
import type { Forecast } from '../failover/forecast.ts';
import { ownerAt } from '../failover/index.ts';
import { legsBetween } from '../failover/owners.ts';
import type { Leg } from '../failover/run.ts';
import { rangesText } from '../zone/compile-rules.ts';
import { ownsShards, type Zone } from '../zone/topology.ts';
import { diffShards, type Home, homeOfUid } from './diff.ts';
import type { Snapshot } from './index.ts';
import { groupPlaces, percent } from './places-view.ts';
import { withBoard } from './with-board.ts';

export interface PlaceLoad {
  readonly place: string;
  readonly shards: number;
  readonly percentOfUsers: number;
  /** Requests per second; null: not known. */
  readonly rps: number | null;
  readonly capacityRps: number | null;
  readonly percentOfCapacity: number | null;
}

export interface Loads {
  readonly zones: readonly PlaceLoad[];
  readonly idcs: readonly PlaceLoad[];
  readonly cities: readonly PlaceLoad[];
  /** Of requests, under the assumption of `ENTRANCE`. */
  readonly crossIdcPercent: number;
}

interface ForecastStep {
  readonly what: string;
  readonly moved: readonly {
    readonly from: string;
    readonly to: string;
    /** Only this app of them; null: all that live where they do. */
    readonly app: string | null;
    readonly shards: string;
  }[];
  /** Of all users, who change zone in this step. */
  readonly percentOfUsers: number;
  /** Zones whose groups' shares differ: `GZ01: A 50, B 50 → B 100`. */
  readonly spreads: readonly string[];
  readonly loads: Loads;
  readonly homes: readonly (Home | null)[];
}

export interface ForecastReport {
  readonly what: string;
  readonly epoch: number;
  /** Why it would hold; null when it would be done. */
  readonly stopped: string | null;
  readonly shardRps: number | null;
  readonly headroom: number;
  readonly assumptions: readonly string[];
  readonly uids: readonly string[];
  readonly before: { readonly loads: Loads; readonly homes: readonly (Home | null)[] };
  readonly steps: readonly ForecastStep[];
  /** From before the first step to after the last. */
  readonly percentOfUsers: { readonly zone: number; readonly idc: number; readonly city: number };
}

export interface Rehearsal {
  readonly what: string;
  readonly before: Snapshot;
  readonly forecast: Forecast;
  readonly shardRps: number | null;
  readonly uids: readonly string[];
  readonly nowMs: number;
}

const ENTRANCE =
  'requests enter at each IDC in proportion to the shards that its zones own before, whoever the user is';
const EVEN = 'users and their requests are even over shards';
const ONLY_SHARDED =
  'load is that of users’ shards; the gzone’s and czones’ is not counted, and one app of a shard counts as all of it';

export function forecastReport(rehearsal: Rehearsal): ForecastReport {
  const { before, forecast, shardRps, uids, nowMs } = rehearsal;
  const entering = idcShares(before);
  const homes = (s: Snapshot): (Home | null)[] => uids.map((uid) => homeOfUid(s, uid, nowMs));
  const steps: ForecastStep[] = [];
  let now = before;
  for (const { board, what } of boardsOf(rehearsal)) {
    const next = withBoard(now, board, false);
    steps.push({
      what,
      ...changesOf(now, next),
      loads: loadsOf(next, shardRps, entering),
      homes: homes(next),
    });
    now = next;
  }
  return {
    what: rehearsal.what,
    epoch: before.board.epoch,
    stopped: forecast.stopped,
    shardRps,
    headroom: before.fleet?.safety.headroom ?? 1,
    assumptions: [EVEN, ONLY_SHARDED, ENTRANCE],
    uids,
    before: { loads: loadsOf(before, shardRps, entering), homes: homes(before) },
    steps,
    percentOfUsers: totals(before, now),
  };
}

/** What changes no owner and no switch while it runs still ends in a board. */
function boardsOf({ forecast, what, before }: Rehearsal): { board: Board; what: string }[] {
  const { boards, last } = forecast;
  const final = boards.at(-1)?.board ?? before.board;
  const same =
    final.owners === last.owners &&
    final.appOwners === last.appOwners &&
    final.switches === last.switches;
  return same ? [...boards] : [...boards, { board: last, what }];
}

function changesOf(
  now: Snapshot,
  next: Snapshot,
): Pick<ForecastStep, 'moved' | 'percentOfUsers' | 'spreads'> {
  const owners = (s: Snapshot): string[] => s.placement.zoneOfShard.map((z) => z.id);
  const legs = legsBetween(owners(now), owners(next));
  const shards = legs.reduce((sum, l) => sum + l.shards.length, 0);
  return {
    moved: [...legs, ...appLegs(now, next)].map((l) => ({ ...l, shards: rangesText(l.shards) })),
    percentOfUsers: percent(shards, next.topology.sharding.count),
    spreads: [...next.topology.zones.values()].flatMap((zone) => {
      const [a, b] = [spreadText(zone, now), spreadText(zone, next)];
      return a === b ? [] : [`${zone.id}: ${a} → ${b}`];
    }),
  };
}

/** Of apps that go another way than their shards. */
function appLegs(now: Snapshot, next: Snapshot): Leg[] {
  const apps = new Set([...now.placement.apart.keys(), ...next.placement.apart.keys()]);
  return [...apps].flatMap((app) => {
    const at = ({ placement }: Snapshot, shard: number): string =>
      ownerAt(placement, shard, app)?.id ?? '';
    const before = now.placement.zoneOfShard.map((_, s) => at(now, s));
    const after = next.placement.zoneOfShard.map((zone, s) => {
      const withShard = before[s] === now.placement.zoneOfShard[s]?.id && at(next, s) === zone.id;
      return withShard ? before[s]! : at(next, s);
    });
    return legsBetween(before, after, app);
  });
}

function spreadText(zone: Zone, snapshot: Snapshot): string {
  const serving = groupPlaces(zone, snapshot).filter((g) => g.percent > 0);
  return serving.map((g) => `${g.group} ${g.percent} in ${g.idc}`).join(', ') || 'none';
}

const sharded = ({ topology }: Snapshot): Zone[] => [...topology.zones.values()].filter(ownsShards);

/** Part of all shards that zones of each IDC own, 0 … 1. */
function idcShares({ topology, placement }: Snapshot): Map<string, number> {
  const shares = new Map<string, number>();
  for (const zone of placement.zoneOfShard)
    shares.set(zone.idc, (shares.get(zone.idc) ?? 0) + 1 / topology.sharding.count);
  return shares;
}

function loadsOf(
  snapshot: Snapshot,
  shardRps: number | null,
  entering: ReadonlyMap<string, number>,
): Loads {
  const zones = sharded(snapshot);
  const owned = new Map<Zone, number>();
  for (const zone of snapshot.placement.zoneOfShard) owned.set(zone, (owned.get(zone) ?? 0) + 1);
  for (const zone of zones)
    owned.set(zone, (owned.get(zone) ?? 0) + shardsApartAt(zone, snapshot).size);
  const count = snapshot.topology.sharding.count;
  const load = (place: string, of: readonly Zone[]): PlaceLoad => {
    const shards = of.reduce((sum, z) => sum + (owned.get(z) ?? 0), 0);
    const known = of.length > 0 && of.every((z) => z.capacityRps !== null);
    const capacityRps = known ? of.reduce((sum, z) => sum + (z.capacityRps ?? 0), 0) : null;
    const rps = shardRps === null ? null : Math.round(shards * shardRps);
    const used = rps === null || capacityRps === null ? null : percent(rps, capacityRps);
    const percentOfUsers = percent(shards, count);
    return { place, shards, percentOfUsers, rps, capacityRps, percentOfCapacity: used };
  };
  const { idcs, cities } = snapshot.topology;
  let stays = 0;
  for (const [idc, share] of idcShares(snapshot)) stays += share * (entering.get(idc) ?? 0);
  return {
    zones: zones.map((z) => load(z.id, [z])),
    idcs: [...idcs.keys()].map((idc) =>
      load(
        idc,
        zones.filter((z) => z.idc === idc),
      ),
    ),
    cities: [...cities.keys()].map((city) =>
      load(
        city,
        zones.filter((z) => z.city === city),
      ),
    ),
    crossIdcPercent: percent(1 - stays, 1),
  };
}

/** Other zones' shards of which some app lives here; as the capacity rule counts them. */
function shardsApartAt(zone: Zone, { placement }: Snapshot): Set<number> {
  const shards = [...placement.apart.values()].flatMap((places) =>
    [...places].flatMap(([s, p]) =>
      p.zone === zone && placement.zoneOfShard[s] !== zone ? [s] : [],
    ),
  );
  return new Set(shards);
}

function totals(before: Snapshot, after: Snapshot): ForecastReport['percentOfUsers'] {
  const changes = diffShards(before, after);
  const share = (key: 'zone' | 'idc' | 'city'): number =>
    percent(
      changes.filter((c) => c.before?.[key] !== c.after?.[key]).length,
      before.topology.sharding.count,
    );
  return { zone: share('zone'), idc: share('idc'), city: share('city') };
}
