/**
 * Boards as files, one per change, and compare-and-set without locks. `link` fails when the name is
 * taken, and the name is the number that follows the epoch replaced: so an epoch has one successor,
 * whatever epoch that successor has.
 */
import { createHash } from 'node:crypto';
import { link, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { faultOf, MAX_BOARD_BYTES } from './entries.ts';
import { codeOf, DRAFT, removeQuietly, syncDirectory, writeDraft } from './files.ts';
import { type AuditLine, GarbageError, type StoredBoard, StoreError } from './store.ts';

const KEPT = 10;
/** Nor is anything removed that a slow writer may still be looking at. */
const KEPT_MS = 10_000;
const STALE_DRAFT_MS = 60_000;
/** A commit may overtake a look at the directory, but not again and again. */
const LOOKS = 20;
const NAME = /^board\.(\d{16})\.json$/;

/** With the line of the trail, for a writer may die between the two. */
interface Envelope extends StoredBoard {
  readonly audit: AuditLine;
}

interface Sight {
  readonly current: StoredBoard | null;
  /** The highest number in use, by a broken file too; 0: none. */
  readonly highest: number;
}

const nameOf = (number: number): string => `board.${String(number).padStart(16, '0')}.json`;

const checksumOf = ({ epoch, digest, audit, text }: Envelope): string =>
  createHash('sha256')
    .update(JSON.stringify([epoch, digest, audit, text]))
    .digest('hex');

export class FileBoards {
  readonly #directory: string;
  readonly #tell: (sentence: string) => void;
  readonly #beforeRemoval: (line: AuditLine) => Promise<void>;
  /** Broken files that operators were told of. */
  readonly #told = new Set<string>();

  constructor(
    directory: string,
    tell: (sentence: string) => void,
    beforeRemoval: (line: AuditLine) => Promise<void>,
  ) {
    this.#directory = directory;
    this.#tell = tell;
    this.#beforeRemoval = beforeRemoval;
  }

  static isBoard(file: string): boolean {
    return NAME.test(file);
  }

  async look(): Promise<Sight> {
    for (let looks = 0; looks < LOOKS; looks++) {
      const numbers = await this.#numbers();
      let vanished = false;
      for (const number of numbers) {
        const envelope = await this.#open(number);
        if (envelope === 'gone') vanished = true;
        else if (envelope !== 'broken') {
          const { epoch, digest, text } = envelope;
          return { current: { epoch, digest, text }, highest: numbers[0]! };
        }
      }
      if (numbers.length === 0) return { current: null, highest: 0 };
      if (!vanished)
        throw new GarbageError(
          `none of the ${numbers.length} boards in ${this.#directory} is whole`,
        );
    }
    throw new StoreError(`${this.#directory} changes faster than it can be read`);
  }

  /** @returns whether it is stored; if not, somebody else was first */
  async commit(expected: number, next: StoredBoard, audit: AuditLine): Promise<boolean> {
    const { current, highest } = await this.look();
    if ((current?.epoch ?? 0) !== expected) return false;
    // The name of a broken file stays taken: removing it could remove what another writer put there.
    const number = Math.max(expected, highest) + 1;
    const envelope: Envelope = { ...next, audit };
    const draft = await writeDraft(
      this.#directory,
      JSON.stringify({ ...envelope, checksum: checksumOf(envelope) }),
    );
    const path = join(this.#directory, nameOf(number));
    try {
      await link(draft, path);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await removeQuietly(draft);
    }
    if (!(await this.#wasFree(number, highest))) {
      await removeQuietly(path);
      throw new StoreError(`${path} came too late to tell whether it was the first: read again`);
    }
    await syncDirectory(this.#directory);
    await this.#cleanUp().catch(() => undefined);
    return true;
  }

  /**
   * A writer that was very slow may find the name free because its owner was cleaned up. That has not
   * happened while a lower one is there: they are removed from the lowest up, and the last ten never.
   */
  async #wasFree(number: number, seenBefore: number): Promise<boolean> {
    const numbers = await this.#numbers();
    const higher = numbers.filter((other) => other > number).length;
    return higher < KEPT || (seenBefore > 0 && numbers.includes(seenBefore));
  }

  /** Of the boards that are kept, newest first. */
  async auditLines(): Promise<readonly AuditLine[]> {
    const lines: AuditLine[] = [];
    for (const number of await this.#numbers()) {
      const envelope = await this.#open(number);
      if (typeof envelope !== 'string') lines.push(envelope.audit);
    }
    return lines;
  }

  /** Highest first. */
  async #numbers(): Promise<number[]> {
    const files = await readdir(this.#directory);
    return files
      .flatMap((file) => NAME.exec(file)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => b - a);
  }

  async #open(number: number): Promise<Envelope | 'gone' | 'broken'> {
    const file = nameOf(number);
    const path = join(this.#directory, file);
    try {
      // Escapes make JSON longer than its text, at most six times.
      if ((await stat(path)).size > 6 * MAX_BOARD_BYTES + 65_536) return this.#broken(file);
      const envelope = JSON.parse(await readFile(path, 'utf8')) as Envelope & { checksum: string };
      const whole = faultOf(envelope) === null && checksumOf(envelope) === envelope.checksum;
      return whole ? envelope : this.#broken(file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return 'gone';
      if (codeOf(error) !== undefined && !(error instanceof TypeError)) throw error;
      return this.#broken(file);
    }
  }

  #broken(file: string): 'broken' {
    if (!this.#told.has(file)) {
      this.#told.add(file);
      this.#tell(`${join(this.#directory, file)} is broken: the board before it counts`);
    }
    return 'broken';
  }

  async #cleanUp(): Promise<void> {
    const numbers = await this.#numbers();
    const ageMs = await this.#ages(numbers[0]!);
    for (const number of numbers.slice(KEPT).reverse()) {
      const path = join(this.#directory, nameOf(number));
      if ((await ageMs(path)) < KEPT_MS) break;
      const envelope = await this.#open(number);
      if (typeof envelope !== 'string') await this.#beforeRemoval(envelope.audit);
      await rm(path, { force: true });
    }
    for (const file of await readdir(this.#directory)) {
      const path = join(this.#directory, file);
      if (file.startsWith(DRAFT) && (await ageMs(path)) > STALE_DRAFT_MS) await removeQuietly(path);
    }
  }

  /** Against the newest board, so by one clock. What is gone is as old as can be. */
  async #ages(newest: number): Promise<(path: string) => Promise<number>> {
    const nowMs = (await stat(join(this.#directory, nameOf(newest)))).mtimeMs;
    return async (path) => nowMs - (await stat(path).catch(() => ({ mtimeMs: 0 }))).mtimeMs;
  }
}
