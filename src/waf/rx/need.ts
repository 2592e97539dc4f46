/**
 * The bytes that every match has, from the pattern's tree. Lookaround and back references are not
 * asked: what stands in them needn't be in the match.
 */
import { HI, LO, type Need, type Signature } from '../signature.ts';
import { type ByteSet, bytesOf } from './bytes.ts';
import type { Node } from './tree.ts';

const MAX_CLAUSES = 6;
/** Kept while alternatives are multiplied. */
const MAX_INNER_CLAUSES = 10;

export const needOf = (tree: Node): Need => clausesOf(tree).slice(0, MAX_CLAUSES);

function clausesOf(node: Node): Need {
  switch (node.kind) {
    case 'set':
      return tidy([signatureOfSet(node.set)]);
    case 'seq':
      return tidy(node.items.flatMap(clausesOf));
    case 'alt':
      return node.options.map(clausesOf).reduce((a, b) => eitherOf(a, b));
    case 'repeat':
      return node.min > 0 ? clausesOf(node.body) : [];
    case 'group':
    case 'atomic':
      return clausesOf(node.body);
    case 'look':
    case 'backreference':
    case 'assert':
      return [];
  }
}

const eitherOf = (a: Need, b: Need): Need =>
  tidy(a.flatMap((one) => b.map((other) => ({ lo: one.lo | other.lo, hi: one.hi | other.hi }))));

function signatureOfSet(set: ByteSet): Signature {
  let lo = 0;
  let hi = 0;
  for (const byte of bytesOf(set)) {
    lo |= LO[byte]!;
    hi |= HI[byte]!;
  }
  return { lo, hi };
}

/** Chances in percent that a harmless value has such a byte; rough, they only put clauses in order. */
const LETTERS = 'eationrslcdumphgbfvywkxjzq';
function percentOfHi(bit: number): number {
  if (bit < 26) return 75 - 2.8 * LETTERS.indexOf(String.fromCharCode(0x61 + bit));
  return [50, 3, 25, 0.1, 1, 2][bit - 26]!;
}
const COMMON_PUNCTUATION: Readonly<Record<string, number>> = {
  '.': 25,
  '/': 25,
  '-': 25,
  _: 20,
  '=': 12,
  ',': 15,
  ';': 12,
  ':': 15,
  '(': 8,
  ')': 8,
  '"': 8,
  "'": 5,
  '+': 5,
  '*': 8,
  '&': 5,
  '%': 5,
  '?': 6,
};
const LO_PERCENT = new Float64Array(32).fill(2);
for (const [char, percent] of Object.entries(COMMON_PUNCTUATION))
  LO_PERCENT[31 - Math.clz32(LO[char.charCodeAt(0)]!)] = percent;

/** The chance that a value has one of them, as if they were independent. */
function chance({ lo, hi }: Signature): number {
  let misses = 1;
  for (let bit = 0; bit < 32; bit++) {
    if (((lo >>> bit) & 1) === 1) misses *= 1 - LO_PERCENT[bit]! / 100;
    if (((hi >>> bit) & 1) === 1) misses *= 1 - percentOfHi(bit) / 100;
  }
  return 1 - misses;
}

const isPartOf = (a: Signature, b: Signature): boolean =>
  (a.lo & ~b.lo) === 0 && (a.hi & ~b.hi) === 0;

/** The rarest first; none that follows from another; none that every value with a byte in it meets. */
function tidy(clauses: Need): Need {
  const ranked = clauses
    .filter(({ lo, hi }) => lo !== -1 || hi !== -1)
    .map((clause) => ({ clause, chance: chance(clause) }))
    .sort((a, b) => a.chance - b.chance);
  const kept: Signature[] = [];
  for (const { clause } of ranked) {
    if (kept.length === MAX_INNER_CLAUSES) break;
    if (!kept.some((one) => isPartOf(one, clause))) kept.push(clause);
  }
  return kept;
}
