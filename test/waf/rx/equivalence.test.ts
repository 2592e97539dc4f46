import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../../src/waf/rx/pattern.ts';
import { mayMatch, signatureOf } from '../../../src/waf/signature.ts';
import { CRS_PRESENT, crsPatterns } from './crs.ts';
import { askPerl, enginesOf, PERL_PRESENT, perlDiffers, valuesFor } from './engines.ts';

/** Forms that the rule set has few of. */
const OWN = [
  '(?i)^(?:ab|a)(?:c|bcd)*$',
  '(?i)[^k-s]{2,3}\\b(?-i:Q)',
  '(?m)a+$|b\\s*$',
  '\\d+(?:\\.\\d{1,3}?)?[\\W_]{0,2}x',
  '(?i)\\x{e4}[[:upper:]]+|[[:^space:]\\xc4]{3}\\Bz',
  '(a|b)*?(c|d)+e?$',
  '\\A[\\h\\v]*\\(\\?i[^\\s\\w]?.\\z',
  '(?i:k)(?:s|\\xff)+[\\x80-\\xff]',
];
const sources = [...OWN, ...(CRS_PRESENT ? crsPatterns().patterns : [])];
if (!CRS_PRESENT)
  console.warn('no Core Rule Set beside the repository: its patterns are not tested');
const VALUES = 16;
const all = sources.map((source, i) => {
  const engines = enginesOf(source);
  return { ...engines, values: valuesFor(engines.tree, VALUES, i) };
});

describe('engines agree', () => {
  it('V8 and re2js', () => {
    const differences: string[] = [];
    let matches = 0;
    for (const { source, backtracking, linear, exact, values } of all) {
      expect(exact, source).toBe(true);
      for (const value of values) {
        const found = backtracking.test(value);
        if (found) matches++;
        if (found !== linear.test(value)) differences.push(`${source} ${JSON.stringify(value)}`);
      }
    }
    expect(differences).toEqual([]);
    // The values are worth something: many of them match, and many don't.
    expect(matches).toBeGreaterThan(all.length * VALUES * 0.2);
    expect(matches).toBeLessThan(all.length * VALUES * 0.95);
  });

  it.skipIf(!PERL_PRESENT)('V8 and Perl', { timeout: 60_000 }, () => {
    const answers = askPerl(all.map(({ source, values }) => [source, values]));
    const differences: string[] = [];
    all.forEach(({ source, backtracking, values }, i) => {
      const answer = answers[i] ?? null;
      expect(answer?.length, `Perl takes ${source}`).toBe(values.length);
      values.forEach((value, k) => {
        if (perlDiffers(source, value)) return;
        if (backtracking.test(value) !== (answer?.[k] === '1'))
          differences.push(`${source} ${JSON.stringify(value)}`);
      });
    });
    expect(differences).toEqual([]);
  });
});

describe('necessary bytes', () => {
  it('are in every value that matches', () => {
    const wrong: string[] = [];
    let known = 0;
    for (const { source, backtracking, values } of all) {
      const made = compilePattern(source);
      if (!made.ok) throw new Error(source);
      if (made.value.need.length > 0) known++;
      for (const value of values)
        if (backtracking.test(value) && !mayMatch(made.value.need, signatureOf(value)))
          wrong.push(`${source} ${JSON.stringify(value)}`);
    }
    expect(wrong).toEqual([]);
    expect(known).toBeGreaterThan(all.length * 0.5);
  });

  it.each([
    ['abc', 'ab', 'cab'],
    ['<script', 'script', 'ript sc<'],
    ['(?i)union.*select', 'union', 'SELECTunion'],
    ['a(?:x#|y#)', 'axy', 'a#x'],
    ['(?:foo=)?bar', 'foo=', 'bar'],
    ['[0-9]{3}', 'abc', 'abc1'],
    ['(?=z)a', 'z', 'a'],
  ])('%s: not in %j, perhaps in %j', (source, without, having) => {
    const made = compilePattern(source);
    if (!made.ok) throw new Error(source);
    expect(mayMatch(made.value.need, signatureOf(without))).toBe(false);
    expect(mayMatch(made.value.need, signatureOf(having))).toBe(true);
  });
});

describe.skipIf(!CRS_PRESENT)('the Core Rule Set', () => {
  it('compiles whole', () => {
    const { patterns, found } = crsPatterns();
    expect(patterns.length).toBeGreaterThan(250);
    expect(found).toBeGreaterThan(patterns.length);
    for (const source of patterns) {
      const made = compilePattern(source);
      expect(made.ok ? null : made.error, source).toBeNull();
    }
  });
});
