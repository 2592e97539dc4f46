/**
 * SQL injection by fingerprint: the value is read as SQL in every place it could stand (as it is,
 * inside a '…', inside a "…"), folded, and its first five symbols looked up among those that
 * attacks leave and ordinary text does not. The idea is Nick Galbreath's ("libinjection", Black Hat
 * 2012); lexer, folding and table are our own, so prints differ from his.
 *
 * The whole value is read, without a limit: it is linear, and whatever limit there were, an
 * attacker would put that much padding inside the string that he leaves. Reading stops earlier
 * by itself, as soon as a print is full.
 */
import { FINGERPRINTS } from './fingerprints.ts';
import { SqlFolder } from './sql-fold.ts';
import type { Dialect } from './sql-lexer.ts';
import { appended, printOf } from './symbols.ts';

const SINGLE = 39;
const DOUBLE = 34;
const QUOTES: readonly number[] = [0, SINGLE, DOUBLE];

/** Reused from call to call: each reading starts it afresh. */
const folder = new SqlFolder();

/** Sees the print of one reading; true ends the readings. */
type Visit = (read: SqlFolder, quote: number) => boolean;

/** Calls `visit` with the print of each reading until it returns true, and says whether it did. */
export function eachPrint(value: string, visit: Visit): boolean {
  stepsTaken = 0;
  for (const quote of QUOTES) {
    if (quote !== 0 && !value.includes(quote === SINGLE ? "'" : '"')) continue;
    let dialect: Dialect = 'ansi';
    for (;;) {
      const hasPrint = folder.read(value, dialect, quote);
      stepsTaken += folder.steps;
      if (hasPrint && visit(folder, quote)) return true;
      if (dialect === 'mysql' || !folder.otherReadingPossible) break;
      dialect = 'mysql';
    }
  }
  return false;
}

/** Bytes that the last call looked at, for tests that hold the work against the length. */
let stepsTaken = 0;
export const sqlSteps = (): number => stepsTaken;

/** The table: whole prints, and beginnings (`~`) that stand for every print that has them. */
const WHOLE = new Set<number>();
const BEGINNINGS = new Set<number>();
for (const print of FINGERPRINTS) {
  if (print.endsWith('~')) BEGINNINGS.add(printOf(print.slice(0, -1)));
  else WHOLE.add(printOf(print));
}

function isAttack(read: SqlFolder): boolean {
  let print = 0;
  for (let at = 0; at < read.length; at++) {
    print = appended(print, read.symbolAt(at));
    if (BEGINNINGS.has(print)) return true;
  }
  return WHOLE.has(print);
}

/** A word, number, identifier, date: nothing in it separates, so there is no second symbol. */
const PLAIN = /^[A-Za-z0-9_.-]*$/;

/**
 * Whether `value` (a byte string of whatever length) reads as an injection into SQL: null when not, else
 * the fingerprint that matched, 1–5 letters of `SYM`.
 */
export function detectSqli(value: string): string | null {
  if (PLAIN.test(value) && !value.includes('--')) return null;
  return eachPrint(value, isAttack) ? folder.text : null;
}
