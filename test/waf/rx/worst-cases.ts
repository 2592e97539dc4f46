/** Values that are hard for a pattern: loops pumped and then made to fail, from its tree. */
import { bytesOf, common, isEmpty } from '../../../src/waf/rx/bytes.ts';
import { parse } from '../../../src/waf/rx/parse.ts';
import { alphabet } from '../../../src/waf/rx/shape.ts';
import { childrenOf, type Node, type Repeat } from '../../../src/waf/rx/tree.ts';
import { byteOf, type Draw, drawFrom, sample } from './strings.ts';

/** Of payloads that are known to be slow somewhere, and of ordinary text. */
const FRAGMENTS = [
  '\n',
  ' ',
  'a',
  'aA1_',
  '<',
  '(',
  '"',
  "'",
  '/',
  '../',
  'a=',
  '%',
  '-',
  '\\',
  '$',
  'select ',
  ',a',
  '0',
  '\xff',
  '.a',
  '<a ',
  '{',
  '[',
  ';',
  '&a=b',
  'ab.',
  '\r\n',
  "' or ",
  '/*',
  '`',
];
const TAILS = ['', '!', '\n', 'x', '\0', '"'];
const MAX_LOOPS = 60;

interface Loop {
  readonly prefix: string;
  readonly node: Repeat;
}

/** Every loop, with a string that leads to it. */
function loopsOf(node: Node, prefix: string, draw: Draw, found: Loop[]): string {
  switch (node.kind) {
    case 'seq':
      return node.items.reduce((before, item) => loopsOf(item, before, draw, found), prefix);
    case 'alt': {
      const ends = node.options.map((option) => loopsOf(option, prefix, draw, found));
      return ends.reduce((a, b) => (b.length < a.length ? b : a));
    }
    case 'repeat':
      if (node.max >= 8) found.push({ prefix, node });
      loopsOf(node.body, prefix, draw, found);
      return (
        prefix +
        Array.from({ length: Math.min(node.min, 20) }, () => sample(node.body, draw)).join('')
      );
    case 'set':
      return prefix + byteOf(node.set, draw);
    default:
      for (const child of childrenOf(node)) prefix = loopsOf(child, prefix, draw, found);
      return prefix;
  }
}

const filled = (head: string, pump: string, tail: string, bytes: number): string => {
  const room = Math.max(0, bytes - head.length - tail.length);
  return (
    head +
    pump.repeat(Math.ceil(room / Math.max(1, pump.length))).slice(0, room) +
    tail
  ).slice(0, bytes);
};

function around(loop: Loop, loops: readonly Loop[], draw: Draw, bytes: number): string[] {
  const cases: string[] = [];
  const pumps = new Set([
    sample(loop.node.body, draw),
    sample(loop.node, draw),
    loop.prefix + sample(loop.node.body, draw),
  ]);
  // Bytes that two loops share are those that can be shifted from one to the other.
  const own = alphabet(loop.node);
  const other = loops[draw(loops.length)]!;
  const shared = common(own, alphabet(other.node));
  if (!isEmpty(shared)) pumps.add(byteOf(shared, draw));
  const first = loop.prefix.charCodeAt(0);
  if (loop.prefix !== '' && bytesOf(own).includes(first)) pumps.add(loop.prefix[0]!);
  for (const pump of pumps) {
    if (pump === '') continue;
    for (const head of [loop.prefix, ''])
      cases.push(filled(head, pump, TAILS[draw(TAILS.length)]!, bytes));
  }
  return cases;
}

/** Pieces of the pattern in an order without one: many different states for an automaton. */
function mixed(tree: Node, draw: Draw, bytes: number): string {
  let text = '';
  const letters = alphabet(tree);
  while (text.length < bytes)
    text +=
      (draw(3) === 0 ? byteOf(letters, draw) : sample(tree, draw).slice(0, draw(12) + 1)) || 'a';
  return text.slice(0, bytes);
}

/**
 * @param source of a pattern that compiles
 * @param bytes length of each value
 * @returns up to a few hundred values, always the same ones
 */
export function worstCases(source: string, bytes: number): string[] {
  const parsed = parse(source, false);
  if (!parsed.ok) return [];
  const { tree } = parsed.value;
  const draw = drawFrom(source.length * 31 + bytes);
  const loops: Loop[] = [];
  loopsOf(tree, '', draw, loops);
  const cases = new Set<string>();
  const step = Math.max(1, Math.floor(loops.length / MAX_LOOPS));
  for (let i = 0; i < loops.length; i += step)
    for (const value of around(loops[i]!, loops, draw, bytes)) cases.add(value);
  for (let i = 0; i < 4; i++) cases.add(mixed(tree, draw, bytes));
  for (let i = 0; i < 4; i++) cases.add(filled('', sample(tree, draw) || 'a', '', bytes));
  for (let i = 0; i < 4; i++)
    cases.add(filled('', (sample(tree, draw) || 'a').slice(0, -1) || 'a', '!', bytes));
  for (const fragment of FRAGMENTS)
    cases.add(filled('', fragment, TAILS[draw(TAILS.length)]!, bytes));
  return [...cases];
}
