/**
 * Lines to a file or stdout in batches, one write at a time, never waiting: when the disk or the
 * reader is slow, what exceeds the bound is dropped and counted.
 */
import { close, closeSync, openSync, write, writeSync } from 'node:fs';

const FLUSH_BYTES = 65_536;
const MAX_PENDING_BYTES = 8 * 1024 * 1024;
const FLUSH_INTERVAL_MS = 200;
const RETRY_MS = 50;

export class BatchWriter {
  readonly #path: string | null;
  #fd: number;
  #pending: string[] = [];
  #pendingBytes = 0;
  #writing = false;
  readonly #timer: NodeJS.Timeout;
  /** Lines lost to the bound or to a failed write. */
  dropped = 0;

  /**
   * @param path null for stdout. Throws when the file can't be opened.
   * @param flushMs lines wait no longer than that
   */
  constructor(path: string | null, flushMs = FLUSH_INTERVAL_MS) {
    this.#path = path;
    this.#fd = path === null ? 1 : openSync(path, 'a', 0o640);
    this.#timer = setInterval(() => this.#flush(), flushMs);
    this.#timer.unref();
  }

  write(line: string): void {
    if (this.#pendingBytes >= MAX_PENDING_BYTES) {
      this.dropped++;
      return;
    }
    this.#pending.push(line);
    this.#pendingBytes += line.length;
    if (this.#pendingBytes >= FLUSH_BYTES) this.#flush();
  }

  /** Opens the file anew, after somebody has moved it away. */
  reopen(): void {
    if (this.#path === null) return;
    const old = this.#fd;
    this.#fd = openSync(this.#path, 'a', 0o640);
    close(old, () => undefined);
  }

  #flush(): void {
    if (this.#writing || this.#pending.length === 0) return;
    const lines = this.#pending.length;
    const batch = Buffer.from(this.#pending.join(''), 'utf8');
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#writing = true;
    this.#writeOut(batch, lines);
  }

  #writeOut(batch: Buffer, lines: number): void {
    write(this.#fd, batch, 0, batch.length, null, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#writeOut(batch, lines), RETRY_MS).unref();
        return;
      }
      if (error !== null) this.dropped += lines;
      else if (written < batch.length) {
        this.#writeOut(batch.subarray(written), lines);
        return;
      }
      this.#writing = false;
      if (this.#pendingBytes >= FLUSH_BYTES) this.#flush();
    });
  }

  /** Last words: written at once, as far as they can be. */
  end(): void {
    clearInterval(this.#timer);
    try {
      if (this.#pending.length > 0) writeSync(this.#fd, this.#pending.join(''));
      if (this.#path !== null) closeSync(this.#fd);
    } catch {
      this.dropped += this.#pending.length;
    }
    this.#pending = [];
  }
}
