/** What a byte can begin or belong to, in SQL. */

/** Where the lexer branches. */
export const BYTE = {
  other: 0,
  blank: 1,
  word: 2,
  digit: 3,
  quote: 4,
  operator: 5,
  single: 6,
  dash: 7,
  slash: 8,
  hash: 9,
  at: 10,
  dot: 11,
  backtick: 12,
  bracket: 13,
  dollar: 14,
  backslash: 15,
  star: 16,
} as const;

const KINDS = new Uint8Array(256);
const mark = (bytes: string, kind: number): void => {
  for (let i = 0; i < bytes.length; i++) KINDS[bytes.charCodeAt(i)] = kind;
};
for (let code = 0; code <= 32; code++) KINDS[code] = BYTE.blank;
for (let code = 128; code < 256; code++) KINDS[code] = BYTE.word;
mark('\x7f', BYTE.blank);
mark('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', BYTE.word);
mark('0123456789', BYTE.digit);
mark('\'"', BYTE.quote);
mark('+=<>!|&%^~:', BYTE.operator);
mark('(){},;?', BYTE.single);
mark('-', BYTE.dash);
mark('/', BYTE.slash);
mark('#', BYTE.hash);
mark('@', BYTE.at);
mark('.', BYTE.dot);
mark('`', BYTE.backtick);
mark('[', BYTE.bracket);
mark('$', BYTE.dollar);
mark('\\', BYTE.backslash);
mark('*', BYTE.star);

/** Kind of the byte at `at`; 0 behind the end. */
export const kindAt = (value: string, at: number): number => KINDS[value.charCodeAt(at)] ?? 0;

export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
export const isHexDigit = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
/** A byte that goes on a word: letter, digit, `_`, `$`, anything above ASCII. */
export function isWordPart(value: string, at: number): boolean {
  const kind = kindAt(value, at);
  return kind === BYTE.word || kind === BYTE.digit || kind === BYTE.dollar;
}

const NBSP = 0xa0;
const UTF8_LEAD = 0xc2;
/**
 * A no-break space: the byte A0 by itself, as databases with one-byte character sets read it, or
 * C2 A0. Behind any other byte above ASCII it is the middle of a UTF-8 character.
 */
export function isLoneNbsp(value: string, at: number): boolean {
  const code = value.charCodeAt(at);
  if (code < NBSP) return false;
  if (code === UTF8_LEAD) return value.charCodeAt(at + 1) === NBSP;
  if (code !== NBSP) return false;
  const before = at === 0 ? 0 : value.charCodeAt(at - 1);
  return before < 0x80 || before === UTF8_LEAD || before === NBSP;
}

export const UNICODE_ESCAPE_CHARS = 6;
/**
 * `%u00e9`: what a rule with multiMatch sees of a letter above ASCII between two transformations. Inside
 * of a word it is a letter, not a division.
 */
export function isUnicodeEscape(value: string, at: number): boolean {
  if (value.charCodeAt(at) !== 0x25 || (value.charCodeAt(at + 1) | 32) !== 0x75) return false;
  for (let i = at + 2; i < at + UNICODE_ESCAPE_CHARS; i++)
    if (!isHexDigit(value.charCodeAt(i))) return false;
  return true;
}
