/** The programs that are compared, each doing the same work, each pinned to the first core. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
export const PROXY_CORE = '0';
export const LOAD_CORE = '1';
const SECRET = 'bench-only-secret-0123456789-0123456789';

export interface Candidate {
  readonly name: string;
  readonly port: number;
  /** The process whose CPU time counts. */
  readonly pid: number;
  stop(): void;
}

const ZONES = ['RZ01', 'RZ02', 'RZ03', 'RZ04', 'RZ05'];

/** One IDC with five rzones of two groups, all of them served by one origin. */
export function writeGateConfig(folder: string, port: number, admin: number, origin: number): void {
  const endpoints = `{ endpoints: { shop: ["127.0.0.1:${origin}"] } }`;
  const zones = ZONES.map(
    (z) => `${z}: { type: rzone, groups: { A: ${endpoints}, B: ${endpoints} } }`,
  ).join(', ');
  const shards = ZONES.map((z, i) => `"${i * 20}-${i * 20 + 19}": ${z}`).join(', ');
  writeFileSync(
    join(folder, 'all.yaml'),
    `apiVersion: zonegate/v1
kind: Topology
cities: { here: { idcs: { i1: { zones: { ${zones} } } } } }
---
{ apiVersion: zonegate/v1, kind: Rules, epoch: 1, shards: { ${shards} } }
---
apiVersion: zonegate/v1
kind: Routes
identities: { user: [{ header: x-user-id, trust: [app] }, { query: uid }] }
routes:
  - { host: "*", path: /, zone: rzone, app: shop, identity: user }
  - { host: shop.example, path: /api, zone: rzone, app: shop, identity: user }
---
apiVersion: zonegate/v1
kind: Gate
listeners: [{ address: "127.0.0.1:${port}" }]
admin: [{ address: "127.0.0.1:${admin}" }]
keys: { cookie: [{ id: k, secret: ${SECRET} }], peer: [{ id: k, secret: ${SECRET} }] }
log: { access: "off", level: error }
`,
  );
}

export async function startGate(folder: string, port: number): Promise<Candidate> {
  const child = spawn(
    'taskset',
    ['-c', PROXY_CORE, process.execPath, join(ROOT, 'bin', 'zonegate.js'), 'run', '-c', folder],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return ready('zonegate', port, child);
}

export async function startHttpProxy(port: number, origin: number): Promise<Candidate> {
  const script = join(ROOT, 'bench', 'http-proxy-candidate.cjs');
  // Its deprecation warnings are known, and beside the point.
  const child = spawn(
    'taskset',
    ['-c', PROXY_CORE, process.execPath, '--no-warnings', script, String(port), String(origin)],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return ready('http-proxy', port, child);
}

/** nginx doing the gate's routing: cookie → shard → zone, ids and forwarding fields, counters left out. */
export async function startNginx(folder: string, port: number, origin: number): Promise<Candidate> {
  const upstreams = ZONES.map(
    (z) =>
      `upstream ${z} { server 127.0.0.1:${origin}; keepalive 128; keepalive_requests 1000000000; }`,
  ).join('\n');
  const shards = Array.from({ length: 100 }, (_, s) => `${s} ${ZONES[Math.floor(s / 20)]};`).join(
    ' ',
  );
  const conf = nginxConf(
    folder,
    'proxy',
    `${upstreams}
map $cookie_LDC_ROUTE $shard { default 0; "~^v1\\.(?<digits>[0-9]+)\\." $digits; }
map $shard $zone { default RZ01; ${shards} }
server {
  listen 127.0.0.1:${port} backlog=4096;
  location / {
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Request-Id $request_id;
    proxy_set_header Via "1.1 nginx";
    proxy_set_header X-Ldc-Zone $zone;
    proxy_set_header X-Ldc-Shard $shard;
    add_header Via "1.1 nginx";
    proxy_pass http://$zone;
  }
}`,
  );
  const child = spawn('taskset', ['-c', PROXY_CORE, 'nginx', '-c', conf], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return ready('nginx', port, child);
}

/** A static 1 KiB answer, on the core of the load. */
export async function startOrigin(folder: string, port: number): Promise<Candidate> {
  writeFileSync(join(folder, 'body'), 'x'.repeat(1024));
  const conf = nginxConf(
    folder,
    'origin',
    `server { listen 127.0.0.1:${port} backlog=4096; location / { root ${folder}; try_files /body =404; } }`,
  );
  return ready(
    'origin',
    port,
    spawn('taskset', ['-c', LOAD_CORE, 'nginx', '-c', conf], {
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  );
}

/** One process, no daemon: the child's own id is the one that works. */
function nginxConf(folder: string, name: string, http: string): string {
  const file = join(folder, `${name}.conf`);
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/${name}.pid; error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; tcp_nodelay on;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  ${http}
}
`,
  );
  return file;
}

async function ready(name: string, port: number, child: ChildProcess): Promise<Candidate> {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} did not start`);
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    if (await accepts(port)) return { name, port, pid, stop: () => void child.kill('SIGTERM') };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} does not listen on ${port}`);
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

/** User and system time so far, in clock ticks of a hundredth of a second (Linux). */
export function cpuTicks(pid: number): { user: number; system: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return { user: Number(fields[11]), system: Number(fields[12]) };
}
