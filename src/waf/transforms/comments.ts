import { signatureOf } from '../signature.ts';
import type { Transform } from './transform.ts';

/** Every C comment becomes one space, one that does not end as well. */
export const replaceComments: Transform = {
  name: 'replaceComments',
  triggers: signatureOf('*'),
  apply(value) {
    let open = value.indexOf('/*');
    if (open < 0) return value;
    let result = '';
    let from = 0;
    while (open >= 0) {
      result += `${value.slice(from, open)} `;
      const close = value.indexOf('*/', open + 2);
      if (close < 0) return result;
      from = close + 2;
      open = value.indexOf('/*', from);
    }
    return result + value.slice(from);
  },
};

const SLASH = 0x2f;
const STAR = 0x2a;
const DASH = 0x2d;
const HASH = 0x23;
const LESS = 0x3c;

/** Size of the mark that opens a comment at `at`; 0 for none. `--` and `#` are not asked for. */
function openAt(value: string, at: number): number {
  const byte = value.charCodeAt(at);
  if (byte === SLASH) return value.charCodeAt(at + 1) === STAR ? 2 : 0;
  return byte === LESS && value.startsWith('!--', at + 1) ? 4 : 0;
}

/** Size of the mark that ends a comment at `at`; 0 for none. */
function closeAt(value: string, at: number): number {
  const byte = value.charCodeAt(at);
  if (byte === STAR) return value.charCodeAt(at + 1) === SLASH ? 2 : 0;
  return byte === DASH && value.startsWith('->', at + 1) ? 3 : 0;
}

/** `--` and `#`: the rest of the line, which is the rest of the value. */
const restAt = (value: string, at: number): number => {
  const byte = value.charCodeAt(at);
  if (byte === HASH) return 1;
  return byte === DASH && value.charCodeAt(at + 1) === DASH ? 2 : 0;
};

const triggers = signatureOf('*-#');

/** Takes out C and HTML comments, and all from `--` or `#` on; one that does not end leaves a space. */
export const removeComments: Transform = {
  name: 'removeComments',
  triggers,
  apply(value) {
    let result = '';
    let from = 0;
    let i = 0;
    while (i < value.length) {
      const open = openAt(value, i);
      if (open === 0) {
        if (restAt(value, i) > 0) return result + value.slice(from, i);
        i++;
        continue;
      }
      result += value.slice(from, i);
      i += open;
      let close = 0;
      while (i < value.length && close === 0) {
        close = closeAt(value, i);
        i += close > 0 ? close : 1;
      }
      if (close === 0) return `${result} `;
      from = i;
    }
    return from === 0 ? value : result + value.slice(from);
  },
};

/** Takes out the marks only: what is in a comment stays. One pass: what closes up is not looked at again. */
export const removeCommentsChar: Transform = {
  name: 'removeCommentsChar',
  triggers,
  apply(value) {
    let result = '';
    let from = 0;
    let i = 0;
    while (i < value.length) {
      const mark = openAt(value, i) || closeAt(value, i) || restAt(value, i);
      if (mark === 0) {
        i++;
        continue;
      }
      if (i > from) result += value.slice(from, i);
      i += mark;
      from = i;
    }
    return from === 0 ? value : result + value.slice(from);
  },
};
