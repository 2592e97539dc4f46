/** What a switch speaks of: a group, a zone, an IDC, a city, some shards, one endpoint. */
import type { CityId, GroupId, IdcId, ZoneId } from '../model/ids.ts';
import { assertNever } from '../model/result.ts';
import { rangesText } from '../zone/compile-rules.ts';
import type { Group, Topology, Zone } from '../zone/topology.ts';
import type { Scope } from './board.ts';

export function scopeText(scope: Scope): string {
  switch (scope.kind) {
    case 'group':
      return `group ${scope.zone}/${scope.group}`;
    case 'zone':
      return `zone ${scope.zone}`;
    case 'idc':
      return `idc ${scope.idc}`;
    case 'city':
      return `city ${scope.city}`;
    case 'shards':
      return `shards ${rangesText(scope.shards)}`;
    case 'endpoint':
      return `endpoint ${scope.address}`;
    default:
      return assertNever(scope);
  }
}

export const sameScope = (a: Scope, b: Scope): boolean => scopeText(a) === scopeText(b);

/** Does the whole zone lie in the scope? */
export function holdsZone(scope: Scope, zone: Zone): boolean {
  if (scope.kind === 'zone') return scope.zone === zone.id;
  if (scope.kind === 'idc') return scope.idc === zone.idc;
  return scope.kind === 'city' && scope.city === zone.city;
}

/** Does the group? A gzone's group may stand in another IDC than its zone. */
export function holdsGroup(scope: Scope, zone: Zone, group: Group, topology: Topology): boolean {
  switch (scope.kind) {
    case 'group':
      return scope.zone === zone.id && scope.group === group.id;
    case 'zone':
      return scope.zone === zone.id;
    case 'idc':
      return scope.idc === group.idc;
    case 'city':
      return scope.city === topology.idcs.get(group.idc)?.city;
    case 'shards':
    case 'endpoint':
      return false;
    default:
      return assertNever(scope);
  }
}

/** What in the scope does not exist, as a sentence; null when all does. */
export function strayIn(scope: Scope, topology: Topology): string | null {
  switch (scope.kind) {
    case 'group': {
      const zone = topology.zones.get(scope.zone as ZoneId);
      if (zone === undefined) return unknown('zone', scope.zone, topology.zones.keys());
      return zone.groups.some((g) => g.id === (scope.group as GroupId))
        ? null
        : unknown(
            'group',
            scope.group,
            zone.groups.map((g) => g.id),
          );
    }
    case 'zone':
      return topology.zones.has(scope.zone as ZoneId)
        ? null
        : unknown('zone', scope.zone, topology.zones.keys());
    case 'idc':
      return topology.idcs.has(scope.idc as IdcId)
        ? null
        : unknown('IDC', scope.idc, topology.idcs.keys());
    case 'city':
      return topology.cities.has(scope.city as CityId)
        ? null
        : unknown('city', scope.city, topology.cities.keys());
    case 'shards': {
      const stray = scope.shards.find((s) => s >= topology.sharding.count);
      return stray === undefined
        ? null
        : `shard ${stray} does not exist: there are ${topology.sharding.count}`;
    }
    case 'endpoint':
      return hasEndpoint(topology, scope.address)
        ? null
        : `no group lists the endpoint ${scope.address}`;
    default:
      return assertNever(scope);
  }
}

function unknown(what: string, name: string, known: Iterable<string>): string {
  return `${what} ${name} does not exist: there are ${[...known].slice(0, 12).join(', ')}`;
}

/** Endpoints by DNS or file can't be known here, so they are believed. */
function hasEndpoint(topology: Topology, address: string): boolean {
  for (const zone of topology.zones.values())
    for (const group of zone.groups.flatMap((g) => (g.shadow === null ? [g] : [g, g.shadow])))
      for (const source of group.endpoints.values()) {
        if (source.kind !== 'static') return true;
        if (source.addresses.some((a) => a.address.text === address)) return true;
      }
  return false;
}
