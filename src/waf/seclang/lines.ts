import type { Faults } from './fault.ts';
import { isBlank, type Line } from './text.ts';

/** A file of rules. */
export interface SecFile {
  readonly file: string;
  /** The file's bytes, one per char code. */
  readonly text: string;
}

/** Joins continued lines, leaves out comments and empty lines. */
export function readLines({ file, text }: SecFile, faults: Faults): Line[] {
  const lines: Line[] = [];
  const mark = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
  let at = mark;
  let line = 0;
  /** The line of a comment that ends in a backslash. */
  let swallowed: { readonly line: number; readonly column: number } | null = null;
  while (at < text.length) {
    line++;
    const first = physical(text, at);
    const from = firstInk(text, at, first.end);
    const bom = line === 1 ? mark : 0;
    if (from === first.end) {
      swallowed = null;
      at = first.next;
      continue;
    }
    if (text.charCodeAt(from) === 0x23) {
      swallowed = first.continued ? { line, column: first.end - at + bom + 1 } : null;
      at = first.next;
      continue;
    }
    if (swallowed !== null) {
      // Engines differ: some read the line as more of the comment, and drop a rule without a word.
      const place = { file, ...swallowed };
      faults.at(place, 'a comment that is continued', '\\', 'no backslash, or # in the next line');
      swallowed = null;
    }
    const joined = join(text, from, first);
    if (joined.open) {
      const place = { file, line: line + joined.starts.length - 1, column: joined.lastColumn };
      faults.at(place, 'the file ends in a continued line', '\\', 'another line');
    }
    const indent = from - at + bom;
    lines.push({ kind: 'line', file, value: joined.value, starts: joined.starts, line, indent });
    line += joined.starts.length - 1;
    at = joined.next;
  }
  return lines;
}

interface Physical {
  /** Behind its last byte, without the backslash that continues it. */
  readonly end: number;
  readonly continued: boolean;
  readonly next: number;
}

function physical(text: string, at: number): Physical {
  const newline = text.indexOf('\n', at);
  const next = newline < 0 ? text.length : newline + 1;
  let end = newline < 0 ? text.length : newline;
  if (end > at && text.charCodeAt(end - 1) === 0x0d) end--;
  const continued = end > at && text.charCodeAt(end - 1) === 0x5c;
  return { end: continued ? end - 1 : end, continued, next };
}

function firstInk(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && isBlank(text.charCodeAt(at))) at++;
  return at;
}

interface Joined {
  readonly value: string;
  readonly starts: readonly number[];
  readonly next: number;
  /** The last line is continued, and there is none. */
  readonly open: boolean;
  /** Of its backslash. */
  readonly lastColumn: number;
}

function join(text: string, from: number, first: Physical): Joined {
  const parts = [text.slice(from, first.end)];
  const starts = [0];
  let length = first.end - from;
  let last = first;
  let start = from;
  while (last.continued && last.next < text.length) {
    start = last.next;
    last = physical(text, start);
    starts.push(length);
    parts.push(text.slice(start, last.end));
    length += last.end - start;
  }
  const value = parts.join('');
  return { value, starts, next: last.next, open: last.continued, lastColumn: last.end - start + 1 };
}
