import { hexPair, isAlphanumeric } from '../bytes.ts';
import { LO, signatureOf } from '../signature.ts';
import { bestFit } from './best-fit.ts';
import { roomAfter, roomFor, written } from './output.ts';
import type { Transform } from './transform.ts';

const PERCENT = 0x25;
const PLUS = 0x2b;

/** `%uHHHH` at `at` as one byte; -1 if there is none. */
function wideAt(value: string, at: number): number {
  if ((value.charCodeAt(at + 1) | 0x20) !== 0x75) return -1;
  const high = hexPair(value, at + 2);
  const low = hexPair(value, at + 4);
  return high < 0 || low < 0 ? -1 : bestFit((high << 8) | low);
}

/** Decodes what is valid; a percent sign that begins nothing stays as it is. */
function decode(value: string, wide: boolean): string {
  const percent = value.indexOf('%');
  const plus = value.indexOf('+');
  if (percent < 0 && plus < 0) return value;
  const first = percent < 0 ? plus : plus < 0 ? percent : Math.min(percent, plus);
  const out = roomAfter(value, first);
  let n = first;
  let changed = false;
  for (let i = first; i < value.length; i++) {
    const byte = value.charCodeAt(i);
    let decoded = byte;
    if (byte === PLUS) {
      decoded = 0x20;
      changed = true;
    } else if (byte === PERCENT) {
      const pair = hexPair(value, i + 1);
      const found = pair >= 0 || !wide ? pair : wideAt(value, i);
      if (found >= 0) {
        decoded = found;
        changed = true;
        i += pair >= 0 ? 2 : 5;
      }
    }
    out[n++] = decoded;
  }
  return changed ? written(out, n) : value;
}

export const urlDecode: Transform = {
  name: 'urlDecode',
  triggers: signatureOf('%+'),
  apply: (value) => decode(value, false),
};

/** As urlDecode; and IIS's `%uHHHH`, which becomes the nearest ASCII character. */
export const urlDecodeUni: Transform = {
  name: 'urlDecodeUni',
  triggers: signatureOf('%+'),
  apply: (value) => decode(value, true),
};

const DIGITS = '0123456789abcdef';
const ENCODED_SIZE = 3;

/** Space becomes `+`; all but letters, digits and `*` become %hh, in lower case. */
export const urlEncode: Transform = {
  name: 'urlEncode',
  triggers: {
    lo: ~LO['*'.charCodeAt(0)]!,
    hi: ~signatureOf('abcdefghijklmnopqrstuvwxyz0').hi,
  },
  apply(value) {
    const out = roomFor(value.length * ENCODED_SIZE);
    let n = 0;
    let changed = false;
    for (let i = 0; i < value.length; i++) {
      const byte = value.charCodeAt(i);
      if (isAlphanumeric(byte) || byte === 0x2a) {
        out[n++] = byte;
        continue;
      }
      changed = true;
      if (byte === 0x20) out[n++] = PLUS;
      else {
        out[n++] = PERCENT;
        out[n++] = DIGITS.charCodeAt(byte >> 4);
        out[n++] = DIGITS.charCodeAt(byte & 15);
      }
    }
    return changed ? written(out, n) : value;
  },
};
