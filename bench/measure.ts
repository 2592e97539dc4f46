/** One round: a load on a port, and what it cost the processes behind it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Running } from './candidates/candidate.ts';
import type { Round } from './figures.ts';
import { cpuTicksFrom, residentBytesFrom, wrkResult } from './parse.ts';
import type { Processes } from './processes.ts';

/** What wrk is to do. */
export interface Load {
  readonly connections: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A Lua script, and what it is told. */
  readonly script?: { readonly file: string; readonly args: readonly string[] };
}

/** Of /proc, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export async function measure(
  running: Running,
  load: Load,
  seconds: number,
  processes: Processes,
): Promise<Round> {
  const before = cpuSeconds(running);
  const result = await wrk(running.port, load, seconds, processes);
  const after = cpuSeconds(running);
  const { requests, p50Micros, p99Micros, errors } = result;
  const user = after.user - before.user;
  const system = after.system - before.system;
  return {
    requests,
    requestsPerSecond: requests / result.seconds,
    requestsPerCpuSecond: requests / (user + system),
    userMicros: (user * 1e6) / requests,
    systemMicros: (system * 1e6) / requests,
    p50Micros,
    p99Micros,
    residentBytes: residentBytes(running),
    errors,
  };
}

export async function wrk(port: number, load: Load, seconds: number, processes: Processes) {
  const { connections, path, headers, script } = load;
  const out = await processes.output('load', 'wrk', [
    ...['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '30s'],
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    ...(script === undefined ? [] : ['-s', script.file]),
    `http://127.0.0.1:${port}${path}`,
    ...(script === undefined ? [] : ['--', ...script.args]),
  ]);
  return wrkResult(out);
}

/** With children, should a candidate have any. */
function familyOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads.flatMap((thread) => childrenOf(`/proc/${pid}/task/${thread}/children`));
  return [pid, ...children.flatMap(familyOf)];
}

/** None of a thread that has just ended. */
function childrenOf(file: string): number[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
}

function cpuSeconds(running: Running): { user: number; system: number } {
  const ticks = running.pids
    .flatMap(familyOf)
    .map((pid) => cpuTicksFrom(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  return {
    user: ticks.reduce((sum, t) => sum + t.user, 0) / TICKS_PER_SECOND,
    system: ticks.reduce((sum, t) => sum + t.system, 0) / TICKS_PER_SECOND,
  };
}

export const residentBytes = (running: Running): number =>
  running.pids
    .flatMap(familyOf)
    .map((pid) => residentBytesFrom(readFileSync(`/proc/${pid}/status`, 'utf8')))
    .reduce((sum, bytes) => sum + bytes, 0);
