import { signatureOf } from '../signature.ts';
import { roomFor, written } from './output.ts';
import type { Transform } from './transform.ts';

const SLASH = 0x2f;
const DOT = 0x2e;

/** Is there an empty part, or one that begins with a dot? Nothing else is ever taken out. */
function isNormal(value: string): boolean {
  let start = true;
  for (let i = 0; i < value.length; i++) {
    const byte = value.charCodeAt(i);
    if (start && (byte === DOT || (byte === SLASH && i > 0))) return false;
    start = byte === SLASH;
  }
  return true;
}

/**
 * Writes the parts one after the other; `..` takes the last one back. A relative path keeps the `..`
 * that lead out of it. There is a slash at the end if there was one.
 */
function normalized(value: string): string {
  if (isNormal(value)) return value;
  const out = roomFor(value.length + 1);
  const absolute = value.charCodeAt(0) === SLASH;
  /** What can't be taken back: the root, and leading `..`. */
  let floor = absolute ? 1 : 0;
  let n = floor;
  if (absolute) out[0] = SLASH;
  for (let i = floor; i < value.length; ) {
    const end = endOfPart(value, i);
    const size = end - i;
    if (size === 2 && value.charCodeAt(i) === DOT && value.charCodeAt(i + 1) === DOT) {
      if (n > floor) {
        n--;
        while (n > floor && out[n - 1] !== SLASH) n--;
      } else if (!absolute) {
        n = append(value, i, end, out, n);
        floor = n;
      }
    } else if (size > 1 || (size === 1 && value.charCodeAt(i) !== DOT)) {
      n = append(value, i, end, out, n);
    }
    i = end + 1;
  }
  const trailing = value.charCodeAt(value.length - 1) === SLASH;
  if (!trailing && n > 0) n--;
  return written(out, n);
}

function endOfPart(value: string, from: number): number {
  const end = value.indexOf('/', from);
  return end < 0 ? value.length : end;
}

/** The part and a slash. */
function append(value: string, from: number, to: number, out: Buffer, at: number): number {
  let n = at;
  for (let i = from; i < to; i++) out[n++] = value.charCodeAt(i);
  out[n++] = SLASH;
  return n;
}

/** Takes out `//`, `/./` and `/../` with what is before it. */
export const normalizePath: Transform = {
  name: 'normalizePath',
  triggers: signatureOf('/.'),
  apply: normalized,
};

/** Backslashes are slashes. */
export const normalizePathWin: Transform = {
  name: 'normalizePathWin',
  triggers: signatureOf('/.\\'),
  apply: (value) => normalized(value.includes('\\') ? value.replaceAll('\\', '/') : value),
};
