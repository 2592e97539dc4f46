/**
 * A table of keys of fixed size: sets of eight places, found by a keyed hash; no strings, nothing per
 * key on the heap. A new key takes a place of its set where nothing is lost, else the one that is furthest
 * below its limit, the longest-standing of equals. To push an abuser out, eight keys of his set must have
 * used up more of their limits than he has of his, and nobody outside can tell which keys share a set.
 */
const WAYS = 8;
/** From here on an eviction takes somebody whom a rule was about to notice. */
const HOT = 0.5;

export class KeyTable {
  evictions = 0;
  /** Of keys that had used half their limit: the table is too small for what comes. */
  hotEvictions = 0;
  readonly capacity: number;
  readonly #mask: number;
  readonly #hi: Int32Array;
  readonly #lo: Int32Array;
  readonly #hand: Uint8Array;

  /** @param keys rounded up to a power of two */
  constructor(keys: number) {
    this.capacity = capacityFor(keys);
    this.#mask = this.capacity / WAYS - 1;
    this.#hi = new Int32Array(this.capacity);
    this.#lo = new Int32Array(this.capacity);
    this.#hand = new Uint8Array(this.capacity / WAYS);
  }

  get tableBytes(): number {
    return this.#hi.byteLength + this.#lo.byteLength + this.#hand.byteLength;
  }

  hiOf(e: number): number {
    return this.#hi[e]!;
  }

  loOf(e: number): number {
    return this.#lo[e]!;
  }

  isEmpty(e: number): boolean {
    return this.#hi[e] === 0 && this.#lo[e] === 0;
  }

  /** @returns its place; -1: it has none */
  find(hi: number, lo: number): number {
    const first = (lo & this.#mask) * WAYS;
    for (let e = first; e < first + WAYS; e++)
      if (this.#lo[e] === lo && this.#hi[e] === hi) return e;
    return -1;
  }

  /** A place for a key that has none; whoever stood there is forgotten. */
  insert(hi: number, lo: number, worth: Worth, nowMs: number): number {
    const set = lo & this.#mask;
    const hand = this.#hand[set]!;
    let best = hand;
    let bestUse = Number.POSITIVE_INFINITY;
    for (let i = 0; i < WAYS && bestUse > -1; i++) {
      const way = (hand + i) & (WAYS - 1);
      const e = set * WAYS + way;
      const use = this.isEmpty(e) ? -1 : worth.useOf(e, nowMs);
      if (use < bestUse) {
        bestUse = use;
        best = way;
      }
    }
    this.#hand[set] = (best + 1) & (WAYS - 1);
    if (bestUse >= 0) this.evictions++;
    if (bestUse >= HOT) this.hotEvictions++;
    const e = set * WAYS + best;
    this.#hi[e] = hi;
    this.#lo[e] = lo;
    return e;
  }

  clear(e: number): void {
    this.#hi[e] = 0;
    this.#lo[e] = 0;
  }
}

interface Worth {
  /** Part of its limit that the key at a place has used; -1: nothing is lost with it. */
  useOf(e: number, nowMs: number): number;
}

export const capacityFor = (keys: number): number =>
  2 ** Math.ceil(Math.log2(Math.max(keys, WAYS)));
