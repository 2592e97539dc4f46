import { compileNetworks, type Networks } from '../gate/networks.ts';
import type { AppId, ZoneId } from '../model/ids.ts';
import type { DocPath, Report } from '../model/issue.ts';
import type { KeyRing } from '../model/mac.ts';
import { compileTable } from '../zone/compile-rules.ts';
import type { Topology, Zone } from '../zone/topology.ts';
import type { Scene, StressRoom, UidRange } from './index.ts';
import type { SceneDoc, StressDoc } from './stress-schema.ts';

/** A pair of zone type and app that some route leads to. */
interface Need {
  readonly zoneType: 'rzone' | 'gzone' | 'czone';
  readonly app: AppId;
}

/** Of the Gate document. */
interface GateTrust {
  readonly keys: KeyRing;
  /** Load balancers. */
  readonly proxies: Networks;
}

export function compileStress(
  doc: StressDoc,
  topology: Topology,
  { keys, proxies }: GateTrust,
  needs: readonly Need[],
  report: Report,
): StressRoom {
  const scenes = new Map<string, Scene>();
  const uids: UidRange[] = [];
  for (const [name, scene] of Object.entries(doc.scenes)) {
    const path = ['scenes', name];
    const compiled = compileScene(name, scene, topology, path, report);
    scenes.set(name, compiled);
    addUids(scene, compiled, uids, path, report);
    if (compiled.shadow) checkShadows(compiled, scene, topology, needs, path, report);
    else checkShared(compiled, scene, topology, needs, path, report);
  }
  checkWaysIn(doc, keys, report);
  checkNetworks(doc, proxies, report);
  return Object.freeze({
    keys,
    acceptsApp: doc.accept.app,
    networks: compileNetworks(doc.accept.networks, ['accept', 'networks'], report),
    forged: doc.forged,
    log: doc.log,
    scenes,
    uids,
  });
}

function compileScene(
  name: string,
  doc: SceneDoc,
  topology: Topology,
  path: DocPath,
  report: Report,
): Scene {
  if (doc.onlyReserved === true && doc.uids === undefined)
    report.error([...path, 'onlyReserved'], 'no-uids', `scene ${name} reserves no uids`, {
      found: 'onlyReserved without uids',
      expected: 'uids: ["2099000000000000-2099999999999999"]',
    });
  const { rps, concurrency, total } = doc.limits;
  return Object.freeze({
    name,
    owners:
      doc.shards === undefined
        ? null
        : compileTable(doc.shards, topology, report, [...path, 'shards']),
    shadow: doc.endpoints === 'shadow',
    onlyReserved: doc.onlyReserved ?? doc.uids !== undefined,
    limits: { rps, concurrency, total: total ?? null },
    untilMs: Date.parse(doc.until),
  });
}

function addUids(
  doc: SceneDoc,
  scene: Scene,
  uids: UidRange[],
  path: DocPath,
  report: Report,
): void {
  doc.uids?.forEach((text, i) => {
    const [from = '', to = from] = text.split('-');
    const place = [...path, 'uids', i];
    if (from.length !== to.length || from > to) {
      report.error(place, 'uid-range', `${text} is not a range of uids`, {
        found: text,
        expected: 'two uids of the same length, low end first',
      });
      return;
    }
    const clash = uids.find((u) => u.from.length === from.length && from <= u.to && u.from <= to);
    if (clash !== undefined)
      report.error(place, 'uid-overlap', `${text} is reserved for scene ${clash.scene.name}`, {
        found: `${text} and ${clash.from}-${clash.to}`,
        expected: 'each uid reserved once',
      });
    uids.push({ from, to, scene });
  });
}

const hasShadow = (zone: Zone, app: AppId): boolean =>
  zone.groups.some((g) => g.shadow?.endpoints.has(app) === true);

/** Where a scene's own table sends users there must be somebody; elsewhere it is worth saying. */
function checkShadows(
  scene: Scene,
  doc: SceneDoc,
  topology: Topology,
  needs: readonly Need[],
  path: DocPath,
  report: Report,
): void {
  const own = new Set(scene.owners ?? []);
  const without = (app: AppId, zones: readonly Zone[]): string[] =>
    zones.filter((z) => !hasShadow(z, app)).map((z) => z.id);
  const zones = [...topology.zones.values()];
  const missing: string[] = [];
  for (const { zoneType, app } of needs) {
    const tabled = zoneType === 'rzone' && scene.owners !== null;
    if (!tabled) {
      const found = without(
        app,
        zones.filter((z) => z.type === zoneType),
      );
      if (found.length > 0) missing.push(`${app} in ${found.join(', ')}`);
      continue;
    }
    for (const [range, name] of Object.entries(doc.shards ?? {})) {
      const zone = topology.zones.get(name as ZoneId);
      if (zone === undefined || !own.has(zone.id) || hasShadow(zone, app)) continue;
      report.error([...path, 'shards', range], 'no-shadow', `${name} has no shadow of ${app}`, {
        found: `no shadow endpoints of ${app} in ${name}`,
        expected: 'shadow: { app: [addresses] } in a group of the zone, or endpoints: shared',
      });
    }
  }
  if (missing.length > 0)
    report.warn(
      path,
      'no-shadow',
      `requests of scene ${scene.name} will be answered 503 for want of shadow endpoints: ${missing.join('; ')}`,
    );
}

/** Writes of tests go where no user of the shard lives; nothing else keeps their data apart. */
function checkShared(
  { name, owners, onlyReserved }: Scene,
  doc: SceneDoc,
  topology: Topology,
  needs: readonly Need[],
  path: DocPath,
  report: Report,
): void {
  const apps = needs.filter((n) => n.zoneType === 'rzone').map((n) => n.app);
  for (const [range, zone] of Object.entries(doc.shards ?? {})) {
    const groups = topology.zones.get(zone as ZoneId)?.groups ?? [];
    const missing = apps.find((app) => groups.some((g) => !g.endpoints.has(app)));
    if (missing === undefined) continue;
    report.error(
      [...path, 'shards', range],
      'app-not-deployed',
      `${zone} does not run ${missing}`,
      {
        found: `${zone} without ${missing}`,
        expected: `${missing} in every group of ${zone}`,
      },
    );
  }
  if (owners !== null)
    report.warn(
      [...path, 'shards'],
      'shared-table',
      `scene ${name} writes in zones that don’t own its users’ shards, at the endpoints of real users`,
    );
  if (!onlyReserved)
    report.warn(
      path,
      'shared-users',
      `scene ${name} may write for real users: it uses their endpoints, and is not kept to reserved uids`,
    );
}

function checkWaysIn({ accept, scenes }: StressDoc, keys: KeyRing, report: Report): void {
  const reserves = Object.values(scenes).some((s) => s.uids !== undefined);
  if (keys.length > 0 || accept.app || accept.networks.length > 0 || reserves) return;
  report.error(['accept'], 'no-way-in', 'nobody can mark a request as stress', {
    found: 'no keys.stress in the Gate document, no app, networks or uids here',
    expected: 'keys.stress for tokens, or accept: { app: true }, or accept: { networks: [...] }',
  });
}

/** Who is behind a load balancer, or anywhere, is anybody. */
function checkNetworks({ accept }: StressDoc, proxies: Networks, report: Report): void {
  accept.networks.forEach((text, i) => {
    const all = text.endsWith('/0');
    if (!all && !proxies.meets(text)) return;
    const message = all
      ? `${text} is everybody: anybody could mark his requests`
      : `${text} holds a load balancer of trust.proxies: anybody behind it could mark his requests`;
    report.error(['accept', 'networks', i], 'mark-by-anybody', message, {
      found: text,
      expected: 'addresses of load generators only; for others tokens, or a listener `from: app`',
    });
  });
}
