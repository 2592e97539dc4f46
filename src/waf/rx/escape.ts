/** What stands behind a backslash. */
import {
  BLANK_ACROSS,
  BLANK_DOWN,
  type ByteSet,
  DIGIT,
  foldCase,
  NEWLINE,
  ofRanges,
  SPACE,
  WORD,
  without,
} from './bytes.ts';
import type { Reader } from './reader.ts';
import { type Assertion, type Node, seq } from './tree.ts';

const SETS: Readonly<Record<string, ByteSet>> = {
  d: DIGIT,
  D: without(DIGIT),
  w: WORD,
  W: without(WORD),
  s: SPACE,
  S: without(SPACE),
  h: BLANK_ACROSS,
  H: without(BLANK_ACROSS),
  v: BLANK_DOWN,
  V: without(BLANK_DOWN),
};

const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: 'start',
  z: 'end',
  Z: 'end-or-newline',
  b: 'word',
  B: 'not-word',
};

const CONTROLS: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };

/** Null: `\E` without `\Q`, an empty `\Q\E`. The backslash, at `at`, is taken. */
export function parseEscape(reader: Reader, at: number): Node | null {
  if (!reader.more()) reader.refuse(at, 'something behind the backslash');
  if (reader.eat('Q')) return quoted(reader);
  if (reader.eat('E')) return null;
  if (reader.eat('N')) return { kind: 'set', set: without(NEWLINE) };
  const assertion = ASSERTIONS[reader.rest(1)];
  if (assertion !== undefined) {
    reader.at++;
    return { kind: 'assert', what: assertion };
  }
  const reference = reader.match(/g(?:\{(-?)(\d{1,3})\}|(-?)(\d{1,3}))/y);
  if (reference !== null) {
    const number = Number(reference[2] ?? reference[4]);
    const back = (reference[1] ?? reference[3]) === '-';
    return reader.reference(at, back ? reader.groups + 1 - number : number);
  }
  const named = reader.match(/[gk]\{([A-Za-z_]\w*)\}|k<([A-Za-z_]\w*)>|k'([A-Za-z_]\w*)'/y);
  if (named !== null)
    return reader.reference(at, reader.names.get(named[1] ?? named[2] ?? named[3] ?? ''));
  const digits = reader.peek(/[1-9]\d{0,2}/y, reader.at);
  if (digits !== null && (Number(digits[0]) < 10 || Number(digits[0]) <= reader.groups)) {
    reader.at += digits[0].length;
    return reader.reference(at, Number(digits[0]));
  }
  const set = classEscape(reader) ?? byteSet(byteEscape(reader, at));
  return { kind: 'set', set: reader.flags.i ? foldCase(set) : set };
}

const byteSet = (byte: number): ByteSet => ofRanges(byte, byte);

function quoted(reader: Reader): Node | null {
  const items: Node[] = [];
  while (reader.more() && !reader.eat('\\E')) {
    const set = byteSet(reader.take().charCodeAt(0));
    items.push({ kind: 'set', set: reader.flags.i ? foldCase(set) : set });
  }
  const last = items.pop();
  if (last === undefined) return null;
  // A quantifier behind \E is for the last byte alone: the caller would have it for all of them.
  if (items.length > 0 && /^[*+?{]/.test(reader.rest(1)))
    reader.refuse(reader.at, 'no quantifier behind \\Q…\\E');
  return seq([...items, last]);
}

/** `\d`, `\w`, …, or null with nothing taken. */
export function classEscape(reader: Reader): ByteSet | null {
  const set = SETS[reader.rest(1)];
  if (set === undefined) return null;
  reader.at++;
  return set;
}

/** An escape that stands for one byte, inside and outside of `[]`. The backslash is taken. */
export function byteEscape(reader: Reader, at: number): number {
  const hex = reader.match(/x(?:\{([0-9A-Fa-f]{1,4})\}|([0-9A-Fa-f]{1,2}))/y);
  if (hex !== null) return oneByte(reader, at, Number.parseInt(hex[1] ?? hex[2]!, 16));
  const octal = reader.match(/o\{([0-7]{1,4})\}|(0[0-7]{0,2}|[1-7][0-7]{1,2})/y);
  if (octal !== null) return oneByte(reader, at, Number.parseInt(octal[1] ?? octal[2]!, 8));
  const control = reader.match(/c([\x20-\x7e])/y);
  if (control !== null) return control[1]!.toUpperCase().charCodeAt(0) ^ 0x40;
  const char = reader.more() ? reader.take() : '';
  const known = CONTROLS[char];
  if (known !== undefined) return known;
  if (char === '' || /[0-9A-Za-z]/.test(char))
    reader.refuse(at, 'an escape PCRE and zonegate both know');
  return char.charCodeAt(0);
}

function oneByte(reader: Reader, at: number, value: number): number {
  if (value > 0xff) reader.refuse(at, 'a byte, at most \\xff');
  return value;
}
