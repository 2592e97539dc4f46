/**
 * The last boards that were in force here, on the gate's own disk: what it serves by when it starts
 * and can't reach the store. Written beside, synced, renamed, so that a kill leaves the old or the
 * new one; a checksum inside, so that anything else is noticed and the one before counts.
 */
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Board } from '../../failover/board.ts';
import { makeDirectory } from './files.ts';
import type { StoredBoard } from './store.ts';
import { fromStored } from './stored-board.ts';

const KEPT = 10;
const NAME = /^board\.(\d{16})\.json$/;
const DRAFT = /^\.board\.\d{16}\.json\.\d+$/;
const MAX_BYTES = 8 * 1024 * 1024;

export interface Kept {
  readonly board: Board;
  readonly digest: string;
}

export class LastGood {
  readonly #directory: string;
  #saving: Promise<void> = Promise.resolve();
  /** Waits to be written. */
  #newest: StoredBoard | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param trouble told of every file that can't be used */
  async load(trouble: (message: string) => void): Promise<Kept | null> {
    await this.#dropDrafts();
    for (const name of (await this.#names(trouble)).toReversed()) {
      const kept = await this.#read(name, trouble);
      if (kept !== null) return kept;
    }
    return null;
  }

  /** What a kill has left half-written. */
  async #dropDrafts(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    for (const name of names.filter((n) => DRAFT.test(n)))
      await rm(join(this.#directory, name), { force: true });
  }

  /** Oldest first. */
  async #names(trouble: (message: string) => void): Promise<string[]> {
    try {
      return (await readdir(this.#directory)).filter((n) => NAME.test(n)).toSorted();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        trouble(`stateDir can't be read: ${(error as Error).message}`);
      return [];
    }
  }

  async #read(name: string, trouble: (message: string) => void): Promise<Kept | null> {
    try {
      const stored = JSON.parse(await readFile(join(this.#directory, name), 'utf8')) as StoredBoard;
      const board = fromStored(stored);
      if (typeof board !== 'string') return { board, digest: stored.digest };
      trouble(`${name}: ${board}`);
    } catch (error) {
      trouble(`${name}: ${(error as Error).message}`);
    }
    return null;
  }

  /**
   * One at a time; of those that come meanwhile only the newest is written, as a disk may be slower
   * than a run. Rejects when neither it nor a newer one is on disk.
   */
  save(stored: StoredBoard): Promise<void> {
    this.#newest = stored;
    const saved = this.#saving.then(() => this.#writeNewest());
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  async #writeNewest(): Promise<void> {
    const stored = this.#newest;
    if (stored === null) return;
    this.#newest = null;
    try {
      await this.#write(stored);
    } catch (error) {
      this.#newest ??= stored;
      throw error;
    }
  }

  async #write(stored: StoredBoard): Promise<void> {
    const text = JSON.stringify(stored);
    if (text.length > MAX_BYTES) throw new Error(`a board of ${text.length} characters`);
    await makeDirectory(this.#directory);
    const name = `board.${String(stored.epoch).padStart(16, '0')}.json`;
    const beside = join(this.#directory, `.${name}.${process.pid}`);
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, join(this.#directory, name));
    await this.#syncDirectory();
    await this.#forgetOld();
  }

  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  async #forgetOld(): Promise<void> {
    const names = await this.#names(() => undefined);
    for (const old of names.slice(0, -KEPT)) await rm(join(this.#directory, old), { force: true });
  }
}
