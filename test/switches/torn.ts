/** Gates killed while boards stream in: what is on their disks then, and what they begin again with. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Board, EMPTY_BOARD, type Switch } from '../../src/failover/board.ts';
import { openStore } from '../../src/shell/fleet/open-store.ts';
import type { BoardStore, StoredBoard } from '../../src/shell/fleet/store.ts';
import { toStored } from '../../src/shell/fleet/stored-board.ts';
import { until } from '../support/until.ts';
import { type GateProcesses, IDCS, type IdcName } from './gates.ts';

/** So that a board is too large for one write of the disk. */
const PINS = 300;

const LASTING = { untilMs: null, overrode: [] } as const;

export class Torn {
  readonly faults: string[] = [];
  kills = 0;
  /** Files looked at, and drafts that a kill has left. */
  files = 0;
  drafts = 0;
  readonly #fleet: GateProcesses;
  readonly #store: BoardStore;
  #board: Board = EMPTY_BOARD;
  #streaming = true;
  #stream: Promise<void> = Promise.resolve();

  constructor(fleet: GateProcesses) {
    this.#fleet = fleet;
    const { host, port } = fleet.redis.address;
    this.#store = openStore(
      {
        ...{ kind: 'redis', mode: 'single', addresses: [{ host, port }] },
        ...{ sentinelName: null, username: null, passwordFile: null, sentinelPasswordFile: null },
        ...{ tls: null, prefix: 'zonegate', replicas: 0 },
      },
      () => undefined,
    );
  }

  get boards(): number {
    return this.#board.epoch;
  }

  /** Boards come as fast as Redis takes them. */
  async start(): Promise<void> {
    await this.#store.start({
      nudged: () => undefined,
      connected: () => undefined,
      lost: () => undefined,
    });
    await until('the store', () => this.#commit().catch(() => false));
    this.#stream = this.#write();
  }

  async #write(): Promise<void> {
    while (this.#streaming) await this.#commit();
  }

  async #commit(): Promise<boolean> {
    const epoch = this.#board.epoch + 1;
    const signed = { by: 'ann', reason: `board ${epoch}`, atMs: Date.now() };
    const switches = Array.from({ length: PINS }, (_, i): Switch => {
      const zone = (epoch + i) % 2 === 0 ? 'RZ01' : 'RZ03';
      return { ...signed, id: `s${i}`, action: 'pin', uid: `u${i}`, zone, ...LASTING };
    });
    const next: Board = { ...EMPTY_BOARD, ...signed, epoch, switches };
    const line = { ...signed, gate: 'test', what: 'stream', outcome: 'stored', epoch };
    await this.#store.commit(epoch - 1, toStored(next), { ...line, overrides: [] });
    this.#board = next;
    return true;
  }

  /** One gate after the other, each killed some time after it serves. */
  async killEach(kills: number): Promise<void> {
    const shares = IDCS.map((_, i) => Math.floor((kills + i) / IDCS.length));
    await Promise.all(
      IDCS.map(async (idc, i) => {
        // Else a busy machine might kill all of them before any has a board to lose.
        await until('a board on disk', () => this.#files(idc).length > 0);
        for (let n = 0; n < shares[i]!; n++) await this.#killOnce(idc);
      }),
    );
  }

  async #killOnce(idc: IdcName): Promise<void> {
    const atMs = Date.now() + Math.random() * 150;
    await until('the moment', () => Date.now() >= atMs);
    await this.#fleet.killGate(idc);
    this.kills++;
    const newest = this.#look(idc);
    const acked = await this.#acknowledged(idc);
    if (newest < acked) this.faults.push(`${idc} acknowledged ${acked}, its disk has ${newest}`);
    await this.#fleet.startGate(idc);
    const watch = this.#fleet.watches.get(idc)!;
    const first = await until('a board in force', () => watch.boards[0]);
    if (first.epoch < Math.max(newest, acked))
      this.faults.push(`${idc} began with ${first.epoch}; on disk ${newest}, told ${acked}`);
    if (watch.fell > 0) this.faults.push(`epochs of ${idc} fell`);
    if (watch.alarms.length > 0) this.faults.push(`${idc} raised ${watch.alarms.join()}`);
  }

  /** Two looks: the last word may have been under way. */
  async #acknowledged(idc: IdcName): Promise<number> {
    const name = this.#fleet.nameOf(idc);
    const looks = [await this.#store.fleet(), await this.#store.fleet()];
    return Math.max(...looks.flat().map((g) => (g.gate === name ? g.epoch : 0)));
  }

  #files(idc: IdcName): readonly string[] {
    const directory = join(this.#fleet.state, this.#fleet.nameOf(idc));
    const names = existsSync(directory) ? readdirSync(directory) : [];
    return names.filter((n) => /^board\.\d+\.json$/.test(n));
  }

  /** @returns the epoch of the newest whole file, 0 without one; by no code of the gate's */
  #look(idc: IdcName): number {
    const directory = join(this.#fleet.state, this.#fleet.nameOf(idc));
    const names = existsSync(directory) ? readdirSync(directory) : [];
    this.drafts += names.filter((n) => n.startsWith('.')).length;
    let newest = 0;
    for (const name of this.#files(idc)) {
      this.files++;
      try {
        const stored = JSON.parse(readFileSync(join(directory, name), 'utf8')) as StoredBoard;
        const digest = createHash('sha256').update(stored.text).digest('hex');
        if (digest !== stored.digest) this.faults.push(`${idc}: ${name} is torn`);
        else if (Number(/\d+/.exec(name)![0]) !== stored.epoch)
          this.faults.push(`${idc}: ${name} holds ${stored.epoch}`);
        else newest = Math.max(newest, stored.epoch);
      } catch (error) {
        this.faults.push(`${idc}: ${name}: ${String(error)}`);
      }
    }
    return newest;
  }

  async stop(): Promise<void> {
    this.#streaming = false;
    await this.#stream.catch(() => undefined);
    await this.#store.close();
  }
}
