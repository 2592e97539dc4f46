/**
 * HalfSipHash-2-4 with 64 bits of output (Aumasson and Bernstein; the variant for 32-bit machines).
 * Keyed, for clients choose most of what is hashed: whoever doesn't know the seed can't make keys that
 * crowd one place of the table, or that meet another client's counter.
 */

/** 64 random bits. */
export interface HashSeed {
  readonly k0: number;
  readonly k1: number;
}

/** Longer texts count by their first characters and their length. */
const MOST_CHARS = 512;
/** Four parts of 512 characters, four to a word, and their lengths. */
const MOST_WORDS = 640;

/** What is hashed, gathered in place; made once and used for request after request. */
export class KeyWords {
  readonly words = new Int32Array(MOST_WORDS);
  length = 0;
  /** The hash of what was gathered; never both zero, which the table keeps for empty places. */
  hi = 0;
  lo = 0;

  start(first: number): void {
    this.words[0] = first;
    this.length = 1;
  }

  word(value: number): void {
    this.words[this.length++] = value;
  }

  /** @param text a byte string; its length goes first, so parts can't flow into each other */
  text(text: string): void {
    const { words } = this;
    let at = this.length;
    words[at++] = text.length;
    const end = Math.min(text.length, MOST_CHARS);
    let i = 0;
    for (; i + 3 < end; i += 4)
      words[at++] =
        text.charCodeAt(i) |
        (text.charCodeAt(i + 1) << 8) |
        (text.charCodeAt(i + 2) << 16) |
        (text.charCodeAt(i + 3) << 24);
    let last = 0;
    for (let shift = 0; i < end; i++, shift += 8) last |= text.charCodeAt(i) << shift;
    words[at++] = last;
    this.length = at;
  }

  finish(seed: HashSeed): void {
    sipWords(this.words, this.length, 0, 0, seed, this);
    if (this.hi === 0 && this.lo === 0) this.lo = 1;
  }
}

/**
 * @param tail up to three bytes after the words, low byte first; `tailBytes` of them
 * @param out where both halves go, as signed 32-bit numbers
 */
export function sipWords(
  words: Int32Array,
  length: number,
  tail: number,
  tailBytes: number,
  { k0, k1 }: HashSeed,
  out: { hi: number; lo: number },
): void {
  let v0 = k0 | 0;
  let v1 = k1 ^ 0xee;
  let v2 = k0 ^ 0x6c796765;
  let v3 = k1 ^ 0x74656462;
  const end = ((4 * length + tailBytes) << 24) | tail;
  // The last word, then four rounds, then four more: one loop, so that the rounds stand here once.
  for (let i = 0; i < length + 5; i++) {
    const m = i < length ? words[i]! : i === length ? end : 0;
    if (i <= length) v3 ^= m;
    for (let round = 0; round < 2; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    if (i < length) v0 ^= m;
    else if (i === length) {
      v0 ^= m;
      v2 ^= 0xee;
    } else if (i === length + 2) {
      out.lo = v1 ^ v3;
      v1 ^= 0xdd;
    }
  }
  out.hi = v1 ^ v3;
}
