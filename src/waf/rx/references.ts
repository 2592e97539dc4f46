/**
 * What PCRE and JavaScript see differently in back references and lookbehinds is refused. A
 * reference to a group that took no part fails in PCRE and matches nothing in JavaScript; so its
 * group must be certain to have matched.
 */
import type { Reader } from './reader.ts';
import { childrenOf, type Node } from './tree.ts';

export function checkReferences(tree: Node, reader: Reader): void {
  if (reader.references.length > 0) walk(tree, new Set(), reader);
  lookbehinds(tree, reader);
}

/** @returns the groups that have matched behind this node, given those that have before it */
function walk(node: Node, matched: ReadonlySet<number>, reader: Reader): ReadonlySet<number> {
  switch (node.kind) {
    case 'backreference':
      if (!matched.has(node.index)) {
        const at = reader.references.find((reference) => reference.node === node)?.at ?? 0;
        reader.refuse(at, 'a reference to a group that is certain to have matched');
      }
      return matched;
    case 'seq':
      return node.items.reduce((known, item) => walk(item, known, reader), matched);
    case 'alt': {
      const [first, ...rest] = node.options.map((option) => walk(option, matched, reader));
      return new Set([...first!].filter((index) => rest.every((known) => known.has(index))));
    }
    case 'repeat': {
      const inside = walk(node.body, matched, reader);
      return node.min > 0 ? inside : matched;
    }
    case 'group':
      return new Set(walk(node.body, matched, reader)).add(node.index);
    case 'atomic':
      return walk(node.body, matched, reader);
    case 'look': {
      const inside = walk(node.body, matched, reader);
      return node.negated ? matched : inside;
    }
    case 'set':
    case 'assert':
      return matched;
  }
}

/** PCRE: every option of a lookbehind has one length. */
function lookbehinds(node: Node, reader: Reader): void {
  if (node.kind === 'look' && !node.ahead) {
    const options = node.body.kind === 'alt' ? node.body.options : [node.body];
    if (options.some((option) => lengthOf(option) === null))
      reader.refuse(0, 'lookbehinds of a fixed length');
  }
  for (const child of childrenOf(node)) lookbehinds(child, reader);
}

/** In bytes; null where it varies. */
function lengthOf(node: Node): number | null {
  switch (node.kind) {
    case 'set':
      return 1;
    case 'seq': {
      let sum = 0;
      for (const item of node.items) {
        const length = lengthOf(item);
        if (length === null) return null;
        sum += length;
      }
      return sum;
    }
    case 'alt': {
      const lengths = new Set(node.options.map(lengthOf));
      return lengths.size === 1 ? [...lengths][0]! : null;
    }
    case 'repeat': {
      const length = lengthOf(node.body);
      return node.min === node.max && length !== null ? length * node.min : null;
    }
    case 'group':
    case 'atomic':
      return lengthOf(node.body);
    case 'look':
    case 'assert':
      return 0;
    case 'backreference':
      return null;
  }
}
