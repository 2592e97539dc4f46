/** No value makes the operators throw, or look at its bytes more than a fixed number of times. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectSqli, detectXss } from '../../../src/waf/injection/index.ts';
import { eachPrint, sqlSteps } from '../../../src/waf/injection/sqli.ts';
import { htmlSteps } from '../../../src/waf/injection/xss.ts';

/** Three places, two dialects, and each byte at most a few times on the way or ahead of it. */
const SQL_STEPS_PER_BYTE = 18;
/** Five places. */
const HTML_STEPS_PER_BYTE = 5;
const SOME = 64;

/** Every reading, as of a value that is no attack. */
function stepsInSql(value: string): number {
  eachPrint(value, () => false);
  return sqlSteps();
}
function stepsInHtml(value: string): number {
  detectXss(value);
  return htmlSteps();
}

const anyBytes = fc
  .uint8Array({ maxLength: 400 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const PIECES =
  "' \" ` [ ] ( ) { } /* */ /*! -- # \n ; , . : @ @@ $ $a$ $$ \\ \\' '' q'[ ]' n' + - = < > ! | || & && or and union select like is not 1 0x 1.e 1e .5 a sleep( order by \xa0 \xc2\xa0 \0 <b <script <!-- --> <! <? </ on onload= href= javascript: &# &#x > / style=".split(
    ' ',
  );
const anyPieces = fc
  .array(fc.constantFrom(...PIECES, ' '), { maxLength: 60 })
  .map((pieces) => pieces.join(''));

describe('any bytes', () => {
  it('are judged without a throw, and always alike', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, anyPieces), (value) => {
        const sqli = detectSqli(value);
        expect(sqli === null || /^\S{1,5}$/.test(sqli)).toBe(true);
        // What was read before leaves nothing behind.
        detectSqli("x' union select 1 /*!");
        detectXss('<a b="');
        expect(detectSqli(value)).toBe(sqli);
        expect(detectXss(value)).toBe(detectXss(value));
      }),
      { numRuns: 2000 },
    );
  });

  it('are looked at a fixed number of times', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, anyPieces), (value) => {
        expect(stepsInSql(value)).toBeLessThanOrEqual(value.length * SQL_STEPS_PER_BYTE + SOME);
        expect(stepsInHtml(value)).toBeLessThanOrEqual(value.length * HTML_STEPS_PER_BYTE + SOME);
      }),
      { numRuns: 2000 },
    );
  });

  it('so are repetitions, which make slow readers slow', () => {
    const times = 3000;
    const repeated = fc
      .tuple(anyPieces, fc.array(fc.constantFrom(...PIECES, ' '), { minLength: 1, maxLength: 4 }))
      .map(([head, pieces]) => head + pieces.join('').repeat(times));
    fc.assert(
      fc.property(repeated, (value) => {
        expect(stepsInSql(value)).toBeLessThanOrEqual(value.length * SQL_STEPS_PER_BYTE + SOME);
        expect(stepsInHtml(value)).toBeLessThanOrEqual(value.length * HTML_STEPS_PER_BYTE + SOME);
      }),
      { numRuns: 300 },
    );
  });
});
