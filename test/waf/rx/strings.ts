/** Strings drawn from a pattern's tree: what it matches, and what it just doesn't. */
import { bytesOf } from '../../../src/waf/rx/bytes.ts';
import type { Node } from '../../../src/waf/rx/tree.ts';

/** A number from 0 up to `below`, exclusive. */
export type Draw = (below: number) => number;

/** Mulberry's mixing; the same numbers for the same seed. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Bytes at which engines may differ. */
const EDGES = [
  0x00, 0x09, 0x0a, 0x0b, 0x0d, 0x20, 0x41, 0x61, 0x7f, 0x80, 0x85, 0xa0, 0xb5, 0xdf, 0xe0, 0xff,
];

/** Of a set: all of its bytes, its printable ones, its edges. */
const CHOICES = new WeakMap<Int32Array, readonly (readonly number[])[]>();

function choicesOf(set: Int32Array): readonly (readonly number[])[] {
  const known = CHOICES.get(set);
  if (known !== undefined) return known;
  const bytes = bytesOf(set);
  const printable = bytes.filter((byte) => byte > 0x20 && byte < 0x7f);
  const edges = bytes.filter((byte) => EDGES.includes(byte));
  const choices = [bytes, printable, edges].map((some) => (some.length > 0 ? some : bytes));
  CHOICES.set(set, choices);
  return choices;
}

export function byteOf(set: Int32Array, draw: Draw): string {
  const from = choicesOf(set)[draw(3) === 0 ? 2 : 1]!;
  return from.length === 0 ? '' : String.fromCharCode(from[draw(from.length)]!);
}

/** Mostly matches; assertions are not looked at. */
export function sample(node: Node, draw: Draw): string {
  switch (node.kind) {
    case 'set':
      return byteOf(node.set, draw);
    case 'seq':
      return node.items.map((item) => sample(item, draw)).join('');
    case 'alt':
      return sample(node.options[draw(node.options.length)]!, draw);
    case 'repeat': {
      const spread = Math.min(node.max - node.min, draw(4) === 0 ? 6 : 2);
      const rounds = Math.min(node.min + draw(spread + 1), 60);
      return Array.from({ length: rounds }, () => sample(node.body, draw)).join('');
    }
    case 'group':
    case 'atomic':
      return sample(node.body, draw);
    case 'look':
      return node.negated || draw(2) === 0 ? '' : sample(node.body, draw);
    case 'backreference':
      return '';
    case 'assert':
      return node.what.startsWith('line') && draw(2) === 0 ? '\n' : '';
  }
}

/** A sample, as it is or with something done to it. */
export function candidate(tree: Node, draw: Draw): string {
  const text = sample(tree, draw);
  const at = draw(text.length + 1);
  const edge = String.fromCharCode(EDGES[draw(EDGES.length)]!);
  switch (draw(8)) {
    case 0:
      return text.slice(0, at) + edge + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    case 2:
      return `${text}\n`;
    case 3:
      return edge + text + edge;
    case 4:
      return text.slice(0, at) + swapCase(text.slice(at));
    case 5:
      return text.slice(0, at) + sample(tree, draw);
    default:
      return text;
  }
}

/** Of ASCII and, on purpose, of the letters of latin1. */
const swapCase = (text: string): string =>
  Array.from(text)
    .map((char) => {
      const byte = char.charCodeAt(0);
      const letter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
      return (letter && byte < 0x80) || byte >= 0xc0 ? String.fromCharCode(byte ^ 0x20) : char;
    })
    .join('');
