import { ANYTHING } from '../signature.ts';
import { roomFor, written } from './output.ts';
import type { Transform } from './transform.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SIX = new Int8Array(256).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) SIX[ALPHABET.charCodeAt(i)] = i;
/** With the URL-safe alphabet's characters as well. */
const SIX_WIDE = SIX.slice();
SIX_WIDE['-'.charCodeAt(0)] = 62;
SIX_WIDE['_'.charCodeAt(0)] = 63;

/** @param skip go on behind what is no base64, instead of ending there */
function decode(value: string, table: Int8Array, skip: boolean): string {
  const out = roomFor(value.length);
  let n = 0;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < value.length; i++) {
    const six = table[value.charCodeAt(i)]!;
    if (six < 0) {
      if (skip) continue;
      break;
    }
    held = ((held << 6) | six) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[n++] = held >> bits;
    }
  }
  return written(out, n);
}

/** RFC 4648, up to the first byte that is none of it: padding ends it, and what is behind is lost. */
export const base64Decode: Transform = {
  name: 'base64Decode',
  triggers: ANYTHING,
  apply: (value) => decode(value, SIX, false),
};

/** Skips what is no base64, as PHP does; `-` and `_` count as base64. */
export const base64DecodeExt: Transform = {
  name: 'base64DecodeExt',
  triggers: ANYTHING,
  apply: (value) => decode(value, SIX_WIDE, true),
};
