/**
 * Where a user stands between 0 and 1, for draws that must come out alike for him at every gate and
 * on every request. Coarse on purpose: a cookie that carries it names nobody.
 */
import { stableHash } from '../model/hash.ts';

/** A user's place, 0 … POINTS-1. */
export type UserPoint = number;
export const POINTS = 16_384;
const MASK = POINTS - 1;
const HALF_BITS = 7;

/** Not the bits that a hashed shard key takes. */
export const pointOfUser = (uid: string): UserPoint => (stableHash(uid) >>> 5) & MASK;

/** @param dice in [0, 1) */
export const pointOfDice = (dice: number): UserPoint => Math.floor(dice * POINTS);

/** What a rule's name does to points: made once per rule. */
export interface Mixer {
  readonly odd: number;
  readonly offset: number;
}

export function mixerOf(name: string): Mixer {
  const seed = stableHash(name);
  return { odd: (seed | 1) & MASK, offset: seed >>> 18 };
}

/**
 * The draw of a user under a rule, in [0, 1). Every step can be undone, so a rule's draws are a
 * permutation of all points: a share of them is that share to one point, whatever the rule's name,
 * and rules with other names draw independently.
 */
export function drawOf(point: UserPoint, { odd, offset }: Mixer): number {
  let x = (Math.imul(point, odd) + offset) & MASK;
  x ^= x >> HALF_BITS;
  x = Math.imul(x, 0x2c1b) & MASK;
  x ^= x >> (HALF_BITS - 1);
  x = (Math.imul(x, odd) + offset) & MASK;
  x ^= x >> HALF_BITS;
  return x / POINTS;
}
