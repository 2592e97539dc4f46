import { isLower, isUpper } from '../bytes.ts';
import { LETTERS } from './kinds.ts';
import { roomAfter, written } from './output.ts';
import type { Transform } from './transform.ts';

const CASE_BIT = 0x20;

/**
 * One bit of a signature stands for both cases of a letter: the triggers can't tell them apart, and
 * what is in the right case already comes back as it is. JavaScript's own functions are fast, but fold
 * the letters above 0x7f too: a value with such bytes goes the slow way.
 */
function hasHigh(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) >= 0x80) return true;
  return false;
}

function turned(value: string, isWrong: (byte: number) => boolean): string {
  let first = 0;
  while (first < value.length && !isWrong(value.charCodeAt(first))) first++;
  if (first === value.length) return value;
  const out = roomAfter(value, first);
  for (let i = first; i < value.length; i++) {
    const byte = value.charCodeAt(i);
    out[i] = isWrong(byte) ? byte ^ CASE_BIT : byte;
  }
  return written(out, value.length);
}

const triggers = { lo: 0, hi: LETTERS };

export const lowercase: Transform = {
  name: 'lowercase',
  triggers,
  apply(value) {
    const lower = value.toLowerCase();
    return lower === value || !hasHigh(value) ? lower : turned(value, isUpper);
  },
};
export const uppercase: Transform = {
  name: 'uppercase',
  triggers,
  apply: (value) => (hasHigh(value) ? turned(value, isLower) : value.toUpperCase()),
};
