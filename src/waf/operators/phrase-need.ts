import { HI, LO, type Need, type Signature } from '../signature.ts';

/** Most common bytes of requests first; what is not here is rarer than all of it. */
const COMMON = 'etaoinsrhldcumfpgwybvkxjqz0 /.-_=:,&%"()+;?\'';
const rank = (byte: number): number => {
  const at = COMMON.indexOf(String.fromCharCode(byte).toLowerCase());
  return at < 0 ? COMMON.length : at;
};
const RANK = Uint8Array.from({ length: 256 }, (_, byte) => rank(byte));
for (let digit = 0x30; digit <= 0x39; digit++) RANK[digit] = rank(0x30);
RANK[0x09] = rank(0x20);

const MOST_CLAUSES = 3;

/**
 * Of every phrase its rarest kind of byte makes the first clause, the next one the second: whichever of
 * the phrases a value has, it has one byte of each clause. Short phrases end the row of clauses.
 */
export function needOfPhrases(phrases: readonly string[]): Need {
  const kinds = phrases.map(rarestFirst);
  const count = Math.min(MOST_CLAUSES, ...kinds.map((k) => k.length));
  const clauses: Signature[] = [];
  for (let i = 0; i < count; i++) {
    let lo = 0;
    let hi = 0;
    for (const row of kinds) {
      lo |= row[i]!.lo;
      hi |= row[i]!.hi;
    }
    clauses.push({ lo, hi });
  }
  return clauses;
}

/** The signature bits of a phrase, one by one, without repetition. */
function rarestFirst(phrase: string): Signature[] {
  const bytes = Array.from(phrase, (c) => c.charCodeAt(0)).sort((a, b) => RANK[b]! - RANK[a]!);
  const bits: Signature[] = [];
  let lo = 0;
  let hi = 0;
  for (const byte of bytes) {
    const bit = { lo: LO[byte]!, hi: HI[byte]! };
    if (((lo & bit.lo) | (hi & bit.hi)) !== 0) continue;
    lo |= bit.lo;
    hi |= bit.hi;
    bits.push(bit);
  }
  return bits;
}
