/** A shadow stands beside an app of its group, and never at an address that users are sent to. */
import ipaddr from 'ipaddr.js';
import type { AppId, ZoneId } from '../model/ids.ts';
import type { DocPath, Report } from '../model/issue.ts';
import { assertNever } from '../model/result.ts';
import type { Group, Topology } from './topology.ts';

export function checkShadows(
  topology: Topology,
  places: ReadonlyMap<ZoneId, DocPath>,
  report: Report,
): void {
  const groups = [...topology.zones.values()].flatMap((z) => z.groups);
  if (groups.every((g) => g.shadow === null)) return;
  const served = new Map<string, Group>();
  for (const group of groups)
    for (const app of group.endpoints.keys())
      for (const place of placesOf(group, app)) served.set(place, group);
  for (const group of groups) {
    const path = [...places.get(group.zone)!, 'groups', group.id, 'shadow'];
    for (const app of group.shadow?.endpoints.keys() ?? [])
      checkOne(group, app, served, [...path, app], report);
  }
}

function checkOne(
  group: Group,
  app: AppId,
  served: ReadonlyMap<string, Group>,
  path: DocPath,
  report: Report,
): void {
  if (!group.endpoints.has(app)) report.unknownName(path, 'app', app, group.endpoints.keys(), true);
  for (const place of placesOf(group.shadow!, app)) {
    const users = served.get(place);
    if (users === undefined) continue;
    report.error(path, 'shadow-serves-users', `${place} serves users of ${users.zone}`, {
      found: `${place}, among the endpoints of ${users.zone}/${users.id}`,
      expected: 'endpoints that no group lists for its users',
    });
  }
}

/** By what it is looked up; what DNS or a file will name there can't be known here. */
function placesOf(group: Group, app: AppId): string[] {
  const source = group.endpoints.get(app);
  switch (source?.kind) {
    case undefined:
      return [];
    case 'static':
      return source.addresses.map(({ address }) => placeOf(address.host, address.port));
    case 'dns':
      return [placeOf(source.name, source.port)];
    case 'srv':
      return [`srv ${plain(source.name)}`];
    case 'file':
      return [`file ${source.path.replace(/^(?:\.\/)+/, '')}`];
    default:
      return assertNever(source);
  }
}

/** Of one host and port there are many spellings. */
function placeOf(host: string, port: number): string {
  const name = ipaddr.isValid(host) ? ipaddr.process(host).toString() : plain(host);
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
