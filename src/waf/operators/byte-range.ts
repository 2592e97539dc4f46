import { HI, LO, type Signature } from '../signature.ts';
import type { Matcher } from './matcher.ts';

/**
 * ModSecurity's validateByteRange: matches where a byte is in none of the ranges.
 *
 * @param ranges first and last byte, 0 … 255
 */
export function compileByteRange(ranges: readonly (readonly [number, number])[]): Matcher {
  const allowed = new Uint8Array(256);
  for (const [first, last] of ranges) allowed.fill(1, Math.max(first, 0), last + 1);
  const firstOutside = (value: string): number => {
    for (let i = 0; i < value.length; i++) if (allowed[value.charCodeAt(i)] === 0) return i;
    return -1;
  };
  return {
    need: [signatureOfOthers(allowed)],
    test: (value) => firstOutside(value) >= 0,
    find(value) {
      const at = firstOutside(value);
      return at < 0 ? null : value.charAt(at);
    },
  };
}

function signatureOfOthers(allowed: Uint8Array): Signature {
  let lo = 0;
  let hi = 0;
  for (let byte = 0; byte < 256; byte++) {
    if (allowed[byte] !== 0) continue;
    lo |= LO[byte]!;
    hi |= HI[byte]!;
  }
  return { lo, hi };
}
