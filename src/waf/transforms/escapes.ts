import { HEX, hexPair, isOctal, isSpace } from '../bytes.ts';
import { signatureOf } from '../signature.ts';
import { narrow } from './best-fit.ts';
import { roomAfter, written } from './output.ts';
import type { Transform } from './transform.ts';

const BACKSLASH = 0x5c;

/** C's letters for control characters: `\n` and so on; 0 for none of them. */
const CONTROL = new Uint8Array(256);
for (const [letter, byte] of [
  ['a', 7],
  ['b', 8],
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
] as const) {
  CONTROL[letter.charCodeAt(0)] = byte;
}

/** Of the escape read last: the byte it stands for, -1 for none at all; and how long it is. */
let escaped = 0;
let taken = 0;

type Read = (value: string, at: number) => void;

function decode(value: string, read: Read): string {
  const first = value.indexOf('\\');
  if (first < 0) return value;
  const out = roomAfter(value, first);
  let n = first;
  let i = first;
  while (i < value.length) {
    const byte = value.charCodeAt(i);
    if (byte !== BACKSLASH) {
      out[n++] = byte;
      i++;
      continue;
    }
    read(value, i);
    if (escaped >= 0) out[n++] = escaped;
    i += taken;
  }
  // Every escape is longer than its byte; only a backslash at the very end may stay.
  return n === value.length ? value : written(out, n);
}

/** Up to three octal digits behind the backslash. */
function readOctal(value: string, at: number, mostDigits: number): void {
  escaped = 0;
  taken = 1;
  while (taken <= mostDigits && isOctal(value.charCodeAt(at + taken))) {
    escaped = (escaped << 3) | (value.charCodeAt(at + taken) & 7);
    taken++;
  }
  escaped &= 0xff;
}

/** The character behind the backslash stands for itself or for a control character. */
function readLetter(value: string, at: number): void {
  const letter = value.charCodeAt(at + 1);
  escaped = CONTROL[letter]! || letter;
  taken = 2;
}

function lastBackslash(): void {
  escaped = BACKSLASH;
  taken = 1;
}

function readJavaScript(value: string, at: number): void {
  const letter = at + 1 < value.length ? value.charCodeAt(at + 1) : -1;
  if (letter < 0) lastBackslash();
  // Three octal digits only where they make one byte.
  else if (isOctal(letter)) readOctal(value, at, letter > 0x33 ? 2 : 3);
  else if (letter === 0x78) readHex(value, at);
  else if (letter === 0x75) readWide(value, at);
  else readLetter(value, at);
}

/** `\uHHHH` */
function readWide(value: string, at: number): void {
  const high = hexPair(value, at + 2);
  const low = hexPair(value, at + 4);
  if (high < 0 || low < 0) readLetter(value, at);
  else {
    escaped = narrow((high << 8) | low);
    taken = 6;
  }
}

/** `\xHH` */
function readHex(value: string, at: number): void {
  const pair = hexPair(value, at + 2);
  if (pair < 0) readLetter(value, at);
  else {
    escaped = pair;
    taken = 4;
  }
}

function readAnsiC(value: string, at: number): void {
  const letter = at + 1 < value.length ? value.charCodeAt(at + 1) : -1;
  if (letter < 0) lastBackslash();
  else if (isOctal(letter)) readOctal(value, at, 3);
  else if ((letter | 0x20) === 0x78) readHex(value, at);
  else readLetter(value, at);
}

const MOST_CSS_DIGITS = 6;

/** CSS 2.1, 4.1.3: 1–6 hexadecimal digits and one white space; a newline is nothing at all. */
function readCss(value: string, at: number): void {
  let digits = 0;
  let code = 0;
  while (digits < MOST_CSS_DIGITS && at + 1 + digits < value.length) {
    const digit = HEX[value.charCodeAt(at + 1 + digits)]!;
    if (digit < 0) break;
    code = (code << 4) | digit;
    digits++;
  }
  if (digits > 0) {
    // Codes above U+FFFF have no full-width form: the low byte is all there is of them.
    escaped = code <= 0xffff && digits >= 4 ? narrow(code) : code & 0xff;
    taken = 1 + digits;
    if (at + taken < value.length && isSpace(value.charCodeAt(at + taken))) taken++;
    return;
  }
  const last = at + 1 >= value.length;
  escaped = last || value.charCodeAt(at + 1) === 0x0a ? -1 : value.charCodeAt(at + 1);
  taken = last ? 1 : 2;
}

const triggers = signatureOf('\\');

/** `\uHHHH`, `\xHH`, octal, `\n` and the like; other backslashes are taken away. */
export const jsDecode: Transform = {
  name: 'jsDecode',
  triggers,
  apply: (value) => decode(value, readJavaScript),
};

export const cssDecode: Transform = {
  name: 'cssDecode',
  triggers,
  apply: (value) => decode(value, readCss),
};

/** ANSI C: `\xHH`, octal, `\n` and the like; other backslashes are taken away. */
export const escapeSeqDecode: Transform = {
  name: 'escapeSeqDecode',
  triggers,
  apply: (value) => decode(value, readAnsiC),
};
