import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attackValues, benignValues } from '../../../scripts/waf/derive-fingerprints.ts';
import { FINGERPRINTS } from '../../../src/waf/injection/fingerprints.ts';
import { detectSqli } from '../../../src/waf/injection/index.ts';
import { ROOT } from '../../support/config.ts';

/** Another seed than the table was made with: other texts of the same grammars. */
const OTHER_SEED = 77;
const SCRIPT = join(ROOT, 'scripts/waf/derive-fingerprints.ts');

describe('the table of fingerprints', () => {
  it('is what the script derives: node scripts/waf/derive-fingerprints.ts', () => {
    const committed = readFileSync(join(ROOT, 'src/waf/injection/fingerprints.ts'), 'utf8');
    // In a process of its own: half a million values want Node without a test runner's wrapping.
    const derived = execFileSync(process.execPath, [SCRIPT, '--print'], { encoding: 'utf8' });
    expect(derived).toBe(committed);
  });

  it('holds no print of prose, which is given up after two names', () => {
    expect([...FINGERPRINTS].filter((print) => print.startsWith('nn'))).toEqual([]);
    expect(FINGERPRINTS.has('q&t')).toBe(true);
  });

  it('finds attacks it was not made from', () => {
    let found = 0;
    let all = 0;
    for (const { value } of attackValues(OTHER_SEED, 10_000)) {
      all++;
      if (detectSqli(value) !== null) found++;
    }
    expect(found / all).toBeGreaterThan(0.95);
  });

  it('leaves alone ordinary values it was not made from', () => {
    let found = 0;
    let all = 0;
    for (const value of benignValues(OTHER_SEED, 10_000)) {
      all++;
      if (detectSqli(value) !== null) found++;
    }
    expect(found / all).toBeLessThan(0.005);
  });
});
