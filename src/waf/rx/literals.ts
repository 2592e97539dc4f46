/**
 * Texts of which every match holds at least one, from the pattern's tree. Before a long value is given to
 * the linear engine, whose automaton is dear to build for what it has not met yet, a search for them
 * tells of nearly all patterns that they can't match.
 */
import { type ByteSet, bytesOf } from './bytes.ts';
import type { Node } from './tree.ts';

/** Shorter texts are in most long values. */
const MIN_BYTES = 3;
const MAX_TEXTS = 2000;
/** A set of so many bytes, without regard to case, is spelt out inside of a text. */
const MAX_SPELT = 3;

/** In lower case; null: nothing is known that would be worth a search. */
export function literalsOf(tree: Node): readonly string[] | null {
  const found = bestOf(tree);
  return found === null ? null : [...new Set(found)];
}

type Texts = readonly string[] | null;

function bestOf(node: Node): Texts {
  switch (node.kind) {
    case 'seq':
      return bestOfSeq(node.items);
    case 'alt': {
      const all: string[] = [];
      for (const option of node.options) {
        const own = bestOf(option);
        if (own === null || all.length + own.length > MAX_TEXTS) return null;
        all.push(...own);
      }
      return all;
    }
    case 'repeat':
      return node.min > 0 ? bestOf(node.body) : null;
    case 'group':
    case 'atomic':
      return bestOf(node.body);
    case 'set':
    case 'look':
    case 'backreference':
    case 'assert':
      return null;
  }
}

/** The best of a run of bytes in a row, and of what the items have by themselves. */
function bestOfSeq(items: readonly Node[]): Texts {
  let best: Texts = null;
  let run: readonly string[] = [''];
  for (const item of items) {
    const spelt = spellings(item);
    const longer = spelt === null ? null : product(run, spelt);
    if (longer !== null) {
      run = longer;
      continue;
    }
    best = better(best, usable(run));
    best = better(best, bestOf(item));
    run = spelt ?? [''];
  }
  return better(best, usable(run));
}

/** All that the node can be, if that is little; [''] where it is nothing but a condition. */
function spellings(node: Node): readonly string[] | null {
  switch (node.kind) {
    case 'set':
      return bytesIn(node.set);
    case 'seq': {
      let all: readonly string[] = [''];
      for (const item of node.items) {
        const own = spellings(item);
        const longer = own === null ? null : product(all, own);
        if (longer === null) return null;
        all = longer;
      }
      return all;
    }
    case 'alt': {
      const all: string[] = [];
      for (const option of node.options) {
        const own = spellings(option);
        if (own === null || all.length + own.length > MAX_TEXTS) return null;
        all.push(...own);
      }
      return all;
    }
    case 'group':
    case 'atomic':
      return spellings(node.body);
    case 'assert':
      return [''];
    case 'repeat':
    case 'look':
    case 'backreference':
      return null;
  }
}

function bytesIn(set: ByteSet): readonly string[] | null {
  const folded = new Set<number>();
  for (const byte of bytesOf(set)) {
    folded.add(byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
    if (folded.size > MAX_SPELT) return null;
  }
  return [...folded].map((byte) => String.fromCharCode(byte));
}

function product(before: readonly string[], after: readonly string[]): readonly string[] | null {
  if (before.length * after.length > MAX_TEXTS) return null;
  return before.flatMap((a) => after.map((b) => a + b));
}

const shortest = (texts: readonly string[]): number =>
  texts.reduce((least, { length }) => Math.min(least, length), Infinity);

const usable = (texts: readonly string[]): Texts => (shortest(texts) >= MIN_BYTES ? texts : null);

/** Long ones are rare, and few are rarer than many. */
function better(a: Texts, b: Texts): Texts {
  if (a === null) return b;
  if (b === null) return a;
  return worth(b) > worth(a) ? b : a;
}

const worth = (texts: readonly string[]): number => shortest(texts) - Math.log2(texts.length) / 2;
