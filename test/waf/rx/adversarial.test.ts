import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../../src/waf/rx/pattern.ts';
import { CRS_PRESENT, crsPatterns } from './crs.ts';

/** Far above what any of them takes on a busy machine, far below what backtracking would. */
const DEADLINE_MS = 30_000;
const WORKER = new URL('./worst-cases-worker.ts', import.meta.url);

/** Known to be slow in a backtracking engine. */
const OWN = [
  '^(?:a+)+$',
  '(?:a|aa)+$',
  '(?i)(?:[a-z]*\\s*)*;',
  '.*.*.*=x',
  '(?:\\w{1,50}\\s?){2,}!',
  '<[^>]*>',
];

/** @returns how many cases ran; null where the deadline came first */
function ranIn(worker: Worker, source: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), DEADLINE_MS);
    worker.once('error', reject);
    worker.once('message', (ran: number) => {
      clearTimeout(timer);
      worker.removeAllListeners('error');
      resolve(ran);
    });
    worker.postMessage(source);
  });
}

describe('hard values', () => {
  it('end soon with every pattern', { timeout: 240_000 }, async () => {
    const worker = new Worker(WORKER);
    const slow: string[] = [];
    for (const source of [...OWN, ...(CRS_PRESENT ? crsPatterns().patterns : [])]) {
      const ran = await ranIn(worker, source);
      if (ran === null) {
        slow.push(source);
        break;
      }
      expect(ran).toBeGreaterThan(8);
    }
    await worker.terminate();
    expect(slow).toEqual([]);
  });
});

describe('growth', () => {
  it.each([
    ['abc', 'linear'],
    ['^a*b', 'linear'],
    ['^\\w+\\s+x', 'linear'],
    ['a*b', 'quadratic'],
    ['<[^>]*>', 'quadratic'],
    ['^a*[ab]*c', 'quadratic'],
    ['a*[ab]*c', 'cubic'],
    ['(?:"[^"]*"\\s)*;', 'quadratic'],
    ['.*a.*b.*c', 'worse'],
    ['^(?:a+)+$', 'worse'],
    ['^(?:a|aa)*$', 'worse'],
    ['^(?:a?b?)*c', 'worse'],
    ['^(?:a|b|ab)*c', 'worse'],
    ['^(?:(?:a?|b?)c)*d', 'worse'],
    ['^(?:[^"]*")*$', 'linear'],
    ['^(?:ab?)*c', 'linear'],
  ])('of %s is %s', (source, growth) => {
    const made = compilePattern(source);
    expect(made.ok ? made.value.tier.growth : made.error).toBe(growth);
  });

  it('decides how long a value V8 gets', () => {
    const limits = ['abc', 'a*b', 'a*[ab]*c', '(?:a+)+$'].map((source) => {
      const made = compilePattern(source);
      return made.ok ? made.value.tier.backtrackMaxBytes : -1;
    });
    expect(limits[0]).toBe(8192);
    expect(limits[3]).toBe(0);
    expect([...limits].sort((a, b) => b - a)).toEqual(limits);
  });

  it('a pattern without a linear form is taken while its work is small, and widened beyond', () => {
    const made = compilePattern('^x(?!y)');
    if (!made.ok) throw new Error(made.error.expected);
    expect(made.value.tier.exact).toBe(false);
    expect(made.value.test('xy')).toBe(false);
    expect(made.value.test(`xy${'z'.repeat(9000)}`)).toBe(true);
    expect(made.value.test(`ay${'z'.repeat(9000)}`)).toBe(false);
    expect(compilePattern('(?=.*a.*b.*c)x').ok).toBe(false);
  });
});
