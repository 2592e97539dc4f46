/**
 * How a backtracking engine's work grows with the value, at worst, from the pattern alone. Work is
 * the number of ways to read any part of a value. Two loops multiply it where the bytes between
 * them can be read by either; searching at every offset is one more loop, in front. A loop that is
 * ambiguous by itself is exponential. Every doubt counts as more work.
 */
import { isAmbiguousLoop } from './ambiguity.ts';
import { all, type ByteSet, common, isEmpty } from './bytes.ts';
import { alphabet, breadth, matchesWithin } from './shape.ts';
import { NOTHING, type Node, type Repeat, some } from './tree.ts';

/** Of the worst case, in bytes of the value. `worse`: a higher power, exponential, or not known. */
export type Growth = 'linear' | 'quadratic' | 'cubic' | 'worse';

export interface Work {
  readonly growth: Growth;
  /** Upper estimate for a value of this many bytes, in steps of 1–3 ns. */
  readonly steps: (bytes: number) => number;
}

/** Product over loops: bytes^loops · factor. */
interface Chain {
  readonly loops: number;
  readonly factor: number;
}

/** A loop, and what lies between it and here. */
interface Open {
  readonly loop: Node;
  readonly bytes: ByteSet;
  /** Times it may go round; Infinity: no end. */
  readonly rounds: number;
  readonly search: boolean;
  /** Up to this loop. */
  readonly chain: Chain;
  readonly between: readonly Node[];
}

interface State {
  readonly best: Chain;
  readonly open: readonly Open[];
}

const ONE: Chain = { loops: 0, factor: 1 };
const REFERENCE_BYTES = 1024;
/** Fewer rounds with no choice in them are taken for a constant. */
const SHORT_ROUNDS = 8;
/** A group with a loop in it is read this often at most; beyond it is taken for a loop. */
const MAX_UNROLLED = 12;
/** Beyond it a pattern counts as `worse`. */
const MAX_OPEN = 2000;

class Worse extends Error {}

export function workOf(tree: Node): Work {
  try {
    const search: Open = {
      loop: NOTHING,
      bytes: all(),
      rounds: Number.POSITIVE_INFINITY,
      search: true,
      chain: ONE,
      between: [],
    };
    const { loops, factor } = pass(tree, { best: ONE, open: [search] }).best;
    const width = breadth(tree) * factor;
    const growth = (['linear', 'quadratic', 'cubic'] as const)[loops] ?? 'worse';
    return { growth, steps: (bytes) => width * bytes ** (loops + 1) };
  } catch (error) {
    if (!(error instanceof Worse)) throw error;
    return { growth: 'worse', steps: () => Number.POSITIVE_INFINITY };
  }
}

const weight = ({ loops, factor }: Chain): number => REFERENCE_BYTES ** loops * factor;
const more = (a: Chain, b: Chain): Chain => (weight(a) >= weight(b) ? a : b);
const times = ({ loops, factor }: Chain, rounds: number): Chain =>
  rounds === Number.POSITIVE_INFINITY
    ? { loops: loops + 1, factor }
    : { loops, factor: factor * rounds };

function pass(node: Node, state: State): State {
  switch (node.kind) {
    case 'set':
      return over(node, state);
    case 'seq':
      return node.items.reduce((known, item) => pass(item, known), state);
    case 'alt':
      return passAlternatives(node, node.options, state);
    case 'repeat':
      return passRepeat(node, state);
    case 'group':
    case 'atomic':
      return pass(node.body, state);
    case 'look': {
      const inside = pass(node.body, state);
      return { best: more(inside.best, state.best), open: state.open };
    }
    case 'backreference':
      return enter(node, all(), Number.POSITIVE_INFINITY, 1, state);
    case 'assert':
      return node.what === 'start' ? { best: state.best, open: [] } : over(node, state);
  }
}

/** Goes by something that is no loop. Loops that can't read it end. */
function over(node: Node, { best, open }: State): State {
  return {
    best,
    open: open
      .filter((one) => matchesWithin(node, one.bytes))
      .map((one) => ({ ...one, between: [...one.between, node] })),
  };
}

function passAlternatives(node: Node, options: readonly Node[], state: State): State {
  const known = new Set(state.open.map((one) => one.loop));
  let best = state.best;
  const open = [...over(node, state).open];
  for (const option of options) {
    const inside = pass(option, state);
    best = more(inside.best, best);
    for (const one of inside.open) if (!known.has(one.loop)) open.push(one);
  }
  if (open.length > MAX_OPEN) throw new Worse();
  return { best, open };
}

const isLoop = (node: Node): boolean =>
  node.kind === 'backreference' || (node.kind === 'repeat' && node.max > 1);

function passRepeat(node: Repeat, state: State): State {
  const { body, min, max } = node;
  if (max === 1) {
    const inside = pass(body, state);
    if (min === 1) return inside;
    const skipped = enter(node, alphabet(body), 2, 2, state);
    const known = new Set(skipped.open.map((one) => one.loop));
    return {
      best: more(inside.best, skipped.best),
      open: [...skipped.open, ...inside.open.filter((one) => !known.has(one.loop))],
    };
  }
  const nested = some(body, isLoop);
  if (nested && max <= MAX_UNROLLED) {
    // Each round has loops of its own; leaving early is a choice like a loop's.
    let known = state;
    for (let i = 0; i < max; i++) known = pass(fresh(body), known);
    return min === max ? known : enter(node, alphabet(body), max, max - min + 1, known);
  }
  if (body.kind !== 'set' && max > 4 && min !== max && isAmbiguousLoop(body)) throw new Worse();
  if (nested && min === max && isAmbiguousLoop(body)) throw new Worse();
  const rounds = nested ? Number.POSITIVE_INFINITY : max;
  return enter(node, alphabet(body), rounds, nested ? rounds : max - min + 1, state);
}

/** The same, as another object: loops are told apart by identity. */
function fresh(node: Node): Node {
  switch (node.kind) {
    case 'seq':
      return { ...node, items: node.items.map(fresh) };
    case 'alt':
      return { ...node, options: node.options.map(fresh) };
    case 'repeat':
    case 'group':
    case 'atomic':
    case 'look':
      return { ...node, body: fresh(node.body) };
    case 'set':
    case 'assert':
    case 'backreference':
      return node;
  }
}

/**
 * A loop.
 * @param rounds how often it goes round at most
 * @param choices in how many ways it may end
 */
function enter(node: Node, bytes: ByteSet, rounds: number, choices: number, state: State): State {
  let best = state.best;
  for (const one of state.open) {
    const both = common(one.bytes, bytes);
    if (isEmpty(both)) continue;
    if (!canGoRound(node, both) || !canGoRound(one.loop, both)) continue;
    if (!one.between.every((part) => matchesWithin(part, both))) continue;
    const ways = one.search ? (rounds < SHORT_ROUNDS ? 1 : rounds) : Math.min(one.rounds, choices);
    best = more(times(one.chain, ways), best);
  }
  const passed = over(node, { best, open: state.open });
  if (choices < 2) return passed;
  const self = { loop: node, bytes, rounds: choices, search: false, chain: best, between: [] };
  return { best, open: [...passed.open, self] };
}

const canGoRound = (loop: Node, bytes: ByteSet): boolean =>
  loop.kind !== 'repeat' || matchesWithin(loop.body, bytes);
