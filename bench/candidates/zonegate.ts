/** Our own gate, as built, and the configurations it is measured with. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../src/shell/config/load.ts';
import {
  COOKIE,
  hopsOf,
  KEEP_ALIVE_S,
  ownersOf,
  type Running,
  SHARDS,
  type Site,
  server,
  UPSTREAM_CONNECTIONS,
  type Work,
  zoneNames,
} from './candidate.ts';
import { crsAbsent, crsFolder } from './crs.ts';
import { withFirewall } from './firewall.ts';

const BIN = fileURLToPath(new URL('../../bin/zonegate.js', import.meta.url));
const SECRET = 'bench-only-secret-0123456789-0123456789';
const HOSTS = 1000;

type Json = Readonly<Record<string, unknown>>;

export async function startZonegate(work: Work, site: Site): Promise<Running> {
  const folder = join(site.folder, 'config');
  const logFile = work.accessLog ? join(site.folder, 'access.log') : null;
  writeGateConfig(folder, work, site, logFile);
  const start = (idc: string, port: number): Promise<Running> =>
    server(
      'zonegate',
      port,
      site,
      () =>
        site.processes.start('proxy', process.execPath, [BIN, 'run', '-c', folder, '--idc', idc]),
      logFile,
    );
  return hopsOf(work, site, ['i1', 'i2'], start);
}

/** All documents in one file. JSON, because every JSON text is YAML. */
export function writeGateConfig(
  folder: string,
  work: Work,
  { ports, origin }: Pick<Site, 'ports' | 'origin'>,
  logFile: string | null,
): void {
  mkdirSync(folder, { recursive: true });
  const documents = [
    topology(work, ports, origin),
    rules(work),
    routes(work),
    gate(work, ports, logFile),
    upstreams(),
  ];
  const all = work.firewall ? firewalled(documents) : documents;
  const text = all.map((d) => JSON.stringify({ apiVersion: 'zonegate/v1', ...d }));
  writeFileSync(join(folder, 'all.yaml'), `${text.join('\n---\n')}\n`);
}

function firewalled(documents: readonly Json[]): readonly Json[] {
  if (withFirewall === null) throw new Error('zonegate has no firewall yet');
  const absent = crsAbsent();
  if (absent !== null) throw new Error(absent);
  return withFirewall(documents, crsFolder());
}

/** A shard each where there are many zones. */
const shardsOf = ({ zones }: Work): number => (zones > SHARDS ? 1000 : SHARDS);

function topology(work: Work, ports: readonly number[], origin: number): Json {
  const endpoints = { shop: [`127.0.0.1:${origin}`] };
  const names = work.routing === 'plain' ? ['GZ01'] : zoneNames(work.zones);
  const zones = Object.fromEntries(
    names.map((name) =>
      work.routing === 'plain'
        ? [name, { type: 'gzone', groups: { A: { endpoints } } }]
        : [name, { type: 'rzone', groups: { A: { endpoints }, B: { endpoints } } }],
    ),
  );
  const gates = (port: number | undefined) => [`127.0.0.1:${port ?? 0}`];
  const idcs =
    work.hops === 1
      ? { i1: { zones } }
      : { i1: { gates: gates(ports[0]), zones: {} }, i2: { gates: gates(ports[1]), zones } };
  const digits = shardsOf(work) === SHARDS ? [-3, -2] : [-4, -3, -2];
  const sharding = { count: shardsOf(work), key: { digits } };
  return { kind: 'Topology', sharding, cities: { here: { idcs } } };
}

function rules(work: Work): Json {
  if (work.routing === 'plain') return { kind: 'Rules', epoch: 1 };
  const owners = ownersOf(zoneNames(work.zones), shardsOf(work));
  return { kind: 'Rules', epoch: 1, shards: Object.fromEntries(owners.map((z, s) => [s, z])) };
}

/** Host and path of the route of this number, where there are many. */
export const manyRoutes = (count: number): { readonly host: string; readonly path: string }[] =>
  Array.from({ length: count }, (_, i) => ({
    host: `shop-${i % HOSTS}.example`,
    path: `/app-${i}/orders`,
  }));

function routes(work: Work): Json {
  const identities = { user: [{ header: 'x-user-id', trust: ['app'] }, { query: 'uid' }] };
  if (work.routing === 'plain')
    return { kind: 'Routes', routes: [{ host: '*', path: '/', zone: 'gzone', app: 'shop' }] };
  const places = work.routes === 1 ? [{ host: '*', path: '/' }] : manyRoutes(work.routes);
  const route = { zone: 'rzone', app: 'shop', identity: 'user' };
  return { kind: 'Routes', identities, routes: places.map((place) => ({ ...place, ...route })) };
}

function gate(work: Work, ports: readonly number[], logFile: string | null): Json {
  const idcs = work.hops === 1 ? ['i1'] : ['i1', 'i2'];
  const address = (port: number | undefined) => `127.0.0.1:${port ?? 0}`;
  // The first ports are the listeners', the next ones the admins'.
  const listeners = idcs.map((idc, i) => ({ idc, address: address(ports[i]) }));
  const admin = idcs.map((idc, i) => ({ idc, address: address(ports[i + 2]) }));
  const keys = [{ id: 'k', secret: SECRET }];
  const ms = KEEP_ALIVE_S * 1000;
  return {
    kind: 'Gate',
    listeners,
    admin,
    ...(work.hops === 1 ? {} : { trust: { peers: ['127.0.0.0/8'] } }),
    keys: work.hops === 1 ? { cookie: keys } : { cookie: keys, peer: keys },
    limits: {
      connections: work.connections,
      connectionsPerClient: work.connections,
      requestsPerConnection: 1_000_000_000,
    },
    timeouts: { keepAliveMs: ms, upstreamIdleMs: 60_000 },
    log: { access: logFile ?? 'off', level: 'error' },
  };
}

/** nginx bounds nothing of this here; the gate counts all the same. */
const upstreams = (): Json => ({
  kind: 'Upstreams',
  default: {
    endpoint: {
      connections: UPSTREAM_CONNECTIONS,
      pending: UPSTREAM_CONNECTIONS,
      requests: UPSTREAM_CONNECTIONS,
    },
  },
});

/** A route cookie for every shard, as the gate would write it. */
export function routeCookies(folder: string, work: Work): readonly string[] {
  writeGateConfig(
    folder,
    { ...work, routes: 1, hops: 1, firewall: false },
    { ports: [1, 2, 3, 4], origin: 5 },
    null,
  );
  const loaded = loadConfig(folder, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value.snapshot.cookieOfShard.map((value) => `${COOKIE}=${value}`);
}
