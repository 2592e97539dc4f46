/** Which places are in service, by the switches of a board. */
import type { IdcId } from '../model/ids.ts';
import type { Rules } from '../zone/compile-rules.ts';
import { type Group, ownsShards, type Topology, type Zone } from '../zone/topology.ts';
import type { Board, Switch } from './board.ts';
import { holdsGroup, holdsZone, scopeText } from './scope.ts';

/** A zone that no user is to be moved to: drained itself, or its IDC or city is. */
export const isOut = (board: Board, zone: Zone): boolean =>
  board.switches.some((s) => keepsOut(s, zone));

const keepsOut = (s: Switch, zone: Zone): boolean =>
  s.action === 'drain' && s.percent === 100 && holdsZone(s.scope, zone);

/** The switches that keep it drained, as `s3 (zone RZ05)`. */
export const holdersOf = (board: Board, zone: Zone): string =>
  board.switches
    .flatMap((s) =>
      s.action === 'drain' && keepsOut(s, zone) ? [`${s.id} (${scopeText(s.scope)})`] : [],
    )
    .join(', ');

export const isIdcOut = (board: Board, idc: IdcId, topology: Topology): boolean =>
  board.switches.some(
    (s) =>
      s.action === 'drain' &&
      s.percent === 100 &&
      ((s.scope.kind === 'idc' && s.scope.idc === idc) ||
        (s.scope.kind === 'city' && s.scope.city === topology.idcs.get(idc)?.city)),
  );

/**
 * The part of a group's declared weight that counts, 0 … 1. A drained rzone still serves the shards
 * that it owns: moving them away is another step, so that nobody's user is ever without a zone.
 */
export function serving(board: Board, zone: Zone, group: Group, topology: Topology): number {
  let part = 1;
  for (const s of board.switches) part *= partUnder(s, zone, group, topology);
  return part > 0 && isEmptied(board, group) ? 0 : part;
}

/** Addresses that are switched off. */
export const offEndpoints = (board: Board): ReadonlySet<string> =>
  new Set(
    board.switches.flatMap((s) =>
      s.action === 'off' && s.scope.kind === 'endpoint' ? [s.scope.address] : [],
    ),
  );

/** Groups (`zone/group`) that take nothing new, and the time by which what is under way there ends. */
export function endingsOf(board: Board, topology: Topology): ReadonlyMap<string, number> {
  const endings = new Map<string, number>();
  for (const s of board.switches) {
    if ((s.action !== 'drain' && s.action !== 'off') || s.endByMs === null) continue;
    for (const zone of topology.zones.values())
      for (const group of zone.groups) {
        if (!holdsGroup(s.scope, zone, group, topology)) continue;
        const name = `${zone.id}/${group.id}`;
        endings.set(name, Math.min(s.endByMs, endings.get(name) ?? Number.POSITIVE_INFINITY));
      }
  }
  return endings;
}
/** Names of load tests that are stopped; `*` for all. */
export const stoppedScenes = (board: Board): ReadonlySet<string> =>
  new Set(board.switches.flatMap((s) => (s.action === 'stress-stop' ? [s.scene] : [])));

/** Some app of it has every endpoint switched off; found by DNS or file, they can't be known here. */
function isEmptied(board: Board, group: Group): boolean {
  const off = offEndpoints(board);
  if (off.size === 0) return false;
  return [...group.endpoints.values()].some(
    (source) => source.kind === 'static' && source.addresses.every((a) => off.has(a.address.text)),
  );
}

function partUnder(s: Switch, zone: Zone, group: Group, topology: Topology): number {
  if (s.action === 'off')
    return s.scope.kind === 'group' && holdsGroup(s.scope, zone, group, topology) ? 0 : 1;
  if (s.action !== 'drain' || !holdsGroup(s.scope, zone, group, topology)) return 1;
  return ownsShards(zone) && s.scope.kind !== 'group' ? 1 : (100 - s.percent) / 100;
}

/**
 * Weight of each group as it counts now, in the order of `zone.groups`. A gzone's groups of weight 0
 * stand by: they serve, evenly, when none of the others does. So its active city moves with a switch.
 */
export function weightsNow(
  board: Board,
  zone: Zone,
  rules: Rules,
  topology: Topology,
): readonly number[] {
  const declared = rules.weights.get(zone.id)!;
  if (board.switches.length === 0) return declared;
  const parts = zone.groups.map((g) => serving(board, zone, g, topology));
  const weights = parts.map((part, i) => part * declared[i]!);
  if (zone.type !== 'gzone' || weights.some((w) => w > 0)) return weights;
  return parts.map((part, i) => (declared[i] === 0 ? part : 0));
}
