/** Three gates of the reference configuration as processes, on a Redis of their own. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Board } from '../../src/failover/board.ts';
import type { Run } from '../../src/failover/run.ts';
import type { Standing } from '../../src/shell/fleet/desk.ts';
import type { Topology } from '../../src/zone/topology.ts';
import { load, REFERENCE } from '../support/config.ts';
import { ZonegateProcess } from '../support/process.ts';
import { RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { GateWatch } from './watch.ts';

export const IDCS = ['hz1', 'hz2', 'sh1'] as const;
export type IdcName = (typeof IDCS)[number];
const LISTENERS = { hz1: '081', hz2: '082', sh1: '083' } as const;
const ADMINS = { hz1: '091', hz2: '092', sh1: '093' } as const;

export interface FleetOptions {
  /** Thousands of all ports. */
  readonly thousands: number;
  /** YAML lines in the place of those of the reference's Fleet document. */
  readonly times?: string;
  /** YAML in the redis section, beginning with a comma. */
  readonly redis?: string;
  readonly catchUp?: string;
  /** More edits: file → [line, its replacement]. */
  readonly edits?: Readonly<Record<string, readonly (readonly [RegExp, string])[]>>;
  /** Between two probes of an endpoint; as the reference says when absent. */
  readonly probeMs?: number;
}

/** The run's id, or '' for what was done at once; the board's epoch. */
export interface Taken {
  readonly run: string;
  readonly epoch: number;
}

export class GateProcesses {
  readonly state = mkdtempSync(join(tmpdir(), 'zonegate-switches-'));
  readonly directory = join(this.state, 'config');
  readonly redis: RedisServer;
  readonly processes = new Map<IdcName, ZonegateProcess>();
  /** Of the process that runs now. */
  readonly watches = new Map<IdcName, GateWatch>();
  /** Told to Redis before the gates come. */
  redisSays: readonly (readonly string[])[] = [];
  readonly #options: FleetOptions;
  readonly #env: Readonly<Record<string, string>>;

  constructor(options: FleetOptions) {
    process.env.REDIS_SERVER ??= 'redis-server';
    this.#options = options;
    this.redis = new RedisServer({ directory: this.state }, options.thousands * 1000 + 990);
    this.#env = {
      ZONEGATE_PORTS: String(options.thousands),
      ZONEGATE_ACCESS_LOG: 'off',
      ZONEGATE_STATE: this.state,
    };
    cpSync(REFERENCE, this.directory, { recursive: true });
    this.#writeFleet();
    for (const [file, pairs] of Object.entries(options.edits ?? {})) this.#edit(file, pairs);
    process.once('exit', this.#kill);
  }

  readonly #kill = (): void => {
    for (const gate of this.processes.values()) gate.kill('SIGKILL');
    void this.redis.kill();
  };

  #writeFleet(): void {
    const { times = '', redis = '', catchUp = '{ by: none }', probeMs } = this.#options;
    const address = `127.0.0.1:${this.redis.port}`;
    this.#edit('fleet.yaml', [
      [/^store: .*$/m, `store: { redis: { addresses: ["${address}"]${redis} } }`],
      [/^catchUp: .*$/m, `catchUp: ${catchUp}`],
      [/(\[EZ01\], act: return, forS: )\d+/, '$11'],
      [/^leaseMs: .*\nbeatMs: .*\npollMs: .*$/m, times === '' ? '$&' : times],
    ]);
    // A machine with too much to do must not look like a zone that fails.
    this.#edit('gate.yaml', [
      [/eventLoopDelayMs: \d+/, 'eventLoopDelayMs: 10000'],
      [/connectMs: \d+/, 'connectMs: 20000'],
      [/firstByteMs: \d+/, 'firstByteMs: 60000'],
    ]);
    this.#edit('upstreams.yaml', [
      [/queueMs: \d+/, 'queueMs: 5000'],
      [/pending: 256/, 'pending: 4096'],
      [/pending: 1024/, 'pending: 16384'],
      [/tcp: true/, probeMs === undefined ? '$&' : `tcp: true, intervalMs: ${probeMs}`],
    ]);
  }

  #edit(file: string, pairs: readonly (readonly [RegExp, string])[]): void {
    const path = join(this.directory, file);
    let text = readFileSync(path, 'utf8');
    for (const [line, by] of pairs) {
      if (!line.test(text)) throw new Error(`${file} has no ${String(line)}`);
      text = text.replace(line, by);
    }
    writeFileSync(path, text);
  }

  topology(): Topology {
    return load(this.directory, this.#env).topology;
  }

  declaredOwners(): readonly string[] {
    return load(this.directory, this.#env).rules.owners;
  }

  nameOf = (idc: IdcName): string => `${idc}-1`;
  listener = (idc: IdcName): number => Number(`${this.#options.thousands}${LISTENERS[idc]}`);
  /** For the zones' own apps. */
  inner = (idc: IdcName): number => this.listener(idc) + 100;
  admin = (idc: IdcName): string => `http://127.0.0.1:${this.#options.thousands}${ADMINS[idc]}`;

  async start(): Promise<void> {
    try {
      await this.redis.start();
      for (const words of this.redisSays) await this.redis.command(...words);
      await Promise.all(IDCS.map((idc) => this.startGate(idc)));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async startGate(idc: IdcName): Promise<void> {
    const args = ['run', '-c', this.directory, '--idc', idc, '--gate', this.nameOf(idc)];
    const gate = new ZonegateProcess(args, this.#env);
    this.processes.set(idc, gate);
    this.watches.set(idc, new GateWatch(gate));
    await until(`the gate of ${idc} to be ready`, async () => {
      if (gate.child.exitCode !== null) throw new Error(`gate ${idc} ended: ${gate.err}`);
      return (await fetch(`${this.admin(idc)}/readyz`).catch(() => null))?.status === 200;
    });
  }

  async killGate(idc: IdcName): Promise<void> {
    const gate = this.processes.get(idc)!;
    gate.kill('SIGKILL');
    await gate.exit();
  }

  async ask<T>(idc: IdcName, path: string): Promise<T> {
    const answer = await fetch(`${this.admin(idc)}${path}`);
    if (!answer.ok) throw new Error(`${path} at ${idc}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async board(idc: IdcName): Promise<Board> {
    return (await this.ask<{ board: Board }>(idc, '/v1/board')).board;
  }

  async standing(idc: IdcName): Promise<Standing> {
    return (await this.ask<{ standing: Standing }>(idc, '/v1/board')).standing;
  }

  /** @returns status and answer, whatever they are */
  async post(idc: IdcName, path: string, body: object): Promise<[number, Record<string, unknown>]> {
    const answer = await fetch(`${this.admin(idc)}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'ann', reason: 'a drill', ...body }),
    });
    return [answer.status, (await answer.json()) as Record<string, unknown>];
  }

  /** Again where somebody else was first, or it was too soon; else it must be taken. */
  async order(idc: IdcName, body: object): Promise<Taken> {
    for (;;) {
      const [status, said] = await this.post(idc, '/v1/commands', body);
      if (status === 200)
        return { run: typeof said.run === 'string' ? said.run : '', epoch: Number(said.epoch) };
      if (status !== 409 && status !== 429)
        throw new Error(`${JSON.stringify(body)}: ${status} ${String(said.detail)}`);
    }
  }

  async run(idc: IdcName, id: string): Promise<Run> {
    return (await this.ask<{ run: Run }>(idc, `/v1/runs/${id}`)).run;
  }

  async stop(): Promise<void> {
    for (const gate of this.processes.values()) {
      if (gate.child.exitCode !== null || gate.child.signalCode !== null) continue;
      gate.kill('SIGTERM');
      await gate.exit(40_000).catch(() => gate.kill('SIGKILL'));
    }
    await this.redis.kill();
    process.off('exit', this.#kill);
    rmSync(this.state, { recursive: true, force: true });
  }
}
