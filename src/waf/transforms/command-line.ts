import { isUpper } from '../bytes.ts';
import { signatureOf } from '../signature.ts';
import { LETTERS } from './kinds.ts';
import { roomAfter, written } from './output.ts';
import type { Transform } from './transform.ts';

const GONE = 1;
const BLANK = 2;
const TIGHT = 3;
/** What is done with a byte; 0: it is kept, in lower case. */
const KIND = new Uint8Array(256);
for (const c of '"\'\\^') KIND[c.charCodeAt(0)] = GONE;
for (const c of ' ,;\t\r\n') KIND[c.charCodeAt(0)] = BLANK;
for (const c of '/(') KIND[c.charCodeAt(0)] = TIGHT;

const punctuation = signatureOf('"\'\\^ ,;\t\r\n');

/**
 * What shells ignore: quotes, backslashes and carets go; runs of blanks, commas and semicolons become
 * one space, and none before `/` and `(`; letters become small.
 */
export const cmdLine: Transform = {
  name: 'cmdLine',
  triggers: { lo: punctuation.lo, hi: punctuation.hi | LETTERS },
  apply(value) {
    let first = 0;
    while (first < value.length) {
      const byte = value.charCodeAt(first);
      if (KIND[byte] === GONE || KIND[byte] === BLANK || isUpper(byte)) break;
      first++;
    }
    if (first === value.length) return value;
    const out = roomAfter(value, first);
    let n = first;
    let inBlank = false;
    let changed = false;
    for (let i = first; i < value.length; i++) {
      const byte = value.charCodeAt(i);
      const kind = KIND[byte]!;
      if (kind === GONE) continue;
      if (kind === BLANK) {
        if (!inBlank) out[n++] = 0x20;
        if (byte !== 0x20) changed = true;
        inBlank = true;
        continue;
      }
      if (kind === TIGHT && inBlank) n--;
      inBlank = false;
      if (isUpper(byte)) changed = true;
      out[n++] = isUpper(byte) ? byte | 0x20 : byte;
    }
    return changed || n !== value.length ? written(out, n) : value;
  },
};
