/**
 * `a=1; b=2`, as RFC 6265, section 5.4 has it. Only `;` separates, quotes mean nothing, and nothing is
 * decoded: where an application knows commas or quotes, its values are parts of ours.
 */
import { trimBlanks } from './bytes.ts';
import type { Named } from './reading.ts';
import type { Split } from './urlencoded.ts';

/** REQUEST_COOKIES. Several Cookie fields are joined with `; ` first. */
export function splitCookies(field: string, maxCookies: number): Split {
  const items: Named[] = [];
  let at = 0;
  while (at < field.length) {
    let end = field.indexOf(';', at);
    if (end < 0) end = field.length;
    const pair = trimBlanks(field.slice(at, end));
    if (pair !== '') {
      if (items.length >= maxCookies) return { items, rest: field.slice(at) };
      items.push(cookieOf(pair));
    }
    at = end + 1;
  }
  return { items, rest: '' };
}

function cookieOf(pair: string): Named {
  const equals = pair.indexOf('=');
  if (equals < 0) return { name: pair, value: '' };
  return { name: trimBlanks(pair.slice(0, equals)), value: trimBlanks(pair.slice(equals + 1)) };
}
