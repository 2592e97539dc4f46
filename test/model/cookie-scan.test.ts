import { parseCookie } from 'cookie';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scanCookie } from '../../src/model/facts.ts';

const name = fc.constantFrom('LDC_ROUTE', 'uid', 'a', 'xLDC_ROUTE', 'LDC_ROUTEx', 'U');
const value = fc
  .stringMatching(/^[!#-+\--:<-[\]-~]{0,12}$/)
  .filter((v) => !v.includes('%') && !v.includes('"'));
const pair = fc
  .tuple(name, value, fc.constantFrom('', ' ', '  '))
  .map(([n, v, space]) => `${space}${n}=${v}`);

it('finds in a Cookie field what the cookie package finds', () => {
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 6 }), name, (pairs, wanted) => {
      const field = pairs.join(';');
      expect(scanCookie(field, wanted)).toBe(parseCookie(field)[wanted]);
    }),
    { numRuns: 2000 },
  );
});

it('never takes the tail of another name, nor a value, for the name', () => {
  expect(scanCookie('my_uid=1; b=uid=2', 'uid')).toBeUndefined();
  expect(scanCookie('uid=1; uid=2', 'uid')).toBe('1');
  expect(scanCookie('uid="quoted"', 'uid')).toBe('quoted');
});
