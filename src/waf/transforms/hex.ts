import { HEX, hexPair } from '../bytes.ts';
import { ANYTHING, signatureOf } from '../signature.ts';
import { roomAfter, roomFor, written } from './output.ts';
import type { Transform } from './transform.ts';

const DIGITS = '0123456789abcdef';

/** In lower case. */
export const hexEncode: Transform = {
  name: 'hexEncode',
  triggers: ANYTHING,
  apply(value) {
    const out = roomFor(value.length * 2);
    let n = 0;
    for (let i = 0; i < value.length; i++) {
      const byte = value.charCodeAt(i);
      out[n++] = DIGITS.charCodeAt(byte >> 4);
      out[n++] = DIGITS.charCodeAt(byte & 15);
    }
    return written(out, n);
  },
};

/** What is no digit counts as 0; an odd digit at the end is dropped. */
export const hexDecode: Transform = {
  name: 'hexDecode',
  triggers: ANYTHING,
  apply(value) {
    const out = roomFor(value.length);
    let n = 0;
    for (let i = 0; i + 1 < value.length; i += 2) {
      const high = Math.max(HEX[value.charCodeAt(i)]!, 0);
      out[n++] = (high << 4) | Math.max(HEX[value.charCodeAt(i + 1)]!, 0);
    }
    return written(out, n);
  },
};

/** SQL's `0x414243` becomes what it stands for; digits in pairs. */
export const sqlHexDecode: Transform = {
  name: 'sqlHexDecode',
  triggers: signatureOf('x'),
  apply(value) {
    const first = value.indexOf('0');
    if (first < 0) return value;
    const out = roomAfter(value, first);
    let n = first;
    let i = first;
    while (i < value.length) {
      const byte = value.charCodeAt(i);
      if (byte === 0x30 && (value.charCodeAt(i + 1) | 0x20) === 0x78) {
        let pair = hexPair(value, i + 2);
        if (pair >= 0) {
          for (i += 2; pair >= 0; pair = hexPair(value, i)) {
            out[n++] = pair;
            i += 2;
          }
          continue;
        }
      }
      out[n++] = byte;
      i++;
    }
    return n === value.length ? value : written(out, n);
  },
};
