/** slowhttptest against a gate process, with a well-behaved client beside it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePlain } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { gateProcess, type ZonegateProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { Watch } from './held.ts';
import { LIMITS, MODES, type ModeName } from './modes.ts';
import { type Service, WellBehaved } from './well-behaved.ts';

/** More than a kernel takes over from the gate for one connection. */
const LARGE_BYTES = 6 * 1024 * 1024;
const LOOK_MS = 100;
/** slowhttptest looks by one connection now and then whether the service still answers. */
const PROBES = 1;

export interface Report {
  readonly mode: ModeName;
  /** Of the attacker: how many were seen, and how long the longest stood. */
  readonly seen: number;
  readonly longestMs: number;
  readonly limitMs: number;
  /** How many stood in the end, while the attacker had not given up. */
  readonly left: number;
  readonly gateAlive: boolean;
  readonly service: Service;
}

/** @param patienceMs the attack is given up so long after its last connection should have come */
export async function attack(
  mode: ModeName,
  connections: number,
  patienceMs: number,
): Promise<Report> {
  const lastsMs = (connections / MODES[mode].perS) * 1000 + patienceMs;
  const endings: (() => void)[] = [];
  try {
    const { gate, listen } = await startGate(connections * 2 + 100, endings);
    const client = new WellBehaved(listen);
    const watch = new Watch(listen, LOOK_MS);
    endings.push(() => void watch.stop());
    const attacker = startAttacker(mode, connections, lastsMs * 2, listen);
    endings.push(() => void attacker.kill('SIGKILL'));
    await once(attacker, 'spawn');
    const over = (): boolean => watch.seen >= connections && watch.open <= PROBES;
    const inTime = await within(lastsMs, over);
    const left = inTime ? 0 : watch.open;
    const service = await client.stop();
    const gateAlive = gate.child.exitCode === null;
    const { limitMs } = MODES[mode];
    return { mode, ...watch.stop(), limitMs, left, gateAlive, service };
  } finally {
    for (const end of endings.reverse()) end();
  }
}

/** With an origin behind it. @param endings gets what stops them */
async function startGate(
  connections: number,
  endings: (() => void)[],
): Promise<{ gate: ZonegateProcess; listen: number }> {
  const origin = await startOrigin();
  const folder = mkdtempSync(join(tmpdir(), 'zonegate-slow-'));
  endings.push(() => {
    origin.close();
    origin.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });
  const [listen, admin] = [await freePort(), await freePort()];
  writePlain(folder, {
    ...{ listen, admin, origins: [(origin.address() as AddressInfo).port] },
    gate: gateYaml(connections),
    upstreams: upstreamsYaml(connections),
  });
  const gate = await gateProcess(folder, 'i1', admin);
  endings.push(() => gate.kill('SIGKILL'));
  return { gate, listen };
}

const within = (deadlineMs: number, ask: () => boolean): Promise<boolean> =>
  until('the attack to be over', ask, deadlineMs).then(
    () => true,
    () => false,
  );

const gateYaml = (
  connections: number,
): string => `limits: { connections: ${connections}, connectionsPerClient: ${connections} }
timeouts: { headMs: ${LIMITS.headMs}, idleMs: ${LIMITS.idleMs}, lingerMs: ${LIMITS.lingerMs} }`;

/** All of them reach the origin, as an attack on it would. */
const upstreamsYaml = (connections: number): string =>
  `default: { endpoint: { connections: ${connections}, pending: ${connections}, requests: ${connections} } }`;

async function startOrigin(): Promise<http.Server> {
  const large = Buffer.alloc(LARGE_BYTES, 'y');
  const server = http.createServer((req, res) => {
    req.on('error', () => undefined);
    req.resume();
    if (req.url === '/large') res.end(large);
    else req.on('end', () => res.end('ok'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve));
  return server;
}

function startAttacker(
  mode: ModeName,
  connections: number,
  lastsMs: number,
  port: number,
): ChildProcess {
  const { args, path, perS } = MODES[mode];
  return spawn(
    process.env.SLOWHTTPTEST ?? 'slowhttptest',
    [
      ...['-c', String(connections), '-r', String(Math.min(perS, connections))],
      ...['-l', String(Math.ceil(lastsMs / 1000)), '-p', '3'],
      ...['-u', `http://127.0.0.1:${port}${path}`, ...args],
    ],
    { stdio: 'ignore' },
  );
}
