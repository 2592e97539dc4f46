/** HAProxy doing the gate's routing by a map and a backend per zone. */
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  COOKIE,
  hopsOf,
  KEEP_ALIVE_S,
  ownersOf,
  type Running,
  SHARDS,
  type Site,
  server,
  type Work,
  zoneNames,
} from './candidate.ts';

export const startHaproxy = (work: Work, site: Site): Promise<Running> =>
  hopsOf(work, site, ['haproxy', 'haproxy-behind'], (name, port, next) =>
    startOne(name, port, next, work, site),
  );

function startOne(name: string, port: number, origin: number, work: Work, site: Site) {
  const file = join(site.folder, `${name}.cfg`);
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn ${work.connections}
  no strict-limits
  ${work.largeBodies ? 'tune.bufsize 131072' : ''}
  ${work.accessLog ? 'log stdout format raw local0 info' : ''}
defaults
  mode http
  timeout connect 1s
  timeout client ${KEEP_ALIVE_S}s
  timeout server 60s
  timeout http-keep-alive ${KEEP_ALIVE_S}s
  http-reuse always
  ${work.accessLog ? 'log global\n  option httplog' : ''}
frontend front
  bind 127.0.0.1:${port} backlog 4096
  ${work.routing === 'plain' ? 'default_backend origin' : routed(name, work, site)}
${backends(origin, work)}
`,
  );
  const logFile = work.accessLog ? join(site.folder, 'access.log') : null;
  const out = logFile === null ? ('ignore' as const) : openSync(logFile, 'a');
  const start = () =>
    site.processes.start('proxy', 'haproxy', ['-db', '-q', '-f', file], ['ignore', out, 'inherit']);
  return server(name, port, site, start, logFile);
}

function routed(name: string, work: Work, site: Site): string {
  const zones = zoneNames(work.zones);
  const map = join(site.folder, `${name}.map`);
  writeFileSync(
    map,
    ownersOf(zones, SHARDS)
      .map((zone, shard) => `${shard} ${zone}\n`)
      .join(''),
  );
  return `unique-id-format %{+X}o%ci%cp%fi%fp%Ts%rt%pid
  unique-id-header X-Request-Id
  http-request set-var(txn.shard) req.cook(${COOKIE}),field(2,.)
  http-request set-var(txn.zone) var(txn.shard),map_str(${map},${zones[0]!})
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header Via "1.1 haproxy"
  http-request set-header X-Ldc-Zone %[var(txn.zone)]
  http-request set-header X-Ldc-Shard %[var(txn.shard)]
  http-response add-header Via "1.1 haproxy"
  use_backend %[var(txn.zone)]`;
}

const backends = (origin: number, work: Work): string =>
  (work.routing === 'plain' ? ['origin'] : zoneNames(work.zones))
    .map((zone) => `backend ${zone}\n  server ${zone} 127.0.0.1:${origin}`)
    .join('\n');
