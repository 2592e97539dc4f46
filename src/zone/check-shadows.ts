/** A shadow stands beside an app of its group, and never at an address that users are sent to. */
import type { AppId, ZoneId } from '../model/ids.ts';
import type { DocPath, Report } from '../model/issue.ts';
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
      for (const address of listed(group, app)) served.set(address, group);
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
  for (const address of listed(group.shadow!, app)) {
    const users = served.get(address);
    if (users === undefined) continue;
    report.error(path, 'shadow-serves-users', `${address} serves users of ${users.zone}`, {
      found: `${address}, an endpoint of ${users.zone}/${users.id}`,
      expected: 'addresses that no group lists in its endpoints',
    });
  }
}

/** What DNS or a file will name can't be known here. */
function listed(group: Group, app: AppId): string[] {
  const source = group.endpoints.get(app);
  return source?.kind === 'static' ? source.addresses.map((a) => a.address.text) : [];
}
