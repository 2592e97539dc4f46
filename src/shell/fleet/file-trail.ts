/** The trail of the file store: lines at the end of a file, and the file before it. Bounded. */
import { link, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { auditLineOf, MAX_AUDIT_LINES, UNREADABLE } from './entries.ts';
import { appendLine, codeOf, removeQuietly } from './files.ts';
import type { AuditLine } from './store.ts';

/** Far more than can be written while a board is kept. */
const COMPLETE_AMONG = 2000;
const ROTATE_AT_BYTES = 16 * 1024 * 1024;
/** Whoever holds the claim longer than this has died with it. */
const STALE_CLAIM_MS = 60_000;

export class FileTrail {
  readonly #now: string;
  readonly #before: string;
  readonly #claim: string;
  readonly #rotateAtBytes: number;

  constructor(directory: string, rotateAtBytes = ROTATE_AT_BYTES) {
    this.#now = join(directory, 'audit.jsonl');
    this.#before = join(directory, 'audit.1.jsonl');
    this.#claim = join(directory, 'audit.rotating');
    this.#rotateAtBytes = rotateAtBytes;
  }

  async append(line: AuditLine): Promise<void> {
    await appendLine(this.#now, JSON.stringify(line));
    if ((await sizeOf(this.#now)) >= this.#rotateAtBytes) await this.#rotate();
  }

  /**
   * The claim is a second name of the full file, and only one can give it. Its size is looked at
   * again: somebody else may have rotated in between, and a file that has just begun must stay.
   */
  async #rotate(): Promise<void> {
    try {
      await link(this.#now, this.#claim);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') return;
      const claim = await stat(this.#claim).catch(() => null);
      if (claim !== null && Date.now() - claim.ctimeMs > STALE_CLAIM_MS)
        await removeQuietly(this.#claim);
      return;
    }
    if ((await sizeOf(this.#claim)) >= this.#rotateAtBytes) await rename(this.#now, this.#before);
    await removeQuietly(this.#claim);
  }

  /** Appends a line that a dead writer may have left out, unless it is among the last ones. */
  async complete(line: AuditLine): Promise<void> {
    const text = JSON.stringify(line);
    if (!(await this.#lastTexts(COMPLETE_AMONG)).includes(text)) await this.append(line);
  }

  /** Newest first. @param known lines that must be in it, for a writer may have died before that */
  async last(limit: number, known: readonly AuditLine[]): Promise<readonly AuditLine[]> {
    const wanted = Math.min(limit, MAX_AUDIT_LINES);
    // A line that two have completed at one time stands there twice.
    const texts = new Set(await this.#lastTexts(wanted + known.length));
    const lines = [...texts].map(auditLineOf);
    for (const line of known) {
      if (texts.has(JSON.stringify(line))) continue;
      const place = lines.findIndex((l) => l.outcome !== UNREADABLE && l.epoch < line.epoch);
      lines.splice(place === -1 ? lines.length : place, 0, line);
    }
    return lines.slice(0, wanted);
  }

  async #lastTexts(limit: number): Promise<string[]> {
    const texts = await lastLines(this.#now, limit);
    if (texts.length < limit) texts.push(...(await lastLines(this.#before, limit - texts.length)));
    return texts;
  }
}

const sizeOf = async (path: string): Promise<number> =>
  (await stat(path).catch(() => ({ size: 0 }))).size;

async function lastLines(path: string, limit: number): Promise<string[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
  const lines: string[] = [];
  for (let end = bytes.length; end > 0 && lines.length < limit; ) {
    const start = bytes.lastIndexOf(0x0a, end - 1) + 1;
    if (start < end) lines.push(bytes.toString('utf8', start, end));
    end = start - 1;
  }
  return lines;
}
