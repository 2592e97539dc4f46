/** Every line of the Core Rule Set's regression tests as a value. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TRANSFORMS } from '../../../src/waf/ir.ts';
import { signatureOf } from '../../../src/waf/signature.ts';
import { mayChange, TRANSFORM } from '../../../src/waf/transforms/index.ts';

const tests = join(
  process.env.ZONEGATE_CRS ?? join(import.meta.dirname, '../../../../shared/crs'),
  'tests',
);

describe.skipIf(!existsSync(tests))('payloads of the Core Rule Set (skipped without it)', () => {
  const lines = new Set(
    globSync('*/*.yaml', { cwd: tests }).flatMap((file) =>
      readFileSync(join(tests, file), 'latin1')
        .split('\n')
        .map((line) => line.trim()),
    ),
  );

  it('what changes one of them is among the triggers, and the rest stays bytes', () => {
    expect(lines.size).toBeGreaterThan(5000);
    const wrong: string[] = [];
    for (const line of lines) {
      // As it is written, and as a query would be decoded.
      for (const value of [line, TRANSFORM.urlDecode.apply(line)]) {
        const signature = signatureOf(value);
        for (const name of TRANSFORMS) {
          const result = TRANSFORM[name].apply(value);
          const expected = mayChange(TRANSFORM[name], signature);
          if (result !== value && !expected) wrong.push(`${name} changes ${value}`);
          if (Buffer.from(result, 'latin1').toString('latin1') !== result)
            wrong.push(`${name}: ${value}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);
});
