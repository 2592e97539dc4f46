/** Checks that need more than one room's document: names across rooms exist and can be reached. */
import type { GateSettings } from '../gate/compile-gate.ts';
import type { GateDoc } from '../gate/gate-schema.ts';
import type { AppId } from '../model/ids.ts';
import type { Report } from '../model/issue.ts';
import type { RoutesDoc } from '../route/routes-schema.ts';
import type { StressDoc } from '../stress-tag/stress-schema.ts';
import { shardOf } from '../uid-router/index.ts';
import type { UpstreamPolicies, UpstreamPolicy } from '../upstream/index.ts';
import type { UpstreamsDoc } from '../upstream/upstreams-schema.ts';
import type { Rules } from '../zone/compile-rules.ts';
import { appsOf, type Topology, type Zone } from '../zone/topology.ts';

type RouteDoc = RoutesDoc['routes'][number];

/** A policy for an app that nowhere runs is a misspelt one. */
export function checkPolicyApps(doc: UpstreamsDoc, topology: Topology, report: Report): void {
  const apps = appsOf(topology);
  for (const app of Object.keys(doc.apps)) {
    if (!apps.has(app)) report.unknownName(['apps', app], 'app', app, apps, true);
  }
}

/** Every zone a route may lead to runs the route's app in every group. */
export function checkRoutes(doc: RoutesDoc, topology: Topology, report: Report): void {
  const apps = appsOf(topology);
  const seen = new Set<string>();
  doc.routes.forEach((route, i) => {
    if (!apps.has(route.app)) {
      report.unknownName(['routes', i, 'app'], 'app', route.app, apps);
      return;
    }
    // Thousands of routes share a few (type, app) pairs; each pair is judged once.
    const pair = `${route.zone} ${route.app}`;
    if (seen.has(pair)) return;
    seen.add(pair);
    checkReachable(route, i, topology, report);
  });
}

function checkReachable(route: RouteDoc, i: number, topology: Topology, report: Report): void {
  const zones = [...topology.zones.values()].filter((z) => z.type === route.zone);
  if (zones.length === 0) {
    report.error(
      ['routes', i, 'zone'],
      'unreachable-zones',
      `no ${route.zone} exists for this route`,
      {
        found: route.zone,
        expected: `a zone of type ${route.zone} in the topology`,
      },
    );
  }
  for (const zone of zones) checkApp(zone, route, i, report);
  if (route.zone !== 'czone') return;
  for (const city of topology.cities.keys()) {
    if (zones.length === 0 || zones.some((z) => z.city === city)) continue;
    report.error(
      ['routes', i, 'zone'],
      'unreachable-zones',
      `city ${city} has no czone, so its users can't use this route`,
      {
        found: `no czone in ${city}`,
        expected: 'a czone in every city',
      },
    );
  }
}

function checkApp(zone: Zone, route: RouteDoc, i: number, report: Report): void {
  for (const group of zone.groups) {
    if (group.endpoints.has(route.app as AppId)) continue;
    report.error(
      ['routes', i, 'app'],
      'app-not-deployed',
      `app ${route.app} has no endpoints in ${zone.id}/${group.id}`,
      {
        found: `${zone.id}/${group.id} runs ${[...group.endpoints.keys()].join(', ') || 'nothing'}`,
        expected: `${route.app} in every group of every ${route.zone}`,
      },
    );
  }
}

/** May all endpoints count as sick at once? Only a probe says so of the last ones. */
export const canBeAllOut = ({ probe, outliers }: UpstreamPolicy): boolean =>
  probe !== null || (outliers !== null && outliers.maxEjectedPercent >= 100);

/** What could never fire is said before anybody relies on it. */
export function checkSpills(
  doc: RoutesDoc,
  topology: Topology,
  upstreams: UpstreamPolicies,
  report: Report,
): void {
  doc.routes.forEach(({ onNoHealthy, zone, app }, i) => {
    if (onNoHealthy === 'panic') return;
    const path = ['routes', i, 'onNoHealthy'];
    const policy = upstreams.of(app as AppId);
    if (!canBeAllOut(policy)) {
      const { outliers } = policy;
      const most = outliers === null ? 'nothing' : `at most ${outliers.maxEjectedPercent} %`;
      report.warn(
        path,
        'dead-failover',
        `${onNoHealthy} can never fire: ${app} has no probe, and outliers take out ${most} of its endpoints`,
      );
    }
    if (onNoHealthy !== 'spill') return;
    const groups = [...topology.zones.values()]
      .filter((z) => z.type === zone)
      .flatMap((z) => z.groups.filter((g) => g.endpoints.has(app as AppId)));
    if (new Set(groups.map((g) => g.idc)).size < 2)
      report.warn(path, 'dead-failover', `${app} runs in one IDC: there is nowhere to spill to`);
  });
}

/** The gzone is one set of data; two of them would be two truths. */
export function checkGzone(doc: RoutesDoc, topology: Topology, report: Report): void {
  const gzones = [...topology.zones.values()].filter((z) => z.type === 'gzone').map((z) => z.id);
  const route = doc.routes.findIndex((r) => r.zone === 'gzone');
  if (gzones.length < 2 || route < 0) return;
  report.warn(
    ['routes', route, 'zone'],
    'several-gzones',
    `gzone requests are spread over ${gzones.join(' and ')}: their data must be one`,
  );
}

/** A zone that owns users must run what their routes ask for; an elastic one should, before it does. */
export function checkOwners(
  topology: Topology,
  rules: Rules,
  doc: RoutesDoc,
  report: Report,
): void {
  const owners = new Set([...rules.owners, ...[...rules.pins.values()].map((p) => p.zone)]);
  const elastic = [...topology.zones.values()].filter((z) => z.type === 'elastic');
  const seen = new Set<string>();
  doc.routes.forEach(({ zone: type, app }, i) => {
    if (type !== 'rzone' || seen.has(app)) return;
    seen.add(app);
    for (const zone of elastic) {
      if (zone.groups.every((g) => g.endpoints.has(app as AppId))) continue;
      const path = ['routes', i, 'app'];
      if (owners.has(zone.id)) {
        report.error(
          path,
          'app-not-deployed',
          `elastic zone ${zone.id} owns users but does not run ${app}`,
          {
            found: `${zone.id} without ${app}`,
            expected: `${app} in every group of ${zone.id}`,
          },
        );
      } else
        report.warn(
          path,
          'app-not-deployed',
          `elastic zone ${zone.id} does not run ${app}: no shard can move there`,
        );
    }
  });
}

/** Between IDCs a hand-over is believed only from a listed network, and with a good signature. */
export function checkPeers(doc: GateDoc, topology: Topology, report: Report): void {
  if (topology.idcs.size < 2) return;
  if (doc.trust.peers.length === 0) {
    report.error(['trust'], 'no-peers', 'gates of other IDCs would not be believed', {
      found: 'no trust.peers',
      expected: 'the networks that they call from',
    });
  }
  if (doc.keys.peer === undefined) {
    report.error(['keys'], 'no-peers', 'gates of other IDCs could not sign what they hand over', {
      found: 'no keys.peer',
      expected: 'the same peer keys at every gate',
    });
  }
}

/** A reserved uid that the shard rule can't read would be taken for none, and its request for a user's. */
export function checkReserved(doc: StressDoc, { sharding }: Topology, report: Report): void {
  for (const [name, { uids = [] }] of Object.entries(doc.scenes))
    uids.forEach((text, i) => {
      const [from = ''] = text.split('-');
      if (shardOf(from, sharding) !== null) return;
      report.error(['scenes', name, 'uids', i], 'uid-unread', `no shard can be read in ${from}`, {
        found: text,
        expected: 'uids as long as those of users: others are not known by their requests',
      });
    });
}

export function checkGateIdcs(gate: GateSettings, topology: Topology, report: Report): void {
  for (const section of ['listeners', 'admin'] as const) {
    gate[section].forEach(({ idc }, i) => {
      if (idc !== null && !topology.idcs.has(idc)) {
        report.unknownName([section, i, 'idc'], 'idc', idc, topology.idcs.keys());
      }
    });
  }
  for (const idc of topology.idcs.keys()) {
    if (gate.listeners.some((l) => l.idc === null || l.idc === idc)) continue;
    report.error(['listeners'], 'no-listener', `gates of ${idc} have nothing to listen on`, {
      found: `no listener for ${idc}`,
      expected: 'at least one listener for every IDC',
    });
  }
}
