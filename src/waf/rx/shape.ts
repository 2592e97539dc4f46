/** Small facts about a tree: its bytes, whether it may be empty, what it can begin with. */
import { all, type ByteSet, has, meet, none, union } from './bytes.ts';
import { childrenOf, type Node } from './tree.ts';

function mayBeEmpty(node: Node): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'seq':
      return node.items.every(mayBeEmpty);
    case 'alt':
      return node.options.some(mayBeEmpty);
    case 'repeat':
      return node.min === 0 || mayBeEmpty(node.body);
    case 'group':
    case 'atomic':
      return mayBeEmpty(node.body);
    case 'look':
    case 'assert':
    case 'backreference':
      return true;
  }
}

/** Every byte that a match of it may hold. */
export function alphabet(node: Node): ByteSet {
  if (node.kind === 'set') return node.set;
  if (node.kind === 'backreference') return all();
  return childrenOf(node).reduce((sum, child) => union(sum, alphabet(child)), none());
}

function firstBytes(node: Node): ByteSet {
  switch (node.kind) {
    case 'set':
      return node.set;
    case 'seq': {
      let sum = none();
      for (const item of node.items) {
        sum = union(sum, firstBytes(item));
        if (!mayBeEmpty(item)) break;
      }
      return sum;
    }
    case 'alt':
      return node.options.reduce((sum, option) => union(sum, firstBytes(option)), none());
    case 'repeat':
    case 'group':
    case 'atomic':
      return firstBytes(node.body);
    case 'backreference':
      return all();
    case 'look':
    case 'assert':
      return none();
  }
}

/**
 * Whether it may match in the middle of a value that has only these bytes. True on doubt.
 * (`^` and `$` can't: there is something on both sides.)
 */
export function matchesWithin(node: Node, bytes: ByteSet): boolean {
  switch (node.kind) {
    case 'set':
      return meet(node.set, bytes);
    case 'seq':
      return node.items.every((item) => matchesWithin(item, bytes));
    case 'alt':
      return node.options.some((option) => matchesWithin(option, bytes));
    case 'repeat':
      return node.min === 0 || matchesWithin(node.body, bytes);
    case 'group':
    case 'atomic':
      return matchesWithin(node.body, bytes);
    case 'assert':
      return node.what !== 'start' && node.what !== 'end';
    case 'look':
    case 'backreference':
      return true;
  }
}

/** About how many choices are tried at one place of the value, at worst. */
export function breadth(node: Node): number {
  if (node.kind !== 'alt')
    return childrenOf(node).reduce((most, child) => Math.max(most, breadth(child)), 1);
  const firsts = node.options.map((option) => (mayBeEmpty(option) ? all() : firstBytes(option)));
  const wide = node.options.map(breadth);
  let most = 0;
  for (let byte = 0; byte < 256; byte++) {
    let sum = 0;
    for (let i = 0; i < firsts.length; i++) if (has(firsts[i]!, byte)) sum += wide[i]!;
    most = Math.max(most, sum);
  }
  return most + node.options.length / 4;
}
