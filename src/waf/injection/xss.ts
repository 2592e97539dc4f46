/**
 * Scripts in HTML: the value is read as a piece of a page in every place a page could put it. As
 * with SQL, the idea is that of "libinjection", the reader and the lists are our own, and the
 * whole value is read: what stands before the attack costs the attacker nothing.
 */
import { type HtmlPlace, HtmlReader } from './html-reader.ts';

/** Reused from call to call: each reading starts it afresh. */
const reader = new HtmlReader();
const QUOTES: readonly HtmlPlace[] = ['"', "'", '`'];

/** Bytes that the last call passed, for tests that hold the work against the length. */
let stepsTaken = 0;
export const htmlSteps = (): number => stepsTaken;

function runsScript(value: string, place: HtmlPlace): boolean {
  const found = reader.runsScript(value, place);
  stepsTaken += reader.steps;
  return found;
}

/** Whether `value` (a byte string of whatever length), put into a page as it is, could run a script. */
export function detectXss(value: string): boolean {
  stepsTaken = 0;
  if (value.includes('<') && runsScript(value, 'text')) return true;
  // Broken out of an attribute, only further attributes or tags can act.
  if (!value.includes('=')) return false;
  if (runsScript(value, 'unquoted')) return true;
  for (const quote of QUOTES) if (value.includes(quote) && runsScript(value, quote)) return true;
  return false;
}
