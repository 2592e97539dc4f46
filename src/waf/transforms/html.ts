import { HEX, isAlphanumeric, isDigit } from '../bytes.ts';
import { signatureOf } from '../signature.ts';
import { roomAfter, written } from './output.ts';
import type { Transform } from './transform.ts';

const NAMED: Readonly<Record<string, number>> = {
  quot: 0x22,
  amp: 0x26,
  lt: 0x3c,
  gt: 0x3e,
  nbsp: 0xa0,
};
const SHORTEST_NAME = 2;
const LONGEST_NAME = 4;
/** A number that C's long can't hold becomes the largest it can: its low byte is this. */
const TOO_LARGE = 2 ** 63;
const LOW_BYTE_OF_LARGEST = 0xff;

/** Of the entity read last: what it stands for, -1 if it was none, and where it ends. */
let entity = -1;
let end = 0;

function readNumber(value: string, from: number, base: 10 | 16): void {
  let number = 0;
  let low = 0;
  end = from;
  while (end < value.length) {
    const byte = value.charCodeAt(end);
    if (base === 10 && !isDigit(byte)) break;
    const digit = HEX[byte]!;
    if (digit < 0) break;
    number = number * base + digit;
    low = (low * base + digit) & 0xff;
    end++;
  }
  entity = end === from ? -1 : number >= TOO_LARGE ? LOW_BYTE_OF_LARGEST : low;
}

function readName(value: string, from: number): void {
  end = from;
  while (end - from <= LONGEST_NAME && end < value.length) {
    if (!isAlphanumeric(value.charCodeAt(end))) break;
    end++;
  }
  const size = end - from;
  if (size < SHORTEST_NAME || size > LONGEST_NAME) return;
  entity = NAMED[value.slice(from, end).toLowerCase()] ?? -1;
}

function readEntity(value: string, at: number): void {
  entity = -1;
  const next = at + 1 < value.length ? value.charCodeAt(at + 1) : 0;
  if (next !== 0x23) readName(value, at + 1);
  else if (at + 2 < value.length && (value.charCodeAt(at + 2) | 0x20) === 0x78) {
    readNumber(value, at + 3, 16);
  } else readNumber(value, at + 2, 10);
  if (entity >= 0 && end < value.length && value.charCodeAt(end) === 0x3b) end++;
}

/**
 * Numbers, of which the low byte is taken, and the few names that matter: with or without a semicolon,
 * as browsers have it.
 */
export const htmlEntityDecode: Transform = {
  name: 'htmlEntityDecode',
  triggers: signatureOf('&'),
  apply(value) {
    const first = value.indexOf('&');
    if (first < 0) return value;
    const out = roomAfter(value, first);
    let n = first;
    let i = first;
    while (i < value.length) {
      const byte = value.charCodeAt(i);
      if (byte === 0x26) {
        readEntity(value, i);
        if (entity >= 0) {
          out[n++] = entity;
          i = end;
          continue;
        }
      }
      out[n++] = byte;
      i++;
    }
    return n === value.length ? value : written(out, n);
  },
};
