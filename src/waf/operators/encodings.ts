import { hexPair } from '../bytes.ts';
import { signatureOf } from '../signature.ts';
import type { Matcher } from './matcher.ts';

function invalidPercent(value: string): number {
  let at = value.indexOf('%');
  while (at >= 0 && hexPair(value, at + 1) >= 0) at = value.indexOf('%', at + 3);
  return at;
}

/** ModSecurity's validateUrlEncoding: matches where `%` is not followed by two hexadecimal digits. */
export const urlEncoding: Matcher = {
  need: [signatureOf('%')],
  test: (value) => invalidPercent(value) >= 0,
  find(value) {
    const at = invalidPercent(value);
    return at < 0 ? null : value.slice(at, at + 3);
  },
};

/** First code that needs a character of so many bytes. */
const LEAST = [0, 0, 0x80, 0x800, 0x10000];
const LARGEST = 0x10ffff;

/** Bytes of the character at `at`, RFC 3629, which is not ASCII; 0 if there is no valid one. */
function sizeAt(value: string, at: number): number {
  const byte = value.charCodeAt(at);
  const size = byte < 0xc0 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf8 ? 4 : 0;
  if (size === 0 || at + size > value.length) return 0;
  let code = byte & (0xff >> (size + 1));
  for (let i = 1; i < size; i++) {
    const tail = value.charCodeAt(at + i);
    if ((tail & 0xc0) !== 0x80) return 0;
    code = (code << 6) | (tail & 0x3f);
  }
  const surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < LEAST[size]! || code > LARGEST || surrogate ? 0 : size;
}

function invalidCharacter(value: string): number {
  let i = 0;
  while (i < value.length) {
    // Nearly all of nearly every value.
    if (value.charCodeAt(i) < 0x80) {
      i++;
      continue;
    }
    const size = sizeAt(value, i);
    if (size === 0) return i;
    i += size;
  }
  return -1;
}

/** ModSecurity's validateUtf8Encoding: matches what is no UTF-8, overlong forms and surrogates too. */
export const utf8Encoding: Matcher = {
  need: [signatureOf('\x80')],
  test: (value) => invalidCharacter(value) >= 0,
  find(value) {
    const at = invalidCharacter(value);
    return at < 0 ? null : value.charAt(at);
  },
};
