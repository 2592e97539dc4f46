/**
 * Bytes gathered in blocks that are counted as they are allocated. A body may come a byte at a time, and an
 * object for each would hold a hundred times what is counted of it.
 */
import type { Spans } from '../http1/chunked.ts';
import type { Budget } from './budget.ts';

/** Of every block but the first, at least: most bodies come in one piece, and take what they are. */
const BLOCK_BYTES = 4096;

export class Gathered {
  readonly #budget: Pick<Budget, 'take' | 'give'>;
  readonly #full: Buffer[] = [];
  #last: Buffer | null = null;
  /** Of the last block. */
  #filled = 0;
  /** Taken from the budget. */
  #held = 0;
  length = 0;

  constructor(budget: Pick<Budget, 'take' | 'give'>) {
    this.#budget = budget;
  }

  /** @returns false: the budget has no room, and nothing of it is kept */
  add(buf: Buffer, { at, count, bytes }: Spans): boolean {
    const room = this.#last === null ? 0 : this.#last.length - this.#filled;
    const needs = bytes - room;
    let fresh: Buffer | null = null;
    if (needs > 0) {
      const size = this.#last === null ? needs : Math.max(needs, BLOCK_BYTES);
      if (!this.#budget.take(size)) return false;
      this.#held += size;
      fresh = Buffer.allocUnsafeSlow(size);
    }
    for (let s = 0; s < count; s++) fresh = this.#copy(buf, at[s * 2]!, at[s * 2 + 1]!, fresh);
    this.length += bytes;
    return true;
  }

  /** @returns the fresh block while it is not yet used */
  #copy(buf: Buffer, from: number, to: number, fresh: Buffer | null): Buffer | null {
    let at = from;
    let spare = fresh;
    while (at < to) {
      if (this.#last === null || this.#filled === this.#last.length) {
        if (this.#last !== null) this.#full.push(this.#last);
        this.#last = spare;
        spare = null;
        this.#filled = 0;
      }
      const copied = buf.copy(this.#last!, this.#filled, at, to);
      this.#filled += copied;
      at += copied;
    }
    return spare;
  }

  get blocks(): readonly Buffer[] {
    return this.#last === null ? [] : [...this.#full, this.#last.subarray(0, this.#filled)];
  }

  /** Lets go of all of it. */
  drop(): void {
    this.#budget.give(this.#held);
    this.#held = 0;
    this.#full.length = 0;
    this.#last = null;
    this.#filled = 0;
    this.length = 0;
  }
}
