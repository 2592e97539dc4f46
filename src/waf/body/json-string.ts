/** Strings of JSON: from the quote to the quote, escapes become UTF-8 bytes. */
import { badUtf8At, hexOf, utf8Of } from './bytes.ts';
import type { Gather } from './gather.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const REPLACEMENT = utf8Of(0xfffd);

export interface JsonString {
  readonly value: string;
  /** Behind the closing quote. */
  readonly end: number;
  readonly closed: boolean;
}

/** @param from of the first byte behind the opening quote */
export function readJsonString(text: string, from: number, gather: Gather): JsonString {
  let escaped = false;
  let beyondAscii = false;
  let i = from;
  for (; i < text.length; i++) {
    const byte = text.charCodeAt(i);
    if (byte === QUOTE) break;
    if (byte === BACKSLASH) {
      escaped = true;
      i++;
    } else if (byte < 0x20) gather.note('json-control', i);
    else if (byte > 0x7f) beyondAscii = true;
  }
  const closed = i < text.length;
  const to = closed ? i : text.length;
  if (beyondAscii) {
    const bad = badUtf8At(text, from, to, !closed && gather.truncated);
    if (bad >= 0) gather.note('json-utf8', bad);
  }
  const value = escaped ? unescaped(text, from, to, gather, closed) : text.slice(from, to);
  return { value, end: i + 1, closed };
}

function unescaped(
  text: string,
  from: number,
  to: number,
  gather: Gather,
  closed: boolean,
): string {
  let out = '';
  let at = from;
  for (let i = text.indexOf('\\', from); i >= 0 && i < to; i = text.indexOf('\\', at)) {
    out += text.slice(at, i);
    if (text[i + 1] === 'u') {
      const unit = unitAt(text, i + 2, to);
      if (unit < 0) {
        // What is no escape stays, so that rules see it.
        if (closed || !gather.truncated) gather.note('json-escape', i);
        out += '\\u';
        at = i + 2;
        continue;
      }
      const low = isHigh(unit) && text.startsWith('\\u', i + 6) ? unitAt(text, i + 8, to) : -1;
      if (isHigh(unit) && isLow(low)) {
        out += utf8Of(0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff));
        at = i + 12;
        continue;
      }
      if (isHigh(unit) || isLow(unit)) {
        gather.note('json-surrogate', i);
        out += REPLACEMENT;
      } else out += utf8Of(unit);
      at = i + 6;
      continue;
    }
    const meant = meaningOf(text.charCodeAt(i + 1));
    if (meant === null && (closed || !gather.truncated || i + 1 < to))
      gather.note('json-escape', i);
    out += meant ?? text.slice(i, Math.min(i + 2, to));
    at = i + 2;
  }
  return at < to ? out + text.slice(at, to) : out;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;

/** Four hexadecimal digits, or -1. */
function unitAt(text: string, from: number, to: number): number {
  if (from + 4 > to) return -1;
  let unit = 0;
  for (let i = from; i < from + 4; i++) {
    const digit = hexOf(text.charCodeAt(i));
    if (digit < 0) return -1;
    unit = (unit << 4) | digit;
  }
  return unit;
}

function meaningOf(byte: number): string | null {
  switch (byte) {
    case 0x22:
      return '"';
    case 0x5c:
      return '\\';
    case 0x2f:
      return '/';
    case 0x62:
      return '\b';
    case 0x66:
      return '\f';
    case 0x6e:
      return '\n';
    case 0x72:
      return '\r';
    case 0x74:
      return '\t';
    default:
      return null;
  }
}
