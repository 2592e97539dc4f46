import { isSpace } from '../bytes.ts';
import { HIGH, SPACES } from './kinds.ts';
import { roomAfter, written } from './output.ts';
import type { Transform } from './transform.ts';

const NBSP = 0xa0;
/** What comes before it in UTF-8. */
const NBSP_HEAD = 0xc2;
const isWide = (byte: number): boolean => isSpace(byte) || byte === NBSP;

function firstSpace(value: string): number {
  for (let i = 0; i < value.length; i++) if (isWide(value.charCodeAt(i))) return i;
  return -1;
}

/** A run of white space, Latin-1's NO-BREAK SPACE included, becomes one space. */
export const compressWhitespace: Transform = {
  name: 'compressWhitespace',
  triggers: { lo: 0, hi: SPACES | HIGH },
  apply(value) {
    const first = firstSpace(value);
    if (first < 0) return value;
    const out = roomAfter(value, first);
    let n = first;
    let changed = false;
    let inSpace = false;
    for (let i = first; i < value.length; i++) {
      const byte = value.charCodeAt(i);
      const space = isWide(byte);
      if (!space) out[n++] = byte;
      else if (!inSpace) out[n++] = 0x20;
      if (space && (inSpace || byte !== 0x20)) changed = true;
      inSpace = space;
    }
    return changed ? written(out, n) : value;
  },
};

/** NO-BREAK SPACE is white space here, in Latin-1 and in UTF-8. */
export const removeWhitespace: Transform = {
  name: 'removeWhitespace',
  triggers: { lo: 0, hi: SPACES | HIGH },
  apply(value) {
    const first = firstSpace(value);
    if (first < 0) return value;
    const out = roomAfter(value, first);
    let n = first;
    for (let i = first; i < value.length; i++) {
      const byte = value.charCodeAt(i);
      if (!isWide(byte)) out[n++] = byte;
      else if (byte === NBSP && i > 0 && value.charCodeAt(i - 1) === NBSP_HEAD) n--;
    }
    return written(out, n);
  },
};

function trimmed(value: string, left: boolean, right: boolean): string {
  let from = 0;
  let to = value.length;
  if (left) while (from < to && isSpace(value.charCodeAt(from))) from++;
  if (right) while (to > from && isSpace(value.charCodeAt(to - 1))) to--;
  return to - from === value.length ? value : value.slice(from, to);
}

const triggers = { lo: 0, hi: SPACES };

export const trim: Transform = {
  name: 'trim',
  triggers,
  apply: (value) => trimmed(value, true, true),
};
export const trimLeft: Transform = {
  name: 'trimLeft',
  triggers,
  apply: (value) => trimmed(value, true, false),
};
export const trimRight: Transform = {
  name: 'trimRight',
  triggers,
  apply: (value) => trimmed(value, false, true),
};
