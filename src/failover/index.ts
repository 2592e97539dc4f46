/**
 * DESIGN. Who serves each shard now. `resolve` joins what is declared (topology, rules) into tables
 * that a request only looks up: the zone of every shard, the spread for unknown users of each IDC,
 * the groups of the global zone, the czone groups of each city, where writes are refused. What is
 * ordered (the board) is the other input; how boards come about is in `apply.ts` (commands),
 * `advance.ts` (runs), `move.ts` (shards) and `safety.ts`, all of them pure. Missing on purpose:
 * anything measured.
 */
import type { CityId, IdcId, ZoneId } from '../model/ids.ts';
import type { Pin, Rules } from '../zone/compile-rules.ts';
import type { Group, Idc, Topology, Zone } from '../zone/topology.ts';
import { type Board, EMPTY_BOARD, type Move } from './board.ts';
import { type Freezes, freezesOf } from './freeze.ts';
import { ownersOf } from './owners.ts';
import { endingsOf, isOut, offEndpoints, serving, stoppedScenes, weightsNow } from './places.ts';
import { type Lanes, lanesOf } from './release-lanes.ts';

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
  /** By app, then by shard: apps that live, or have lived, apart from their shards. Mostly empty. */
  readonly apart: ReadonlyMap<string, ReadonlyMap<number, AppPlace>>;
  /** For users nobody knows yet: the IDC's own rzones, else the city's, else all. */
  readonly unknownUsers: ReadonlyMap<IdcId, Spread>;
  readonly globals: Spread;
  /** The IDC's own czones, else its city's. */
  readonly cityZones: ReadonlyMap<IdcId, Spread>;
  /** Groups inside one zone. */
  readonly groupsOf: ReadonlyMap<ZoneId, Spread>;
  /** Groups that reads may spill to, nearest first, as each IDC sees them. */
  readonly spill: ReadonlyMap<IdcId, SpillOrder>;
  readonly freezes: Freezes;
  /** Shards under way: their old and their new zone may both be asked, by gates that lag. */
  readonly moving: ReadonlyMap<number, Move>;
  /** Declared and ordered ones; an order counts. */
  readonly pins: ReadonlyMap<string, Pin>;
  /** Addresses of endpoints that are switched off. */
  readonly off: ReadonlySet<string>;
  /** Releases and gray rules. */
  readonly lanes: Lanes;
  /** Groups (`zone/group`) that take nothing new, and when what is under way there ends (wall clock). */
  readonly endings: ReadonlyMap<string, number>;
  /** Load tests that people have stopped; `*` for all. */
  readonly stoppedScenes: ReadonlySet<string>;
}

interface AppPlace {
  readonly zone: Zone;
  /** Epoch in which it came there. */
  readonly since: number;
}

interface SpillOrder {
  readonly gzone: readonly Group[];
  readonly czone: readonly Group[];
}

/** The zone of a known user's request; undefined: an owner that the topology does not have. */
export function ownerAt(
  { apart, zoneOfShard }: Placement,
  shard: number,
  app: string,
): Zone | undefined {
  if (apart.size === 0) return zoneOfShard[shard];
  return apart.get(app)?.get(shard)?.zone ?? zoneOfShard[shard];
}

/** The move that this app of the shard is in; an app that lives elsewhere does not move with its shard. */
export function moveAt(placement: Placement, shard: number, app: string): Move | undefined {
  const move = placement.moving.get(shard);
  if (move === undefined) return undefined;
  if (move.app !== null) return move.app === app ? move : undefined;
  const own = placement.apart.get(app)?.get(shard);
  return own === undefined || own.zone.id === move.from ? move : undefined;
}

/** Weights of groups as they count now. */
interface Weights {
  readonly topology: Topology;
  readonly rules: Rules;
  readonly board: Board;
}

/**
 * @param lost this gate has lost the fleet for longer than its lease
 * @param tagsOf what lane cookies of an allow-listed uid may carry
 */
export function resolve(
  topology: Topology,
  rules: Rules,
  board: Board = EMPTY_BOARD,
  lost = false,
  tagsOf: (uid: string) => readonly string[] = () => [],
): Placement {
  const weights: Weights = { topology, rules, board };
  const owners = ownersOf(board, rules) as readonly ZoneId[];
  const zones = [...topology.zones.values()];
  const rzones = forUnknown(zones, owners, board);
  const czones = zones.filter((z) => z.type === 'czone');
  const unknownUsers = new Map<IdcId, Spread>();
  const cityZones = new Map<IdcId, Spread>();
  for (const idc of topology.idcs.values()) {
    unknownUsers.set(idc.id, nearest(rzones, idc.id, idc.city, weights, rzones));
    // Readers leave their city only where people have put its czones out of service.
    const elsewhere = czones.some((z) => z.city === idc.city) ? czones : [];
    cityZones.set(idc.id, nearest(czones, idc.id, idc.city, weights, elsewhere));
  }
  return {
    zoneOfShard: owners.map((id) => topology.zones.get(id)!),
    apart: apartOf(board, topology),
    unknownUsers,
    globals: spreadOf(
      zones.filter((z) => z.type === 'gzone'),
      weights,
    ),
    cityZones,
    groupsOf: new Map(zones.map((z) => [z.id, spreadOf([z], weights)])),
    spill: new Map([...topology.idcs.values()].map((i) => [i.id, spillFrom(i, zones, weights)])),
    freezes: freezesOf(board, rules, lost),
    // While a way back is being verified its shards are served, and written, by their owner alone.
    moving: new Map(
      board.moves
        .filter((m) => m.state !== 'verifying')
        .flatMap((m) => m.shards.map((s) => [s, m] as const)),
    ),
    pins: pinsOf(rules, board),
    off: offEndpoints(board),
    lanes: lanesOf(board, topology, tagsOf),
    endings: endingsOf(board, topology),
    stoppedScenes: stoppedScenes(board),
  };
}

function apartOf(board: Board, topology: Topology): Placement['apart'] {
  const apart = new Map<string, Map<number, AppPlace>>();
  for (const { app, shard, zone: id, since } of board.appOwners) {
    const zone = topology.zones.get(id as ZoneId);
    if (zone === undefined) continue;
    const own = apart.get(app) ?? new Map<number, AppPlace>();
    apart.set(app, own.set(shard, { zone, since }));
  }
  return apart;
}

/** Zones that have users and keep them; where there is none, those that have, or might. */
function forUnknown(zones: readonly Zone[], owners: readonly ZoneId[], board: Board): Zone[] {
  const rzones = zones.filter((z) => z.type === 'rzone');
  const owning = rzones.filter((z) => owners.includes(z.id));
  const staying = owning.filter((z) => !isOut(board, z));
  if (staying.length > 0) return staying;
  return owning.length > 0 ? owning : rzones;
}

/** A weight of 0 means none, for what spills too; but a gzone’s stand by for just that, behind all others. */
function spillFrom(
  from: Idc,
  zones: readonly Zone[],
  { topology, rules, board }: Weights,
): SpillOrder {
  const far = (group: Group): number => {
    if (group.idc === from.id) return 0;
    return topology.idcs.get(group.idc)?.city === from.city ? 1 : 2;
  };
  const of = (type: Zone['type']): Group[] =>
    zones
      .filter((z) => z.type === type)
      .flatMap((z) => {
        const weights = weightsNow(board, z, rules, topology);
        return z.groups.flatMap((group, i) => {
          const standsBy = z.type === 'gzone' && serving(board, z, group, topology) > 0;
          return weights[i]! > 0 || standsBy ? [{ group, last: weights[i] === 0 ? 10 : 0 }] : [];
        });
      })
      .toSorted((a, b) => a.last + far(a.group) - b.last - far(b.group))
      .map(({ group }) => group);
  return { gzone: of('gzone'), czone: of('czone') };
}

function pinsOf(rules: Rules, board: Board): ReadonlyMap<string, Pin> {
  const ordered = board.switches.filter((s) => s.action === 'pin');
  if (ordered.length === 0) return rules.pins;
  const pins = new Map(rules.pins);
  for (const { uid, zone, untilMs } of ordered)
    pins.set(uid, { uid, zone: zone as ZoneId, untilMs: untilMs ?? Number.POSITIVE_INFINITY });
  return pins;
}

function nearest(
  zones: readonly Zone[],
  idc: IdcId,
  city: CityId,
  weights: Weights,
  otherwise: readonly Zone[],
): Spread {
  const own = spreadOf(
    zones.filter((z) => z.idc === idc),
    weights,
  );
  if (own.total > 0) return own;
  const near = spreadOf(
    zones.filter((z) => z.city === city),
    weights,
  );
  return near.total > 0 ? near : spreadOf(otherwise, weights);
}

/** Groups of weight 0 take no part at all. */
export function spreadOf(zones: readonly Zone[], { topology, rules, board }: Weights): Spread {
  const shares: Share[] = [];
  let total = 0;
  for (const zone of zones) {
    const now = weightsNow(board, zone, rules, topology);
    zone.groups.forEach((group, i) => {
      const weight = now[i]!;
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
