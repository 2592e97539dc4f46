/**
 * Reads list files and the country database, and reads them anew when they change: by their stamps,
 * every two seconds, so a renamed symlink and a network file system do as well as a local file. What can't
 * be read, or has a mistake in it, changes nothing: what was read last stays in force.
 */
import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openCountries } from '../../rate/countries.ts';
import type { RateRoom } from '../../rate/index.ts';
import { type LineProblem, ListReader } from '../../rate/list-file.ts';
import type { RateMemory } from '../../rate/memory.ts';

export type FileNews =
  | { readonly kind: 'read'; readonly file: string; readonly ranges: number | null }
  /** Of a list, with lines from 1. */
  | { readonly kind: 'broken'; readonly file: string; readonly problems: readonly LineProblem[] }
  | { readonly kind: 'unreadable'; readonly file: string; readonly message: string };

const EVERY_MS = 2000;
/** Then other work has its turn. */
const LINES_AT_ONCE = 20_000;
const MAX_LIST_BYTES = 64 * 1024 ** 2;
const MAX_DATABASE_BYTES = 512 * 1024 ** 2;

export class RateFiles {
  readonly #directory: string;
  readonly #memory: RateMemory;
  readonly #told: (news: FileNews) => void;
  /** Of each file followed, as declared, what its stamp was when it was read last. */
  #stamps = new Map<string, string>();
  #database: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #underWay: Promise<void> | null = null;

  /**
   * @param directory that declared paths are relative to
   * @param told of every file when it was read or could not be; once, until it changes again
   */
  constructor(directory: string, memory: RateMemory, told: (news: FileNews) => void) {
    this.#directory = directory;
    this.#memory = memory;
    this.#told = told;
  }

  /** The files of a snapshot that is now in force. `look` reads what is new among them. */
  follow(room: Pick<RateRoom, 'lists' | 'countryDatabase'>): void {
    const wanted = room.lists.map((l) => l.file).filter((f) => f !== null);
    if (room.countryDatabase !== null) wanted.push(room.countryDatabase);
    this.#stamps = new Map(wanted.map((f) => [f, this.#stamps.get(f) ?? '']));
    for (const file of this.#memory.files.keys())
      if (!this.#stamps.has(file)) this.#memory.files.delete(file);
    if (this.#database !== room.countryDatabase) {
      this.#memory.countries = null;
      if (room.countryDatabase !== null) this.#stamps.set(room.countryDatabase, '');
    }
    this.#database = room.countryDatabase;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.look(), EVERY_MS).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Reads all that has changed; the round under way, if there is one. Never rejects. */
  look(): Promise<void> {
    this.#underWay ??= this.#round().finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  async #round(): Promise<void> {
    for (const [file, stamp] of [...this.#stamps]) await this.#lookAt(file, stamp);
  }

  async #lookAt(file: string, stamp: string): Promise<void> {
    const path = resolve(this.#directory, file);
    let now: string;
    try {
      const stats = await stat(path);
      now = stampOf(stats);
      if (now === stamp) return;
      const isDatabase = file === this.#database;
      const most = isDatabase ? MAX_DATABASE_BYTES : MAX_LIST_BYTES;
      if (!stats.isFile()) throw new Error('it is not a plain file');
      if (stats.size > most) throw new Error(`it has more than ${most} bytes`);
      const bytes = await readFile(path);
      // Somebody is still writing: the next look will find it whole.
      if (stampOf(await stat(path)) !== now) return;
      const news = isDatabase ? this.#takeDatabase(file, bytes) : await this.#takeList(file, bytes);
      if (news !== null) this.#told(news);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      now = `unreadable: ${message}`;
      if (now !== stamp && this.#stamps.has(file))
        this.#told({ kind: 'unreadable', file, message });
    }
    if (this.#stamps.has(file)) this.#stamps.set(file, now);
  }

  /** @returns null where nobody wants it any more */
  async #takeList(file: string, bytes: Buffer): Promise<FileNews | null> {
    const reader = new ListReader(bytes.toString('latin1'));
    while (reader.read(LINES_AT_ONCE)) await setImmediate();
    const result = reader.result();
    if (!this.#stamps.has(file)) return null;
    if (!result.ok) return { kind: 'broken', file, problems: result.error };
    this.#memory.files.set(file, result.value);
    return { kind: 'read', file, ranges: result.value.size };
  }

  #takeDatabase(file: string, bytes: Buffer): FileNews | null {
    if (file !== this.#database) return null;
    const result = openCountries(bytes);
    if (!result.ok) return { kind: 'unreadable', file, message: result.error };
    this.#memory.countries = result.value;
    return { kind: 'read', file, ranges: null };
  }
}

const stampOf = ({ ino, size, mtimeMs }: Stats): string => `${ino} ${size} ${mtimeMs}`;
