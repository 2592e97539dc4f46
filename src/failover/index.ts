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
import { isOut, offEndpoints, serving, stoppedScenes, weightsNow } from './places.ts';

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
  /** Groups that reads may spill to, nearest first, as each IDC sees them. */
  readonly spill: ReadonlyMap<IdcId, SpillOrder>;
  readonly freezes: Freezes;
  /** Shards under way: their old and their new zone may both be asked, by gates that lag. */
  readonly moving: ReadonlyMap<number, Move>;
  /** Declared and ordered ones; an order counts. */
  readonly pins: ReadonlyMap<string, Pin>;
  /** Addresses of endpoints that are switched off. */
  readonly off: ReadonlySet<string>;
  /** Load tests that people have stopped; `*` for all. */
  readonly stoppedScenes: ReadonlySet<string>;
}

interface SpillOrder {
  readonly gzone: readonly Group[];
  readonly czone: readonly Group[];
}

/** Weights of groups as they count now. */
interface Weights {
  readonly topology: Topology;
  readonly rules: Rules;
  readonly board: Board;
}

/** @param lost this gate has lost the fleet for longer than its lease */
export function resolve(
  topology: Topology,
  rules: Rules,
  board: Board = EMPTY_BOARD,
  lost = false,
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
    unknownUsers,
    globals: spreadOf(
      zones.filter((z) => z.type === 'gzone'),
      weights,
    ),
    cityZones,
    groupsOf: new Map(zones.map((z) => [z.id, spreadOf([z], weights)])),
    spill: new Map([...topology.idcs.values()].map((i) => [i.id, spillFrom(i, zones, weights)])),
    freezes: freezesOf(board, rules, lost),
    moving: new Map(board.moves.flatMap((m) => m.shards.map((s) => [s, m] as const))),
    pins: pinsOf(rules, board),
    off: offEndpoints(board),
    stoppedScenes: stoppedScenes(board),
  };
}

/** Zones that have users and keep them; where there is none, those that have, or might. */
function forUnknown(zones: readonly Zone[], owners: readonly ZoneId[], board: Board): Zone[] {
  const rzones = zones.filter((z) => z.type === 'rzone');
  const owning = rzones.filter((z) => owners.includes(z.id));
  const staying = owning.filter((z) => !isOut(board, z));
  if (staying.length > 0) return staying;
  return owning.length > 0 ? owning : rzones;
}

function spillFrom(from: Idc, zones: readonly Zone[], { topology, board }: Weights): SpillOrder {
  const far = (group: Group): number => {
    if (group.idc === from.id) return 0;
    return topology.idcs.get(group.idc)?.city === from.city ? 1 : 2;
  };
  const of = (type: Zone['type']): Group[] =>
    zones
      .filter((z) => z.type === type)
      .flatMap((z) => z.groups.filter((g) => serving(board, z, g, topology) > 0))
      .toSorted((a, b) => far(a) - far(b));
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
