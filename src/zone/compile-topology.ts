import { type EndpointSource, toEndpointSource } from '../model/endpoints.ts';
import {
  type AppId,
  type CityId,
  type IdcId,
  parseAppId,
  parseCityId,
  parseGroupId,
  parseIdcId,
  parseZoneId,
  type ZoneId,
} from '../model/ids.ts';
import type { DocPath, Report } from '../model/issue.ts';
import { toAddress } from '../model/schema.ts';
import { checkShadows } from './check-shadows.ts';
import type { Group, Idc, Sharding, Topology, Zone } from './topology.ts';
import type { TopologyDoc, ZoneDoc } from './topology-schema.ts';

const LIMITS = { cities: 64, idcs: 256, zones: 4096, groupsPerZone: 16 } as const;

/** Where each zone stands in the document, for messages of later checks. */
type Places = Map<ZoneId, DocPath>;

/** Text → Topology. Adds a problem to `report` for whatever does not hold together. */
export function compileTopology(doc: TopologyDoc, report: Report): Topology {
  const cities = new Map<CityId, IdcId[]>();
  const idcs = new Map<IdcId, Idc>();
  const zones = new Map<ZoneId, Zone>();
  const places: Places = new Map();
  for (const [cityName, city] of Object.entries(doc.cities)) {
    const cityId = parseCityId(cityName)!;
    const cityIdcs: IdcId[] = [];
    cities.set(cityId, cityIdcs);
    for (const [idcName, idc] of Object.entries(city.idcs)) {
      const path = ['cities', cityName, 'idcs', idcName];
      const id = parseIdcId(idcName)!;
      if (idcs.has(id)) duplicate(report, path, 'IDC', idcName);
      cityIdcs.push(id);
      const own: ZoneId[] = [];
      for (const [zoneName, zone] of Object.entries(idc.zones)) {
        const zonePath = [...path, 'zones', zoneName];
        const zoneId = parseZoneId(zoneName)!;
        if (zones.has(zoneId)) duplicate(report, zonePath, 'zone', zoneName);
        own.push(zoneId);
        zones.set(zoneId, compileZone(zoneId, cityId, id, zone, zonePath, report));
        places.set(zoneId, zonePath);
      }
      idcs.set(id, { id, city: cityId, gates: toGates(idc.gates), zones: own });
    }
  }
  const topology = { sharding: compileSharding(doc, report), cities, idcs, zones };
  checkSizes(topology, report);
  checkGroupIdcs(topology, places, report);
  checkShadows(topology, places, report);
  checkDr(doc, topology, places, report);
  checkReach(doc, topology, report);
  checkGates(topology, report);
  return topology;
}

const toGates = (addresses: readonly string[]): Idc['gates'] => ({
  kind: 'static',
  addresses: addresses.map((text) => ({ address: toAddress(text), weight: 1 })),
});

function duplicate(report: Report, path: DocPath, what: string, name: string): void {
  report.error(path, 'duplicate-name', `${what} ${name} is declared twice`, {
    atKey: true,
    found: name,
    expected: `a ${what} name used once in the whole topology`,
  });
}

function compileZone(
  id: ZoneId,
  city: CityId,
  idc: IdcId,
  doc: ZoneDoc,
  path: DocPath,
  report: Report,
): Zone {
  const groups: Group[] = Object.entries(doc.groups).map(([name, group]) => {
    const common = {
      id: parseGroupId(name)!,
      zone: id,
      idc: group.idc === undefined ? idc : parseIdcId(group.idc)!,
    };
    const twin =
      group.shadow === undefined
        ? null
        : { ...common, endpoints: toSources(group.shadow), shadow: null, isShadow: true };
    return { ...common, endpoints: toSources(group.endpoints), shadow: twin, isShadow: false };
  });
  if (groups.length === 0 || groups.length > LIMITS.groupsPerZone) {
    report.error([...path, 'groups'], 'group-count', `zone ${id} has ${groups.length} groups`, {
      found: String(groups.length),
      expected: `1 to ${LIMITS.groupsPerZone} groups`,
    });
  }
  return {
    id,
    type: doc.type,
    idc,
    city,
    capacityRps: doc.capacity?.rps ?? null,
    dr: {
      local: doc.dr?.local === undefined ? null : parseZoneId(doc.dr.local),
      remote: doc.dr?.remote === undefined ? null : parseZoneId(doc.dr.remote),
    },
    groups,
  };
}

function toSources(doc: ZoneDoc['groups'][string]['endpoints']): Map<AppId, EndpointSource> {
  const sources = new Map<AppId, EndpointSource>();
  for (const [app, list] of Object.entries(doc))
    sources.set(parseAppId(app)!, toEndpointSource(list));
  return sources;
}

function compileSharding(doc: TopologyDoc, report: Report): Sharding {
  const { count, key } = doc.sharding;
  if (key?.hash !== undefined && key.digits !== undefined) {
    report.error(['sharding', 'key'], 'shard-key', 'the shard key has two rules', {
      found: 'digits and hash',
      expected: 'one of them',
    });
  }
  if (key?.hash !== undefined) return { count, key: { kind: 'hash', hash: key.hash } };
  const positions = key?.digits ?? [-3, -2];
  if (new Set(positions).size < positions.length) {
    report.error(
      ['sharding', 'key', 'digits'],
      'shard-key',
      'a digit is used twice, so shards stay empty',
      {
        found: positions.join(', '),
        expected: 'each position once',
      },
    );
  }
  const values = 10 ** positions.length;
  if (values % count !== 0) {
    report.error(
      ['sharding', 'count'],
      'shard-count',
      `${positions.length} digits give ${values} values, which ${count} shards can't share evenly`,
      { found: String(count), expected: `a divisor of ${values}, or key: { hash: fnv1a }` },
    );
  }
  return { count, key: { kind: 'digits', positions } };
}

function checkSizes(topology: Topology, report: Report): void {
  for (const what of ['cities', 'idcs', 'zones'] as const) {
    const { size } = topology[what];
    if (size >= 1 && size <= LIMITS[what]) continue;
    if (size === 0 && what === 'zones') continue;
    report.error(['cities'], 'topology-size', `the topology has ${size} ${what}`, {
      found: String(size),
      expected: `1 to ${LIMITS[what]}`,
    });
  }
}

function checkGroupIdcs(topology: Topology, places: Places, report: Report): void {
  for (const zone of topology.zones.values()) {
    for (const group of zone.groups) {
      if (group.idc === zone.idc) continue;
      const path = [...places.get(zone.id)!, 'groups', group.id, 'idc'];
      if (!topology.idcs.has(group.idc)) {
        report.unknownName(path, 'idc', group.idc, topology.idcs.keys());
      } else if (zone.type !== 'gzone') {
        report.error(path, 'group-idc', `group ${group.id} leaves its zone's IDC`, {
          found: group.idc,
          expected: `${zone.idc}: only a gzone may be spread over IDCs`,
        });
      }
    }
  }
}

/** A partner in the same blast radius is no partner (LHC-417028 enforces the same pairings). */
function checkDr(doc: TopologyDoc, topology: Topology, places: Places, report: Report): void {
  for (const zone of topology.zones.values()) {
    const base = places.get(zone.id)!;
    const zoneDoc = doc.cities[zone.city]?.idcs[zone.idc]?.zones[zone.id];
    if (zoneDoc?.dr !== undefined && zone.type !== 'rzone') {
      report.error([...base, 'dr'], 'dr-type', `a ${zone.type} has no DR partner`, {
        atKey: true,
        found: zone.type,
        expected: 'dr on an rzone only',
      });
      continue;
    }
    for (const side of ['local', 'remote'] as const) {
      const name = zone.dr[side];
      if (name === null) continue;
      const path = [...base, 'dr', side];
      const partner = topology.zones.get(name);
      if (partner === undefined) {
        report.unknownName(path, 'zone', name, topology.zones.keys());
      } else if (partner.type !== 'rzone') {
        report.error(path, 'dr-type', `DR partner ${name} of ${zone.id} is a ${partner.type}`, {
          found: `${name} (${partner.type})`,
          expected: 'an rzone',
        });
      } else if (!outsideBlastRadius(zone, partner, side)) {
        report.error(path, 'dr-blast-radius', blastMessage(zone, partner, side), {
          found: `${name} in ${partner.city}/${partner.idc}`,
          expected:
            side === 'local'
              ? `an rzone in another IDC of ${zone.city}`
              : 'an rzone in another city',
        });
      }
    }
  }
}

const outsideBlastRadius = (zone: Zone, partner: Zone, side: 'local' | 'remote'): boolean =>
  side === 'local'
    ? partner.city === zone.city && partner.idc !== zone.idc
    : partner.city !== zone.city;

const blastMessage = (zone: Zone, partner: Zone, side: 'local' | 'remote'): string =>
  partner.id === zone.id
    ? `zone ${zone.id} is its own ${side} DR partner`
    : `${side} DR partner ${partner.id} of ${zone.id} is in the wrong place`;

/** Two IDCs behind one address: a hand-over would meet the wrong one. */
function checkGates(topology: Topology, report: Report): void {
  const owner = new Map<string, IdcId>();
  for (const { id, city, gates } of topology.idcs.values()) {
    gates.addresses.forEach(({ address: { text } }, i) => {
      const other = owner.get(text);
      if (other !== undefined) {
        report.error(
          ['cities', city, 'idcs', id, 'gates', i],
          'duplicate-address',
          `${text} is a gate of ${other} already`,
          {
            found: text,
            expected: 'an address of its own',
          },
        );
      }
      owner.set(text, id);
    });
  }
}

/** A zone in an IDC without gates can't be reached by users who enter elsewhere. */
function checkReach(doc: TopologyDoc, topology: Topology, report: Report): void {
  if (topology.idcs.size < 2) return;
  const used = new Set<IdcId>();
  for (const zone of topology.zones.values()) for (const g of zone.groups) used.add(g.idc);
  for (const idc of topology.idcs.values()) {
    if (idc.gates.addresses.length > 0 || !used.has(idc.id)) continue;
    const declared = doc.cities[idc.city]?.idcs[idc.id]?.gates !== undefined;
    const path = ['cities', idc.city, 'idcs', idc.id];
    report.error(
      declared ? [...path, 'gates'] : path,
      'unreachable-zones',
      `zones in ${idc.id} can't be reached from other IDCs: no gate address is given`,
      { found: 'no gates', expected: 'gates: ["host:port"]' },
    );
  }
}
