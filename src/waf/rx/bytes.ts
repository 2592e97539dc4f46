/** Sets of bytes, 256 bits in eight words. Only patterns being read are made of them, no request is. */

export type ByteSet = Int32Array;

export const none = (): ByteSet => new Int32Array(8);
export const all = (): ByteSet => new Int32Array(8).fill(-1);
export const has = (set: ByteSet, byte: number): boolean =>
  ((set[byte >> 5]! >>> (byte & 31)) & 1) === 1;

/** Widens `set` by first–last, inclusive. */
export function addRange(set: ByteSet, first: number, last: number): ByteSet {
  for (let byte = first; byte <= last; byte++) set[byte >> 5]! |= 1 << (byte & 31);
  return set;
}

/** @param ranges pairs of first and last, inclusive */
export function ofRanges(...ranges: number[]): ByteSet {
  const set = none();
  for (let i = 0; i < ranges.length; i += 2) addRange(set, ranges[i]!, ranges[i + 1]!);
  return set;
}

export const union = (a: ByteSet, b: ByteSet): ByteSet => a.map((word, i) => word | b[i]!);
export const common = (a: ByteSet, b: ByteSet): ByteSet => a.map((word, i) => word & b[i]!);
export const without = (a: ByteSet): ByteSet => a.map((word) => ~word);
export const isEmpty = (a: ByteSet): boolean => a.every((word) => word === 0);
export const isAll = (a: ByteSet): boolean => a.every((word) => word === -1);

export function meet(a: ByteSet, b: ByteSet): boolean {
  for (let i = 0; i < 8; i++) if ((a[i]! & b[i]!) !== 0) return true;
  return false;
}

export function bytesOf(set: ByteSet): number[] {
  const found: number[] = [];
  for (let byte = 0; byte < 256; byte++) if (has(set, byte)) found.push(byte);
  return found;
}

/** Both cases of every ASCII letter in it. Bytes from 0x80 on have no case. */
export function foldCase(set: ByteSet): ByteSet {
  const folded = set.slice();
  for (let lower = 0x61; lower <= 0x7a; lower++) {
    if (has(set, lower)) addRange(folded, lower - 0x20, lower - 0x20);
    if (has(set, lower - 0x20)) addRange(folded, lower, lower);
  }
  return folded;
}

/** First and last of every run, inclusive. */
export function runsOf(set: ByteSet): [number, number][] {
  const runs: [number, number][] = [];
  for (const byte of bytesOf(set)) {
    const last = runs.at(-1);
    if (last?.[1] === byte - 1) last[1] = byte;
    else runs.push([byte, byte]);
  }
  return runs;
}

export const DIGIT = ofRanges(0x30, 0x39);
export const WORD = ofRanges(0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a);
/** With VT, as in PCRE since 8.34. */
export const SPACE = ofRanges(0x09, 0x0d, 0x20, 0x20);
export const BLANK_ACROSS = ofRanges(0x09, 0x09, 0x20, 0x20, 0xa0, 0xa0);
export const BLANK_DOWN = ofRanges(0x0a, 0x0d, 0x85, 0x85);
export const NEWLINE = ofRanges(0x0a, 0x0a);

/** `[:name:]` in PCRE's default tables, those of the C locale. */
export const POSIX: ReadonlyMap<string, ByteSet> = new Map([
  ['alnum', ofRanges(0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a)],
  ['alpha', ofRanges(0x41, 0x5a, 0x61, 0x7a)],
  ['ascii', ofRanges(0x00, 0x7f)],
  ['blank', ofRanges(0x09, 0x09, 0x20, 0x20)],
  ['cntrl', ofRanges(0x00, 0x1f, 0x7f, 0x7f)],
  ['digit', DIGIT],
  ['graph', ofRanges(0x21, 0x7e)],
  ['lower', ofRanges(0x61, 0x7a)],
  ['print', ofRanges(0x20, 0x7e)],
  ['punct', ofRanges(0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e)],
  ['space', SPACE],
  ['upper', ofRanges(0x41, 0x5a)],
  ['word', WORD],
  ['xdigit', ofRanges(0x30, 0x39, 0x41, 0x46, 0x61, 0x66)],
]);
