/**
 * What one gate knows of counts that all gates share. A request never waits for the others: it is held
 * against the total heard last and what was let through here since. What another gate lets through is
 * told within one interval and heard within one more, so n gates let through at most
 *
 *     limit + (n − 1) × what one gate is asked in two intervals
 *
 * in a window, and never more than n × limit. A gate that has used up its nth of what is left asks for
 * an early exchange, which keeps intervals short where it matters.
 *
 * While the store is away each gate keeps to ceil(limit / n) by its own counts, at least 1, with n the
 * gates heard of last. When it is back, what was let through meanwhile is told, and the total holds again.
 */
import type { CounterRule } from './counters.ts';

/** One key's news for the other gates. */
export interface FleetDelta {
  readonly hi: number;
  readonly lo: number;
  readonly rule: CounterRule;
  /** Let through here and not told yet; 0: the total is asked for. */
  readonly count: number;
}

/** Keys that wait to be told or asked about. Above it they are counted here alone until seen again. */
const MOST_QUEUED = 16_384;

export class FleetCounts {
  /** Is the store answering? */
  isShared = false;
  /** Heard of last, this one included. */
  gates = 1;
  /** Keys that found no room in the queue. */
  dropped = 0;
  /** Somebody has used up this gate's part: the next exchange should be soon. */
  isUrgent = false;
  readonly #pending: Uint32Array;
  readonly #total: Uint32Array;
  readonly #heardAt: Int32Array;
  readonly #isHeard: Uint8Array;
  readonly #isQueued: Uint8Array;
  readonly #queue = new Int32Array(MOST_QUEUED);
  #first = 0;
  #length = 0;

  constructor(keys: number) {
    this.#pending = new Uint32Array(keys);
    this.#total = new Uint32Array(keys);
    this.#heardAt = new Int32Array(keys);
    this.#isHeard = new Uint8Array(keys);
    this.#isQueued = new Uint8Array(keys);
  }

  get queued(): number {
    return this.#length;
  }

  get tableBytes(): number {
    return [this.#pending, this.#total, this.#heardAt, this.#isHeard, this.#isQueued, this.#queue]
      .map((a) => a.byteLength)
      .reduce((sum, n) => sum + n, 0);
  }

  clear(e: number): void {
    this.#pending[e] = 0;
    this.#total[e] = 0;
    this.#isHeard[e] = 0;
  }

  took(e: number, limit: number): void {
    const pending = ++this.#pending[e]!;
    const left = limit - this.#total[e]!;
    if (pending * this.gates >= left) this.isUrgent = true;
    this.ask(e);
  }

  ask(e: number): void {
    if (this.#isQueued[e] === 1) return;
    if (this.#length === MOST_QUEUED) {
      this.dropped++;
      return;
    }
    this.#isQueued[e] = 1;
    this.#queue[(this.#first + this.#length) % MOST_QUEUED] = e;
    this.#length++;
  }

  /** Takes the key that has waited longest; -1: none. */
  next(): number {
    if (this.#length === 0) return -1;
    const e = this.#queue[this.#first]!;
    this.#first = (this.#first + 1) % MOST_QUEUED;
    this.#length--;
    this.#isQueued[e] = 0;
    return e;
  }

  /** @param own let through here in the window: what is older need not be told */
  pendingOf(e: number, own: number): number {
    if (this.#pending[e]! > own) this.#pending[e] = own;
    return this.#pending[e]!;
  }

  /** What the fleet has let through, as far as is known here. */
  usedOf(e: number, slot: number): number {
    const pending = this.#pending[e]!;
    if (this.#isHeard[e] === 0) return pending;
    // After a window's slots nothing of that total counts any more.
    const slots = (slot - this.#heardAt[e]!) | 0;
    return slots >= 8 || slots <= -8 ? pending : pending + this.#total[e]!;
  }

  heard(e: number, told: number, total: number, slot: number): void {
    this.#pending[e] = Math.max(0, this.#pending[e]! - told);
    this.#total[e] = total;
    this.#heardAt[e] = slot;
    this.#isHeard[e] = 1;
  }
}
