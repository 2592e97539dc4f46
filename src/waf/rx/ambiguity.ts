/**
 * Whether a loop can read one text in two ways and come back to where it was: then a backtracking
 * engine's work doubles with every such text (exponential ambiguity of automata; Weber and Seidl,
 * 1991, "On the degree of ambiguity of finite automata"). The automaton is Glushkov's, with counted
 * edges: two ways through nothing count as two.
 */
import { type ByteSet, meet } from './bytes.ts';
import type { Node } from './tree.ts';

/** Larger bodies are not looked at, and count as ambiguous. */
const MAX_POSITIONS = 400;
const MAX_STEPS = 3_000_000;

interface Part {
  readonly empty: number;
  readonly first: ReadonlyMap<number, number>;
  readonly last: ReadonlyMap<number, number>;
}

class TooLarge extends Error {}

/** @param body of a loop without end. True on doubt. */
export function isAmbiguousLoop(body: Node): boolean {
  const automaton = new Automaton();
  try {
    const part = automaton.part(body);
    automaton.join(part.last, part.first);
    return automaton.doubled || automaton.readsTwoWays();
  } catch (error) {
    if (error instanceof TooLarge) return true;
    throw error;
  }
}

const NO_ONE: ReadonlyMap<number, number> = new Map();
const EMPTY: Part = { empty: 1, first: NO_ONE, last: NO_ONE };

class Automaton {
  private readonly sets: ByteSet[] = [];
  private readonly follow: Set<number>[] = [];
  /** Some edge is there twice. */
  doubled = false;

  part(node: Node): Part {
    switch (node.kind) {
      case 'set': {
        const position = this.sets.push(node.set) - 1;
        if (position >= MAX_POSITIONS) throw new TooLarge();
        this.follow.push(new Set());
        const only = new Map([[position, 1]]);
        return { empty: 0, first: only, last: only };
      }
      case 'seq':
        return node.items.reduce<Part>(
          (before, item) => this.behind(before, this.part(item)),
          EMPTY,
        );
      case 'alt':
        return node.options.map((option) => this.part(option)).reduce(either);
      case 'repeat':
        return this.repeat(node.body, node.min, node.max);
      case 'group':
      case 'atomic':
        return this.part(node.body);
      case 'assert':
        return EMPTY;
      case 'look':
      case 'backreference':
        throw new TooLarge();
    }
  }

  private repeat(body: Node, min: number, max: number): Part {
    let known = EMPTY;
    for (let i = 0; i < min; i++) known = this.behind(known, this.part(body));
    if (max !== Number.POSITIVE_INFINITY) {
      let tail = EMPTY;
      for (let i = min; i < max; i++) tail = orNothing(this.behind(this.part(body), tail));
      return this.behind(known, tail);
    }
    const loop = this.part(body);
    this.join(loop.last, loop.first);
    return this.behind(known, orNothing(loop));
  }

  private behind(a: Part, b: Part): Part {
    this.join(a.last, b.first);
    return {
      empty: Math.min(2, a.empty * b.empty),
      first: plus(a.first, b.first, a.empty),
      last: plus(b.last, a.last, b.empty),
    };
  }

  join(last: ReadonlyMap<number, number>, first: ReadonlyMap<number, number>): void {
    for (const [from, ways] of last) {
      for (const [to, more] of first) {
        if (ways * more > 1 || this.follow[from]!.has(to)) this.doubled = true;
        this.follow[from]!.add(to);
      }
    }
  }

  /** Two runs over one text that part and meet again. All positions reach each other: it is a loop. */
  readsTwoWays(): boolean {
    const size = this.sets.length;
    const seen = new Uint8Array(size * size);
    const queue: [number, number][] = this.sets.map((_, position) => [position, position]);
    let steps = 0;
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [a, b] = next;
      for (const p of this.follow[a]!) {
        for (const q of this.follow[b]!) {
          if (++steps > MAX_STEPS) throw new TooLarge();
          if (!meet(this.sets[p]!, this.sets[q]!)) continue;
          if (p === q) {
            if (a !== b) return true;
            continue;
          }
          if (seen[p * size + q] === 1) continue;
          seen[p * size + q] = 1;
          queue.push([p, q]);
        }
      }
    }
    return false;
  }
}

const orNothing = (part: Part): Part => ({ ...part, empty: Math.min(2, part.empty + 1) });

const either = (a: Part, b: Part): Part => ({
  empty: Math.min(2, a.empty + b.empty),
  first: plus(a.first, b.first, 1),
  last: plus(a.last, b.last, 1),
});

function plus(
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
  times: number,
): ReadonlyMap<number, number> {
  if (times === 0) return a;
  const sum = new Map(a);
  for (const [position, ways] of b)
    sum.set(position, Math.min(2, (sum.get(position) ?? 0) + ways * times));
  return sum;
}
