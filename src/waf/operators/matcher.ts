import type { Need } from '../signature.ts';

/** One operator with its argument, compiled. */
export interface Matcher {
  /** What a matching value must have; sound, never exact. */
  readonly need: Need;
  /** @param value a byte string */
  test(value: string): boolean;
  /** What matched, for TX.0; null if nothing did. */
  find(value: string): string | null;
}
