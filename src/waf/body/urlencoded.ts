/**
 * `a=1&b=2`. Only `&` separates: where an application also splits at `;`, its values are parts of ours, so
 * that rules see them.
 */
import { badEscapeAt, formDecode } from './decode.ts';
import type { Gather } from './gather.ts';
import type { Named } from './reading.ts';

/** @property rest what was not split because the limit was met, else '' */
export interface Split {
  readonly items: readonly Named[];
  readonly rest: string;
}

const AMPERSAND = 0x26;
const EQUALS = 0x3d;

/** Calls `each` for every pair that is not empty, until it takes no more (false). */
function eachPair(text: string, each: (name: string, value: string, at: number) => boolean): void {
  let from = 0;
  let equals = -1;
  for (let i = 0; i <= text.length; i++) {
    const byte = i === text.length ? AMPERSAND : text.charCodeAt(i);
    if (byte === EQUALS && equals < 0) equals = i;
    if (byte !== AMPERSAND) continue;
    if (i > from) {
      const nameEnd = equals < 0 ? i : equals;
      const name = formDecode(text.slice(from, nameEnd));
      if (!each(name, formDecode(text.slice(nameEnd + 1, i)), from)) return;
    }
    from = i + 1;
    equals = -1;
  }
}

export function readUrlencoded(text: string, gather: Gather): void {
  const bad = badEscapeAt(text, gather.truncated);
  if (bad >= 0) gather.note('urlencoded-bad-escape', bad);
  eachPair(text, (name, value, at) => gather.add(name, value, at));
}

/**
 * ARGS_GET.
 * @param query without its question mark
 */
export function splitQuery(query: string, maxArgs: number): Split {
  const items: Named[] = [];
  let rest = '';
  eachPair(query, (name, value, at) => {
    if (items.length >= maxArgs) {
      rest = query.slice(at);
      return false;
    }
    items.push({ name, value });
    return true;
  });
  return { items, rest };
}
