/**
 * A piece of the rules' text that knows where it was written. What is cut out of it, or freed of its
 * quotes, knows it too: only a mistake asks, so the way back is walked then.
 */
import type { Place } from '../ir.ts';

/** A directive, its continued lines joined. */
export interface Line {
  readonly kind: 'line';
  readonly file: string;
  readonly value: string;
  /** Where in `value` each of its lines begins; the first is 0. */
  readonly starts: readonly number[];
  /** Number of the first line, from 1. */
  readonly line: number;
  /** Bytes in front of `value` in its first line. */
  readonly indent: number;
}

export interface Text {
  readonly kind: 'text';
  readonly value: string;
  readonly parent: Text | Line;
  /** Offset of the first byte in the parent. */
  readonly start: number;
  /** Offsets in `value` in front of which one byte of the parent was left out; ascending. */
  readonly drops: readonly number[];
}

const NONE: readonly number[] = [];

export function cut(parent: Text | Line, from: number, to: number): Text {
  return { kind: 'text', value: parent.value.slice(from, to), parent, start: from, drops: NONE };
}

/** @param index offset in the text's value; its length stands for the end */
export function placeAt(text: Text, index: number): Place {
  let offset = index;
  let at: Text | Line = text;
  while (at.kind === 'text') {
    offset += at.start + upTo(at.drops, offset);
    at = at.parent;
  }
  const nth = upTo(at.starts, offset) - 1;
  const indent = nth === 0 ? at.indent : 0;
  return { file: at.file, line: at.line + nth, column: offset - at.starts[nth]! + indent + 1 };
}

/** How many of the numbers, which ascend, are not above the limit. */
function upTo(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

export function trimmed(text: Text): Text {
  let from = 0;
  let to = text.value.length;
  while (from < to && isBlank(text.value.charCodeAt(from))) from++;
  while (to > from && isBlank(text.value.charCodeAt(to - 1))) to--;
  return from === 0 && to === text.value.length ? text : cut(text, from, to);
}

export interface Quoted {
  readonly text: Text;
  /** Offset behind the closing quote. */
  readonly end: number;
}

/**
 * Reads up to the closing quote. A backslash frees the quote that follows it and is left out; in front
 * of anything else, another backslash too, it stays: the regex behind it wants it (ModSecurity v3).
 * @param open offset of the opening quote
 * @returns null when the quote is not closed
 */
export function readQuoted(parent: Text | Line, open: number): Quoted | null {
  const { value } = parent;
  const quote = value.charCodeAt(open);
  const drops: number[] = [];
  const parts: string[] = [];
  let length = 0;
  let from = open + 1;
  for (let i = from; i < value.length; i++) {
    const byte = value.charCodeAt(i);
    if (byte === 0x5c) {
      if (value.charCodeAt(i + 1) === quote) {
        parts.push(value.slice(from, i));
        length += i - from;
        drops.push(length);
        from = i + 1;
      }
      i++;
    } else if (byte === quote) {
      parts.push(value.slice(from, i));
      const text: Text = { kind: 'text', value: parts.join(''), parent, start: open + 1, drops };
      return { text, end: i + 1 };
    }
  }
  return null;
}
