/**
 * The board in a directory: the default, for gates of one host or with a directory in common. Ages
 * of gates are counted by the clock that stamps the files in that directory.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { GateAck, GateInFleet } from '../../failover/board.ts';
import { FORGET_GATE_AFTER_MS, gateEntryOf, mustBeStorable } from './entries.ts';
import { FileBoards } from './file-boards.ts';
import { FileTrail } from './file-trail.ts';
import {
  codeOf,
  directoryClockMs,
  diskError,
  makeDirectory,
  removeQuietly,
  replace,
} from './files.ts';
import type { AuditLine, BoardStore, Committed, StoredBoard, StoreEvents } from './store.ts';
import { StoreError } from './store.ts';

const SETTLE_MS = 10;
const WATCH_AGAIN_MS = 1000;

export class FileStore implements BoardStore {
  readonly name: string;
  readonly #directory: string;
  readonly #gates: string;
  #isMade = false;
  readonly #boards: FileBoards;
  readonly #trail: FileTrail;
  #events: StoreEvents | null = null;
  #watcher: FSWatcher | null = null;
  #lost = false;
  #settling: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;

  /** @param tell what operators should know while the store still works: a broken file */
  constructor(directory: string, tell: (sentence: string) => void) {
    this.name = `file:${directory}`;
    this.#directory = directory;
    this.#gates = join(directory, 'gates');
    this.#trail = new FileTrail(directory);
    this.#boards = new FileBoards(directory, tell, (line) => this.#trail.complete(line));
  }

  read(): Promise<StoredBoard | null> {
    return this.#try('the board was not read', () => this.#look());
  }

  commit(expected: number, next: StoredBoard, audit: AuditLine): Promise<Committed> {
    return this.#try<Committed>('the board was not stored', async () => {
      mustBeStorable(expected, next);
      await this.#makeDirectories();
      if (!(await this.#boards.commit(expected, next, audit)))
        return { kind: 'conflict', current: await this.#look() };
      // The line is in the board's own file already: a failure here loses nothing, and undoes nothing.
      await this.#trail.append(audit).catch(() => undefined);
      return { kind: 'stored', copies: null, replicasWanted: 0 };
    });
  }

  beat(ack: GateAck, leaseMs: number): Promise<void> {
    return this.#try('the word of this gate was not stored', async () => {
      await this.#makeDirectories();
      const entry = { atMs: 0, leaseMs: Math.max(0, Math.round(leaseMs)), ack };
      await replace(this.#gates, fileOf(ack.gate), JSON.stringify(entry));
    });
  }

  leave(gate: string): Promise<void> {
    return this.#try('the gate was not removed', () =>
      rm(join(this.#gates, fileOf(gate)), { force: true }),
    );
  }

  fleet(): Promise<readonly GateInFleet[]> {
    return this.#try('the fleet was not read', async () => {
      await this.#makeDirectories();
      const nowMs = await directoryClockMs(this.#gates);
      const files = (await readdir(this.#gates)).filter((file) => file.endsWith('.json'));
      const gates = await Promise.all(files.map((file) => this.#gate(file, nowMs)));
      return gates.filter((gate) => gate !== null);
    });
  }

  append(line: AuditLine): Promise<void> {
    return this.#try('the trail was not written', async () => {
      await this.#makeDirectories();
      await this.#trail.append(line);
    });
  }

  audit(limit: number): Promise<readonly AuditLine[]> {
    return this.#try('the trail was not read', async () => {
      await this.#makeDirectories();
      return this.#trail.last(Math.max(0, limit), await this.#boards.auditLines());
    });
  }

  async start(events: StoreEvents): Promise<void> {
    this.#events = events;
    await this.#watch();
  }

  close(): Promise<void> {
    this.#events = null;
    this.#watcher?.close();
    clearTimeout(this.#settling);
    clearTimeout(this.#again);
    return Promise.resolve();
  }

  async #watch(): Promise<void> {
    try {
      await this.#makeDirectories();
      if (this.#events === null) return;
      this.#watcher = watch(this.#directory, (_, file) => this.#seen(file));
      this.#watcher.on('error', (error) => this.#unwatch(error));
    } catch (error) {
      this.#unwatch(error);
      return;
    }
    this.#lost = false;
    this.#events.connected();
  }

  #seen(file: string | null): void {
    // This is how the system says that the directory itself was moved or removed.
    if (file === basename(this.#directory))
      this.#unwatch(new StoreError('it was moved or removed'));
    if (file !== null && !FileBoards.isBoard(file)) return;
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#events?.nudged();
    }, SETTLE_MS).unref();
  }

  #unwatch(error: unknown): void {
    this.#watcher?.close();
    this.#watcher = null;
    if (this.#events === null) return;
    if (!this.#lost) this.#events.lost(diskError(`${this.name} can't be watched`, error).message);
    this.#lost = true;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => void this.#watch(), WATCH_AGAIN_MS).unref();
  }

  /** A directory that is not there is made, and holds no board yet; one that can't be made is no store. */
  async #look(): Promise<StoredBoard | null> {
    try {
      return (await this.#boards.look()).current;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await this.#makeDirectories();
      return null;
    }
  }

  async #gate(file: string, nowMs: number): Promise<GateInFleet | null> {
    const path = join(this.#gates, file);
    try {
      const ageMs = Math.max(0, nowMs - (await stat(path)).mtimeMs);
      if (ageMs > FORGET_GATE_AFTER_MS) {
        await removeQuietly(path);
        return null;
      }
      const entry = gateEntryOf(await readFile(path, 'utf8'));
      if (entry === null) throw new StoreError(`${path} holds something else than a gate`);
      return { ...entry.ack, ageMs, leaseLeftMs: entry.leaseMs - ageMs };
    } catch (error) {
      // It has left between the look at the directory and this one.
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  /** Made once: what is gone later is a file system that is not mounted, and no empty store. */
  async #makeDirectories(): Promise<void> {
    if (this.#isMade) await stat(this.#directory);
    await makeDirectory(this.#gates);
    this.#isMade = true;
  }

  async #try<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw diskError(`${this.name}: ${what}`, error);
    }
  }
}

/** A gate may be called anything; a file may not. */
const fileOf = (gate: string): string => `${encodeURIComponent(gate).replaceAll('.', '%2E')}.json`;
