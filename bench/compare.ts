/**
 * Requests per CPU-second of the proxy, as a ratio to nginx doing the same routing in the same
 * rounds. CPU time, because on a shared machine wall-clock figures say more about the neighbours;
 * ratios in interleaved rounds, because even CPU time drifts.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../src/shell/config/load.ts';
import {
  type Candidate,
  cpuTicks,
  LOAD_CORE,
  startGate,
  startHttpProxy,
  startNginx,
  startOrigin,
  writeGateConfig,
} from './candidates.ts';

const CONNECTIONS = 100;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const TICKS_PER_SECOND = 100;
const PORTS = { origin: 29001, zonegate: 29002, admin: 29003, nginx: 29004, httpProxy: 29005 };
const RESULT = fileURLToPath(new URL('../.bench/compare.json', import.meta.url));

interface Round {
  readonly requests: number;
  readonly perCpuSecond: number;
  readonly userMicros: number;
  readonly systemMicros: number;
}

function needs(): void {
  const missing = ['nginx', 'wrk', 'taskset'].filter(
    (p) => spawnSync('sh', ['-c', `command -v ${p}`]).status !== 0,
  );
  if (missing.length === 0) return;
  console.error(
    `${missing.join(' and ')} not found. Debian: sudo apt-get install -y nginx-light wrk util-linux`,
  );
  process.exit(1);
}

function measure(candidate: Candidate, cookie: string): Round {
  const before = cpuTicks(candidate.pid);
  const out = execFileSync(
    'taskset',
    [
      '-c',
      LOAD_CORE,
      'wrk',
      '-t1',
      `-c${CONNECTIONS}`,
      `-d${SECONDS}s`,
      '-H',
      'Host: shop.example',
      '-H',
      `Cookie: theme=dark; LDC_ROUTE=${cookie}; lang=en`,
      '-H',
      'User-Agent: bench/1.0',
      '-H',
      'Accept: */*',
      `http://127.0.0.1:${candidate.port}/api/orders`,
    ],
    { encoding: 'utf8' },
  );
  const after = cpuTicks(candidate.pid);
  if (/Non-2xx|Socket errors/.test(out)) throw new Error(`${candidate.name} failed:\n${out}`);
  const requests = Number(/(\d+) requests in/.exec(out)?.[1]);
  const user = (after.user - before.user) / TICKS_PER_SECOND;
  const system = (after.system - before.system) / TICKS_PER_SECOND;
  return {
    requests,
    perCpuSecond: requests / (user + system),
    userMicros: (user * 1e6) / requests,
    systemMicros: (system * 1e6) / requests,
  };
}

async function main(): Promise<void> {
  needs();
  const folder = mkdtempSync(join(tmpdir(), 'zonegate-bench-'));
  const running: Candidate[] = [];
  try {
    running.push(await startOrigin(folder, PORTS.origin));
    writeGateConfig(folder, PORTS.zonegate, PORTS.admin, PORTS.origin);
    const loaded = loadConfig(folder, {});
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    const cookie = loaded.value.snapshot.cookieOfShard[68]!;
    const candidates = [
      await startNginx(folder, PORTS.nginx, PORTS.origin),
      await startGate(folder, PORTS.zonegate),
      await startHttpProxy(PORTS.httpProxy, PORTS.origin),
    ];
    running.push(...candidates);
    for (const c of candidates) measure(c, cookie); // warm-up, thrown away
    const rounds = new Map(candidates.map((c) => [c.name, [] as Round[]]));
    for (let i = 0; i < ROUNDS; i++)
      for (const c of candidates) rounds.get(c.name)!.push(measure(c, cookie));
    report(rounds);
  } finally {
    for (const c of running) c.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(rounds: ReadonlyMap<string, readonly Round[]>): void {
  const nginx = rounds.get('nginx')!;
  const rows = [...rounds].map(([name, all]) => {
    // Everything shown of a candidate comes from one round: the one with the median ratio.
    const ratios = all.map((r, i) => ({
      ratio: r.perCpuSecond / nginx[i]!.perCpuSecond,
      round: r,
    }));
    const { ratio, round } = ratios.sort((x, y) => x.ratio - y.ratio)[Math.floor(all.length / 2)]!;
    return { name, ratio, ...round, perCpuSecond: Math.round(round.perCpuSecond) };
  });
  console.log(
    `1 KiB answers, keep-alive, ${CONNECTIONS} connections, routing and cookie on; the median of ${ROUNDS} interleaved rounds of ${SECONDS} s; Node ${process.version}\n`,
  );
  console.log(
    '| proxy | requests per CPU-second, ratio to nginx | requests per CPU-second | µs user + system |',
  );
  console.log('|---|---|---|---|');
  for (const r of rows)
    console.log(
      `| ${r.name} | ${r.ratio.toFixed(2)} | ${r.perCpuSecond} | ${r.userMicros.toFixed(1)} + ${r.systemMicros.toFixed(1)} |`,
    );
  writeFileSync(
    RESULT,
    `${JSON.stringify({ connections: CONNECTIONS, rounds: ROUNDS, seconds: SECONDS, node: process.version, rows }, null, 2)}\n`,
  );
  console.log(`\nwritten to ${RESULT}`);
}

await main();
