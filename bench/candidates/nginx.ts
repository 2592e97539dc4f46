/** nginx doing the gate's routing by maps; and the frame of every nginx configuration here. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BODY_LIMIT_BYTES,
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

export const startNginx = (work: Work, site: Site): Promise<Running> =>
  hopsOf(work, site, ['nginx', 'nginx-behind'], (name, port, next) =>
    startOne(name, port, next, work, site),
  );

function startOne(name: string, port: number, origin: number, work: Work, site: Site) {
  const logFile = work.accessLog ? join(site.folder, 'access.log') : null;
  const http = `${work.routing === 'plain' ? plain(origin) : routed(origin, work)}
${logFile === null ? 'access_log off;' : accessLog(logFile)}
server {
  listen 127.0.0.1:${port} backlog=4096;
  client_max_body_size ${BODY_LIMIT_BYTES};
  location / {
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    ${work.routing === 'plain' ? 'proxy_pass http://origin;' : ROUTED_LOCATION}
    ${work.largeBodies ? LARGE_BODIES : ''}
  }
}`;
  const conf = writeNginxConf(site.folder, name, http, work.connections);
  return server(
    name,
    port,
    site,
    () => site.processes.start('proxy', 'nginx', ['-c', conf]),
    logFile,
  );
}

const upstream = (name: string, origin: number): string =>
  `upstream ${name} { server 127.0.0.1:${origin}; keepalive ${UPSTREAM_CONNECTIONS}; keepalive_requests 1000000000; keepalive_timeout 60s; }`;

/** One server that passes everything on. */
export const plainNginx = (port: number, origin: number): string => `${plain(origin)}
access_log off;
server {
  listen 127.0.0.1:${port} backlog=4096;
  client_max_body_size ${BODY_LIMIT_BYTES};
  location / {
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_pass http://origin;
  }
}`;

const plain = (origin: number): string => upstream('origin', origin);

function routed(origin: number, work: Work): string {
  const zones = zoneNames(work.zones);
  const owners = ownersOf(zones, SHARDS).map((zone, shard) => `${shard} ${zone};`);
  return `${zones.map((zone) => upstream(zone, origin)).join('\n')}
map $cookie_${COOKIE} $shard { default 0; "~^v1\\.(?<digits>[0-9]+)\\." $digits; }
map $shard $zone { default ${zones[0]!}; ${owners.join(' ')} }`;
}

const ROUTED_LOCATION = `
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Request-Id $request_id;
    proxy_set_header Via "1.1 nginx";
    proxy_set_header X-Ldc-Zone $zone;
    proxy_set_header X-Ldc-Shard $shard;
    add_header Via "1.1 nginx";
    proxy_pass http://$zone;`;

const LARGE_BODIES = `
    proxy_request_buffering off;
    proxy_buffer_size 64k; proxy_buffers 16 128k; proxy_busy_buffers_size 512k;
    proxy_max_temp_file_size 0; client_body_buffer_size 256k;`;

/** As many fields as the gate's line has, written in batches as the gate does. */
const accessLog = (file: string): string => `
log_format line escape=json '{"timestamp":$msec,"method":"$request_method","host":"$host",'
  '"path":"$uri","protocol":"$server_protocol","client":"$remote_addr","status":$status,'
  '"zone":"$zone","shard":"$shard","upstream":"$upstream_addr","request_bytes":$request_length,'
  '"body_bytes":$body_bytes_sent,"connect_s":"$upstream_connect_time",'
  '"first_byte_s":"$upstream_header_time","duration_s":$request_time,"request_id":"$request_id"}';
access_log ${file} line buffer=64k flush=200ms;`;

/** One process, no daemon: the child's own id is the one that works. */
export function writeNginxConf(
  folder: string,
  name: string,
  http: string,
  connections: number,
): string {
  const file = join(folder, `${name}.conf`);
  // A connection of a client, and one to the origin; listeners and files besides.
  const descriptors = connections + UPSTREAM_CONNECTIONS + 100;
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    file,
    `daemon off; master_process off; pcre_jit on; pid ${join(folder, name)}.pid; error_log stderr error;
worker_rlimit_nofile ${descriptors};
events { worker_connections ${descriptors}; }
http {
  ${folders.map((f) => `${f}_temp_path ${folder};`).join(' ')}
  keepalive_requests 1000000000; keepalive_timeout ${KEEP_ALIVE_S}s; tcp_nodelay on;
  ${http}
}
`,
  );
  return file;
}
