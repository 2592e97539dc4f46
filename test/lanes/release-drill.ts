/** A release under load: three gates, users of all shards, and a new group that goes bad at 25 percent. */
import http from 'node:http';
import type { Run } from '../../src/failover/run.ts';
import { until } from '../support/until.ts';
import { GateProcesses, IDCS } from '../switches/gates.ts';
import { Apps, type Met } from './apps.ts';

export interface ReleaseReport {
  readonly run: Run;
  readonly requests: number;
  /** Of clients: answers that no application has given. */
  readonly failedByGates: readonly string[];
  /** 500s that B has given. */
  readonly failedByB: number;
  /** Requests that B had answered in that stage. */
  readonly askedOfB: number;
  /** Users who met a group that the board they were decided by does not give them. */
  readonly astray: readonly string[];
  /** Shards that B has served. */
  readonly shardsMoved: number;
  /** Of twenty users, one of each shard of the zone. */
  readonly tunnelsLeft: number;
  readonly tunnelsEnded: number;
}

const ZONE = 'RZ01';
const AT_ONCE = 24;
const TUNNELS = 20;

/** @param perStep requests that the new group must answer at each step */
export async function releaseDrill(thousands: number, perStep: number): Promise<ReleaseReport> {
  const fleet = new GateProcesses({
    thousands,
    times: 'leaseMs: 2000\nbeatMs: 200\npollMs: 400',
    edits: {
      'rules.yaml': [[/^ {2}RZ01: \{ A: 50, B: 50 \}$/m, '  RZ01: { A: 100, B: 0 }']],
      'gate.yaml': [[/movedTunnelMs: \d+/, 'movedTunnelMs: 500']],
    },
  });
  const apps = new Apps();
  const users = new Users(fleet);
  try {
    await apps.start(fleet.topology());
    await fleet.start();
    const tunnels = Array.from({ length: TUNNELS }, (_, shard) => openTunnel(fleet, shard));
    await until('the tunnels to stand', () => apps.tunnels.get(`${ZONE}/A`) === TUNNELS);
    const load = users.run();
    const { run: id } = await fleet.order('hz1', {
      ...{ do: 'release', name: 'rel-77', zones: [ZONE], from: 'A', to: 'B', soakS: 1 },
      stages: [1, 5, 25, 100],
      gates: { minRequests: perStep, errorPercent: 5, errorsOver: 1 },
    });
    await until('the release to be at 25 %', async () => (await percentOf(fleet)) === 25, 120_000);
    const from = apps.met.length;
    apps.failing.add(`${ZONE}/B`);
    await until(
      'the release to be over',
      async () => (await fleet.run('hz1', id)).endedAtMs !== null,
      60_000,
    );
    const run = await fleet.run('hz1', id);
    await until('all gates to have it', async () => {
      const boards = await Promise.all(IDCS.map((idc) => fleet.board(idc)));
      return boards.every((b) => b.switches.length === 0);
    });
    const { epoch } = await fleet.board('hz1');
    await users.more(300);
    await users.stop();
    await load;
    const tunnelsLeft = apps.tunnels.get(`${ZONE}/A`) ?? 0;
    for (const t of tunnels) t.destroy();
    const late = apps.met.filter((m) => isAtB(m) && m.epoch >= epoch);
    const inB = apps.met.slice(from).filter(isAtB);
    return {
      run,
      requests: apps.met.length,
      failedByGates: [...users.failed, ...late.map((m) => JSON.stringify(m))],
      failedByB: inB.filter((m) => m.status === 500).length,
      askedOfB: inB.length,
      astray: strayed(apps.met),
      shardsMoved: new Set(apps.met.filter(isAtB).map((m) => m.shard)).size,
      tunnelsLeft,
      tunnelsEnded: TUNNELS - tunnelsLeft,
    };
  } finally {
    await users.stop();
    await fleet.stop();
    apps.stop();
  }
}

const isAtB = (m: Met): boolean => m.zone === ZONE && m.group === 'B';

async function percentOf(fleet: GateProcesses): Promise<number> {
  const { switches } = await fleet.board('hz1');
  const release = switches.find((s) => s.action === 'release');
  return release?.action === 'release' ? release.percent : 0;
}

/** Under one board a shard has one group; over all of them it goes there once, and back once. */
function strayed(met: readonly Met[]): string[] {
  const found: string[] = [];
  const byShard = new Map<number, Map<number, string>>();
  for (const { zone, group, shard, epoch, uid } of met) {
    if (zone !== ZONE) continue;
    const epochs = byShard.get(shard) ?? new Map<number, string>();
    byShard.set(shard, epochs);
    const before = epochs.get(epoch);
    if (before !== undefined && before !== group)
      found.push(
        `${uid} of shard ${shard} met ${group} under epoch ${epoch}, and others ${before}`,
      );
    epochs.set(epoch, group);
  }
  for (const [shard, epochs] of byShard) {
    const walk = [...epochs].toSorted(([a], [b]) => a - b).map(([, group]) => group);
    const turns = walk.filter((g, i) => i > 0 && g !== walk[i - 1]).length;
    if (turns > 2) found.push(`shard ${shard} went to and fro: ${walk.join('')}`);
  }
  return found;
}

function openTunnel(fleet: GateProcesses, shard: number): { destroy(): void } {
  const req = http.request({
    ...{ host: '127.0.0.1', port: fleet.listener('hz1'), path: `/u/${uidOf(shard, 0)}/ws` },
    headers: { host: 'shop.example', connection: 'Upgrade', upgrade: 'websocket' },
  });
  let socket: { destroy(): void } = req;
  req.on('upgrade', (_, s) => {
    s.on('error', () => undefined);
    socket = s;
  });
  req.on('error', () => undefined).end();
  return { destroy: () => socket.destroy() };
}

const uidOf = (shard: number, i: number): string =>
  `20880${String(i).padStart(8, '0')}${String(shard).padStart(2, '0')}1`;

/** Many at once, each as soon as the one before is answered. */
class Users {
  readonly failed: string[] = [];
  readonly #fleet: GateProcesses;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
  #stopped = false;
  #sent = 0;

  constructor(fleet: GateProcesses) {
    this.#fleet = fleet;
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#walk()));
  }

  async #walk(): Promise<void> {
    while (!this.#stopped) await this.#ask(this.#sent++);
  }

  async more(count: number): Promise<void> {
    const goal = this.#sent + count;
    await until(`${count} more requests`, () => this.#sent >= goal);
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#agent.destroy();
    return Promise.resolve();
  }

  #ask(i: number): Promise<void> {
    const idc = IDCS[i % IDCS.length]!;
    // Most are of the zone that is released.
    const shard = i % 5 === 0 ? (i * 7) % 100 : (i * 7) % 20;
    const path = `/u/${uidOf(shard, i % 500)}/x`;
    const method = i % 4 === 0 ? 'POST' : 'GET';
    return new Promise((resolve) => {
      const over = (why: string | null): void => {
        if (why !== null && !this.#stopped) this.failed.push(`${method} ${path} at ${idc}: ${why}`);
        resolve();
      };
      const req = http.request(
        {
          ...{
            agent: this.#agent,
            host: '127.0.0.1',
            port: this.#fleet.listener(idc),
            path,
            method,
          },
          headers: { host: 'shop.example', 'content-length': method === 'POST' ? '2' : '0' },
        },
        (res) => {
          let body = '';
          res.setEncoding('utf8').on('data', (d: string) => (body += d));
          res.on('error', (e) => over(e.message));
          res.on('end', () =>
            over(body === 'ok' ? null : `${res.statusCode ?? 0} ${body.slice(0, 200)}`),
          );
        },
      );
      req.on('error', (e) => over(e.message));
      req.end(method === 'POST' ? 'ab' : undefined);
    });
  }
}
