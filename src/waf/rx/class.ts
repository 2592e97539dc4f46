/** `[…]`. */
import { addRange, foldCase, none, POSIX, union, without } from './bytes.ts';
import { byteEscape, classEscape } from './escape.ts';
import type { Reader } from './reader.ts';
import type { Node } from './tree.ts';

/** The bracket, at `at`, is taken. */
export function parseClass(reader: Reader, at: number): Node {
  const negated = reader.eat('^');
  let set = none();
  let first = true;
  while (first || !reader.sees(']')) {
    if (!reader.more()) reader.refuse(at, 'a ] that ends this class');
    first = false;
    const itemAt = reader.at;
    const item = classItem(reader);
    if (item === null) continue;
    if (typeof item !== 'number') {
      set = union(set, item);
      if (reader.sees('-') && reader.source[reader.at + 1] !== ']')
        reader.refuse(reader.at, '\\- for a hyphen behind a class');
      continue;
    }
    const last = rangeEnd(reader, item);
    if (last < item) reader.refuse(itemAt, 'a range with its smaller end first');
    addRange(set, item, last);
  }
  reader.at++;
  if (reader.flags.i) set = foldCase(set);
  return { kind: 'set', set: negated ? without(set) : set };
}

function rangeEnd(reader: Reader, first: number): number {
  if (!reader.sees('-') || reader.source[reader.at + 1] === ']') return first;
  const at = reader.at++;
  if (!reader.more()) reader.refuse(at, 'the end of this range');
  const last = classItem(reader);
  if (typeof last !== 'number') return reader.refuse(at, 'a byte as the end of this range');
  return last;
}

/** A byte, a set, or null for `\E`. */
function classItem(reader: Reader): number | Int32Array | null {
  const at = reader.at;
  const posix = reader.match(/\[:(\^?)([a-z]+):\]/y);
  if (posix !== null) {
    const named = POSIX.get(posix[2]!);
    if (named === undefined) return reader.refuse(at, `one of ${[...POSIX.keys()].join(', ')}`);
    // Under (?i) PCRE takes upper and lower for alpha, and negates after that.
    const set = reader.flags.i ? foldCase(named) : named;
    return posix[1] === '^' ? without(set) : set;
  }
  if (reader.peek(/\[[.=].*?[.=]\]/y, at) !== null) reader.refuse(at, 'no [.x.] or [=x=]');
  const char = reader.take();
  if (char !== '\\') return char.charCodeAt(0);
  if (reader.eat('Q')) reader.refuse(at, 'no \\Q inside of a class');
  if (reader.eat('E')) return null;
  if (reader.eat('b')) return 8;
  return classEscape(reader) ?? byteEscape(reader, at);
}
