import { HIGH, NUL } from './kinds.ts';
import { roomFor, written } from './output.ts';
import type { Transform } from './transform.ts';

const DIGITS = '0123456789abcdef';
/** Two bytes may become seven, four nine. */
const MOST_GROWTH = 4;

const isTail = (value: string, at: number): boolean =>
  at < value.length && (value.charCodeAt(at) & 0xc0) === 0x80;

/** Bytes in the character that this one begins; 1 if it begins none. */
function sizeAt(value: string, at: number): number {
  const byte = value.charCodeAt(at);
  if (byte < 0xc0 || byte >= 0xf8) return 1;
  const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
  for (let i = 1; i < size; i++) if (!isTail(value, at + i)) return 1;
  return size;
}

const LEAST = [0, 0, 0x80, 0x800, 0x10000];

/** `%uHHHH`: four digits, more where it needs more. */
function writeCode(code: number, out: Buffer, at: number): number {
  let n = at;
  out[n++] = 0x25;
  out[n++] = 0x75;
  for (let shift = code > 0xfffff ? 20 : code > 0xffff ? 16 : 12; shift >= 0; shift -= 4) {
    out[n++] = DIGITS.charCodeAt((code >> shift) & 15);
  }
  return n;
}

/**
 * UTF-8 becomes `%uHHHH`, for urlDecodeUni. As in ModSecurity, NULs and bytes that begin a character
 * but have no valid rest are dropped; behind an overlong form or a surrogate its first byte stays.
 */
export const utf8toUnicode: Transform = {
  name: 'utf8toUnicode',
  triggers: { lo: 0, hi: HIGH | NUL },
  apply(value) {
    let first = 0;
    while (first < value.length) {
      const byte = value.charCodeAt(first);
      if (byte === 0 || byte >= 0x80) break;
      first++;
    }
    if (first === value.length) return value;
    const out = roomFor(value.length * MOST_GROWTH);
    let n = 0;
    let i = 0;
    while (i < value.length) {
      const byte = value.charCodeAt(i);
      const size = byte < 0x80 ? 1 : sizeAt(value, i);
      if (byte >= 0xf5 && byte < 0xf8) out[n++] = byte;
      if (size === 1) {
        // 0x80 … 0xbf and 0xf8 … 0xff begin nothing, and stay.
        if (byte !== 0 && (byte < 0xc0 || byte >= 0xf8)) out[n++] = byte;
      } else {
        let code = byte & (0xff >> (size + 1));
        for (let k = 1; k < size; k++) code = (code << 6) | (value.charCodeAt(i + k) & 0x3f);
        n = writeCode(code, out, n);
        if (code >= 0xd800 && code <= 0xdfff) out[n++] = byte;
        if (code < LEAST[size]!) out[n++] = byte;
      }
      i += size;
    }
    return written(out, n);
  },
};
