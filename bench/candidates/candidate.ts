/** What a candidate is asked to do, and where. */
import type { ChildProcess } from 'node:child_process';
import { listening, type Processes } from '../processes.ts';

export const CANDIDATES = [
  'nginx',
  'zonegate',
  'haproxy',
  'http-proxy',
  '@fastify/http-proxy',
  'nginx-modsecurity',
] as const;
export type CandidateName = (typeof CANDIDATES)[number];

export interface Work {
  /** plain: one route, one zone, no cookie. routed: cookie → shard → zone, ids, forwarding fields. */
  readonly routing: 'plain' | 'routed';
  readonly accessLog: boolean;
  /** Buffers raised and bodies streamed, where the candidate has a choice. */
  readonly largeBodies: boolean;
  /** Proxies one behind the other. */
  readonly hops: 1 | 2;
  /** Client connections that must be allowed. */
  readonly connections: number;
  readonly routes: number;
  readonly zones: number;
  /** Every request is held against the Core Rule Set. */
  readonly firewall: boolean;
}

export const SMALL_WORK: Work = {
  routing: 'routed',
  accessLog: false,
  largeBodies: false,
  hops: 1,
  connections: 4000,
  routes: 1,
  zones: 5,
  firewall: false,
};

/** Where it may work: a folder and ports of its own. The first port takes the load. */
export interface Site {
  readonly folder: string;
  readonly ports: readonly number[];
  readonly origin: number;
  readonly processes: Processes;
}

export interface Running {
  readonly port: number;
  /** The processes whose CPU time and memory count. */
  readonly pids: readonly number[];
  readonly logFile: string | null;
  stop(): Promise<void>;
}

export const COOKIE = 'LDC_ROUTE';
export const UPSTREAM_CONNECTIONS = 4096;
export const KEEP_ALIVE_S = 3600;
export const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

/** RZ01 and so on; as many digits as the last one needs, two at least. */
export const zoneNames = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `RZ${String(i + 1).padStart(2, '0')}`);

export const SHARDS = 100;
/** The owner of each shard, where zones share the shards evenly. */
export const ownersOf = (zones: readonly string[], shards: number): string[] =>
  Array.from({ length: shards }, (_, shard) => zones[Math.floor((shard * zones.length) / shards)]!);

/** One server process that listens on one port. */
export async function server(
  name: string,
  port: number,
  { processes }: Pick<Site, 'processes'>,
  start: () => ChildProcess,
  logFile: string | null = null,
): Promise<Running> {
  const { child, pid } = await listening(name, port, start);
  return { port, pids: [pid], logFile, stop: () => processes.stop(child) };
}

/** Two proxies, the load on the first one, the cost of both. */
const inLine = (first: Running, second: Running): Running => ({
  port: first.port,
  pids: [...first.pids, ...second.pids],
  logFile: null,
  stop: async () => {
    await first.stop();
    await second.stop();
  },
});

/**
 * As many proxies as the work has hops. The first takes the load, the last asks the origin.
 * @param names of the first, and of the one behind it
 */
export async function hopsOf(
  work: Work,
  { ports, origin }: Site,
  names: readonly [string, string],
  start: (name: string, port: number, next: number) => Promise<Running>,
): Promise<Running> {
  const [first, second] = ports;
  if (work.hops === 1) return start(names[0], first!, origin);
  const behind = await start(names[1], second!, origin);
  return inLine(await start(names[0], first!, second!), behind);
}
