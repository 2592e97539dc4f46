/**
 * What the worst requests cost a running gate with the Core Rule Set, and what they cost others. Not a
 * test: run it with node. Argument: seconds for the hostile values, 60 without. Prints figures.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { crsFolder } from '../../bench/candidates/crs.ts';
import { writePlain } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { Client, type Timed } from './adversarial/client.ts';
import type { Cost } from './adversarial/gate.ts';
import { PLACES } from './adversarial/places.ts';
import { get, JSON_TYPE, MULTIPART, multipart, NAME, part, post } from './bypass/shapes.ts';
import { crsPatterns } from './rx/crs.ts';
import { worstCases } from './rx/worst-cases.ts';

const seconds = Number(process.argv[2] ?? 60);
const SIZES = [1024, 4096, 7900];
const FIREWALL = `default: shop
audit: { to: "off" }
ruleSets: { crs: { seclang: ["${crsFolder()}", "rules/*.conf"] } }
policies:
  shop:
    mode: block
    ruleSets: [crs]
    body: { inspectBytes: 2097152, limits: { args: 20000 } }
    variables: { allowed_methods: GET HEAD POST PUT }
  upload:
    mode: block
    ruleSets: [crs]
    body: { inspectBytes: 131072, overLimit: prefix }
`;
const ROUTES = `routes:
  - { host: "upload.test", zone: gzone, app: any, firewall: upload }
  - { host: "*", zone: gzone, app: any }`;

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const share = (sorted: readonly number[], of: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0;
const sorted = (all: readonly number[]): number[] => [...all].sort((a, b) => a - b);

const upstream = createServer((request, response) => {
  request.resume();
  request.once('end', () => response.end('ok'));
}).listen(0, '127.0.0.1');
await once(upstream, 'listening');
const directory = mkdtempSync(join(tmpdir(), 'zonegate-adversarial-'));
const port = await freePort();
const rules = (n: number): string =>
  `SecRule ARGS:never "@streq x${n}" "id:10${n % 2},phase:2,deny,status:403"\n`;
mkdirSync(join(directory, 'rules'));
writeFileSync(join(directory, 'rules', 'own.conf'), rules(0));
writePlain(directory, {
  listen: port,
  origins: [(upstream.address() as AddressInfo).port],
  firewall: FIREWALL,
  routes: ROUTES,
});
const gate = fork(new URL('./adversarial/gate.ts', import.meta.url), [directory], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
await once(gate, 'message');
const cost = async (): Promise<Cost> => {
  const told = once(gate, 'message');
  gate.send('');
  return ((await told) as [Cost])[0];
};

const client = new Client(port);

/** Plain requests every few milliseconds while something else goes on. */
async function beside<T>(
  what: () => Promise<T>,
): Promise<{ readonly others: number[]; readonly value: T }> {
  const others: number[] = [];
  const plain = bytes(get('/product?id=7&page=2'));
  let goesOn = true;
  const run = async (): Promise<void> => {
    const own = new Client(port);
    while (goesOn) {
      others.push((await own.ask(plain)).ms);
      await pause(3);
    }
    own.end();
  };
  const running = run();
  const value = await what();
  goesOn = false;
  await running;
  return { others: sorted(others), value };
}

const told = (
  name: string,
  others: readonly number[],
  { turnMs, lateP99Ms, lateMostMs }: Cost,
): void =>
  console.log(
    `${name}: ${others.length} others p50 ${share(others, 0.5).toFixed(1)} p99 ${share(others, 0.99).toFixed(1)} most ${(others.at(-1) ?? 0).toFixed(1)} ms; longest turn of the loop ${turnMs.toFixed(1)} ms CPU; late p99 ${lateP99Ms.toFixed(1)} most ${lateMostMs.toFixed(1)} ms`,
  );

// Warm: the first requests of any kind, and the threads.
for (let i = 0; i < 300; i++)
  for (const place of Object.values(PLACES)) await client.ask(bytes(place(`blue shoes ${i}`)));
for (let i = 0; i < 20; i++)
  await client.ask(
    bytes(post(JSON_TYPE, JSON.stringify(Array.from({ length: 800 }, (_, n) => `item ${n}`)))),
  );

await cost();
const idle = await beside(() => pause(3000));
told('idle', idle.others, await cost());

const WORDS = 'The blue shoes were delivered on time and I like them a lot. ';
const usual = new Map<string, number>();
for (const [name, place] of Object.entries(PLACES))
  for (const size of SIZES) {
    const request = bytes(place(WORDS.repeat(size / WORDS.length)));
    for (let i = 0; i < 20; i++) await client.ask(request);
    await cost();
    for (let i = 0; i < 50; i++) await client.ask(request);
    usual.set(`${name} ${size}`, (await cost()).cpuMs / 50);
  }
console.log(
  'usual CPU of a harmless request, ms:',
  Object.fromEntries([...usual].map(([k, v]) => [k, Number(v.toFixed(2))])),
);

interface Found extends Timed {
  readonly place: string;
  readonly size: number;
  readonly cpuMs: number;
  readonly turnMs: number;
  readonly request: Buffer;
  readonly source: string;
}
const patterns = crsPatterns().patterns;
const found: Found[] = [];
const statuses = new Map<number, number>();
const endMs = performance.now() + seconds * 1000;
let tried = 0;
search: for (let round = 0; ; round++) {
  for (const [p, source] of patterns.entries()) {
    for (const [s, size] of SIZES.entries()) {
      const cases = worstCases(source, size);
      const names = Object.keys(PLACES);
      const name = names[(p + s + round) % names.length]!;
      const value = cases[(round * 7 + p) % Math.max(1, cases.length)];
      if (value === undefined) continue;
      if (performance.now() > endMs) break search;
      const request = bytes(PLACES[name]!(value));
      const timed = await client.ask(request);
      const { cpuMs, turnMs } = await cost();
      tried++;
      statuses.set(timed.status, (statuses.get(timed.status) ?? 0) + 1);
      found.push({ ...timed, place: name, size, cpuMs, turnMs, request, source });
    }
  }
}
found.sort((a, b) => b.cpuMs - a.cpuMs);
const times = ({ place, size, cpuMs }: Found): number =>
  cpuMs / (usual.get(`${place} ${size}`) ?? 1);
console.log(`\n${tried} hostile values alone, status`, Object.fromEntries(statuses));
const cpus = sorted(found.map((f) => f.cpuMs));
console.log(
  `CPU p50 ${share(cpus, 0.5).toFixed(2)} p99 ${share(cpus, 0.99).toFixed(2)} most ${share(cpus, 1).toFixed(2)} ms; most of its like ${Math.max(...found.map(times)).toFixed(0)}×; longest turn ${Math.max(...found.map((f) => f.turnMs)).toFixed(1)} ms; slowest answer ${Math.max(...found.map((f) => f.ms)).toFixed(1)} ms`,
);
for (const f of found.slice(0, 8))
  console.log(
    `  ${f.cpuMs.toFixed(1)} ms CPU (${times(f).toFixed(0)}×), answer ${f.status} in ${f.ms.toFixed(1)} ms, ${f.place} ${f.size}: ${f.source.slice(0, 70)}`,
  );

const worst = found.slice(0, 300).map((f) => f.request);
await cost();
const under = await beside(async () => {
  const all: number[] = [];
  for (const request of worst) all.push((await client.ask(request)).ms);
  return sorted(all);
});
told('\nbeside the 300 worst, one after the other', under.others, await cost());
console.log(
  `  the worst themselves: p50 ${share(under.value, 0.5).toFixed(1)} p99 ${share(under.value, 0.99).toFixed(1)} most ${share(under.value, 1).toFixed(1)} ms`,
);

/** @param request about what `count` times goes through beside the others */
async function large(name: string, request: Buffer, count: number): Promise<void> {
  await client.ask(request);
  await cost();
  const { others, value } = await beside(async () => {
    const all: Timed[] = [];
    for (let i = 0; i < count; i++) all.push(await client.ask(request));
    return all;
  });
  told(name, others, await cost());
  console.log(
    `  status ${[...new Set(value.map((v) => v.status))].join()}, slowest ${Math.max(...value.map((v) => v.ms)).toFixed(0)} ms`,
  );
}
const items = (count: number): string =>
  JSON.stringify(
    Array.from({ length: count }, (_, id) => ({ id, name: `a product that is sold ${id}` })),
  );
await large('\n100 KiB of JSON', bytes(post(JSON_TYPE, items(2000))), 20);
await large(
  '1 MiB of JSON in short values',
  bytes(post(JSON_TYPE, `${items(9900).slice(0, -1)},"${'x '.repeat(30_000)}"]`)),
  10,
);
await large(
  '1 MiB of JSON in long values',
  bytes(post(JSON_TYPE, JSON.stringify(Array.from({ length: 18 }, () => WORDS.repeat(950))))),
  10,
);
const upload = multipart(
  part('1'),
  part('\xff\xd8photo'.repeat(1_400_000), `${NAME}; filename="a.jpg"`),
);
await large(
  '10 MiB upload, judged by its first 128 KiB',
  bytes(post(MULTIPART, upload).replace('shop.test', 'upload.test')),
  5,
);
await large(
  '1.9 MiB upload, all judged',
  bytes(
    post(MULTIPART, multipart(part('\xff\xd8photo'.repeat(270_000), `${NAME}; filename="a.jpg"`))),
  ),
  5,
);

await cost();
const reloads = await beside(async () => {
  for (let n = 1; n <= 4; n++) {
    writeFileSync(join(directory, 'rules', 'own.conf'), rules(n));
    await pause(2500);
  }
});
told('\n4 reloads of the Core Rule Set and one rule', reloads.others, await cost());

gate.disconnect();
upstream.close();
upstream.closeAllConnections();
client.end();
rmSync(directory, { recursive: true, force: true });
