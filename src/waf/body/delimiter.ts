/** Where the boundary of a multipart body stands: RFC 2046, section 5.1.1, with everything odd noted. */
import { isBlank, lowerAscii } from './bytes.ts';
import type { Gather } from './gather.ts';

export interface Delimiter {
  /** Of its first dash. */
  readonly start: number;
  /** Behind its line. */
  readonly end: number;
  readonly final: boolean;
  /** Of line breaks, before and behind it: one is LF alone. */
  readonly lf: boolean;
}

/**
 * The next delimiter at or behind `from`; null: there is none. A boundary that delimits nothing is noted.
 * @param dashed two dashes and the boundary
 */
export function nextDelimiter(
  text: string,
  dashed: string,
  from: number,
  gather: Gather,
): Delimiter | null {
  for (let i = text.indexOf(dashed, from); i >= 0; i = text.indexOf(dashed, i + 1)) {
    const found = delimiterAt(text, i, i + dashed.length, gather);
    if (found !== null) return found;
    gather.note('multipart-boundary-line', i);
  }
  return null;
}

function delimiterAt(text: string, start: number, after: number, gather: Gather): Delimiter | null {
  if (start > 0 && text[start - 1] !== '\n') return null;
  let lf = start > 0 && text[start - 2] !== '\r';
  let end = after;
  const final = text.startsWith('--', end);
  if (final) end += 2;
  const blankFrom = end;
  while (isBlank(text.charCodeAt(end))) end++;
  const padded = end > blankFrom;
  if (text.startsWith('\r\n', end)) end += 2;
  else if (text[end] === '\n') {
    end++;
    lf = true;
  } else if (!final && end < text.length && !isCut(text, end, gather)) return null;
  else if (!final) {
    // The body ends with an open boundary: a part without anything.
    end = text.length;
  }
  if (padded) gather.note('multipart-boundary-padding', blankFrom);
  if (lf) gather.note('multipart-lf', start);
  return { start, end, final, lf };
}

/** What follows the boundary is cut in two. */
const isCut = (text: string, at: number, gather: Gather): boolean =>
  gather.truncated && at === text.length - 1 && (text[at] === '\r' || text[at] === '-');

/** The content of a delimiter's part ends here: before the line break that belongs to the delimiter. */
export function contentEnd(text: string, start: number): number {
  if (start >= 2 && text[start - 2] === '\r') return start - 2;
  return Math.max(0, start - 1);
}

/**
 * Does a line in the content look like the boundary? With other dashes, or in another case.
 * @param core the boundary without its leading dashes, in lower case
 * @returns where, or -1
 */
export function lookAlikeAt(text: string, from: number, to: number, core: string): number {
  if (core === '') return -1;
  let i = text.startsWith('--', from) ? from : nextLine(text, from);
  for (; i >= 0 && i < to; i = nextLine(text, i)) {
    let dashes = i;
    while (text[dashes] === '-') dashes++;
    const end = dashes + core.length;
    if (end <= to && lowerAscii(text.slice(dashes, end)) === core) return i;
    i = dashes;
  }
  return -1;
}

function nextLine(text: string, from: number): number {
  const lf = text.indexOf('\n--', from);
  return lf < 0 ? -1 : lf + 1;
}
