/**
 * Which bytes occur in a value, in 64 bits: 32 kinds of punctuation (`lo`); letters without regard to
 * case, digits, white space and the rest (`hi`). One pass over a value tells of most rules and
 * transformations that they can't have anything to do with it.
 */

/** One bit each, in two words. */
export interface Signature {
  readonly lo: number;
  readonly hi: number;
}

const DIGIT_BIT = 26;
const NEWLINE_BIT = 27;
const BLANK_BIT = 28;
const NUL_BIT = 29;
const CONTROL_BIT = 30;
const HIGH_BIT = 31;

/** Of each byte: its bit in `lo`, else 0. */
export const LO = new Int32Array(256);
/** Of each byte: its bit in `hi`, else 0. */
export const HI = new Int32Array(256);

const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
for (let i = 0; i < PUNCTUATION.length; i++) LO[PUNCTUATION.charCodeAt(i)] = 1 << i;
for (let byte = 0; byte < 256; byte++) if (LO[byte] === 0) HI[byte] = 1 << hiBit(byte);

function hiBit(byte: number): number {
  const folded = byte | 0x20;
  if (folded >= 0x61 && folded <= 0x7a && byte < 0x80) return folded - 0x61;
  if (byte >= 0x30 && byte <= 0x39) return DIGIT_BIT;
  if (byte === 0x0a || byte === 0x0d) return NEWLINE_BIT;
  if (byte === 0x20 || byte === 0x09) return BLANK_BIT;
  if (byte === 0) return NUL_BIT;
  return byte < 0x80 ? CONTROL_BIT : HIGH_BIT;
}

export const NOTHING: Signature = { lo: 0, hi: 0 };
export const ANYTHING: Signature = { lo: -1, hi: -1 };

/** @param value a byte string */
export function signatureOf(value: string): Signature {
  let lo = 0;
  let hi = 0;
  for (let i = 0; i < value.length; i++) {
    const byte = value.charCodeAt(i);
    lo |= LO[byte]!;
    hi |= HI[byte]!;
  }
  return { lo, hi };
}

export const meets = (a: Signature, b: Signature): boolean => ((a.lo & b.lo) | (a.hi & b.hi)) !== 0;

/** What a matching value must have: of every clause at least one of its bytes. Empty: nothing is known. */
export type Need = readonly Signature[];

export function mayMatch(need: Need, value: Signature): boolean {
  for (const clause of need) if (!meets(clause, value)) return false;
  return true;
}
