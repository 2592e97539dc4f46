/** Classes of bytes that the readers share. */

/** RFC 9110, section 5.6.2. */
const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** RFC 2046, section 5.1.1; the space is left out, because readers trim it. */
const BOUNDARY = "'()+_,-./:=?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const setOf = (characters: string): Uint8Array => {
  const set = new Uint8Array(256);
  for (let i = 0; i < characters.length; i++) set[characters.charCodeAt(i)] = 1;
  return set;
};

const TOKEN_BYTES = setOf(TOKEN);
const BOUNDARY_BYTES = setOf(BOUNDARY);

export const isToken = (byte: number): boolean => TOKEN_BYTES[byte] === 1;
export const isBoundaryByte = (byte: number): boolean => BOUNDARY_BYTES[byte] === 1;
export const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09;

const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) {
  HEX['0123456789abcdef'.charCodeAt(i)] = i;
  HEX['0123456789ABCDEF'.charCodeAt(i)] = i;
}
/** 0–15, or -1 if the byte is no hexadecimal digit. NaN, behind the end of a text, is none. */
export const hexOf = (byte: number): number => HEX[byte] ?? -1;

/** A to Z only: `toLowerCase` would change bytes above 127. */
export function lowerAscii(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i);
    if (byte >= 0x41 && byte <= 0x5a) return lowered(text, i);
  }
  return text;
}

function lowered(text: string, from: number): string {
  let out = text.slice(0, from);
  for (let i = from; i < text.length; i++) {
    const byte = text.charCodeAt(i);
    out += byte >= 0x41 && byte <= 0x5a ? String.fromCharCode(byte + 0x20) : text[i]!;
  }
  return out;
}

/** Without blanks at both ends. */
export function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return from === 0 && to === text.length ? text : text.slice(from, to);
}

/** Of one code point, 0 – 0x10FFFF: its UTF-8 bytes. Surrogates get the three bytes they would have. */
export function utf8Of(point: number): string {
  if (point < 0x80) return String.fromCharCode(point);
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6), 0x80 | (point & 63));
  if (point < 0x10000)
    return String.fromCharCode(
      0xe0 | (point >> 12),
      0x80 | ((point >> 6) & 63),
      0x80 | (point & 63),
    );
  return String.fromCharCode(
    0xf0 | (point >> 18),
    0x80 | ((point >> 12) & 63),
    0x80 | ((point >> 6) & 63),
    0x80 | (point & 63),
  );
}

/**
 * Where the bytes stop being UTF-8 (RFC 3629: no overlong forms, no surrogates), or -1.
 * @param cut true: a character that `to` cuts in two is no mistake
 */
export function badUtf8At(text: string, from: number, to: number, cut: boolean): number {
  let i = from;
  while (i < to) {
    const byte = text.charCodeAt(i);
    if (byte < 0x80) {
      i++;
      continue;
    }
    const more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    if (byte < 0xc2 || byte > 0xf4) return i;
    const lowest = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    const highest = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    for (let n = 1; n <= more; n++) {
      if (i + n >= to) return cut ? -1 : i;
      const next = text.charCodeAt(i + n);
      if (next < (n === 1 ? lowest : 0x80) || next > (n === 1 ? highest : 0xbf)) return i;
    }
    i += more + 1;
  }
  return -1;
}
