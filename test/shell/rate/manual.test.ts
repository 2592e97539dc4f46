/** docs/rate-control.md: its examples are accepted, and what it says of answers and rights is so. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../src/shell/config/load.ts';
import { RATE_ANSWERS } from '../../../src/wiring/rate/answers.ts';
import { ROOT, referenceWith } from '../../support/config.ts';

const read = (file: string): string => readFileSync(join(ROOT, 'docs', file), 'utf8');
const examples = [...read('rate-control.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1]!);

it('there are examples of a rate, a challenge and lists', () => {
  expect(examples.map((e) => /^(rates|countryDatabase):/m.exec(e)?.[1])).toEqual([
    ...['rates', 'rates', 'countryDatabase'],
  ]);
});

it.each(examples)('example %#', (example) => {
  const directory = referenceWith({});
  writeFileSync(join(directory, 'rates.yaml'), example);
  const loaded = loadConfig(directory, {});
  expect(loaded.ok ? [] : loaded.error).toEqual([]);
  expect(loaded.ok && loaded.value.snapshot.rates?.isEmpty).toBe(false);
});

it('the reference limits nobody', () => {
  const loaded = loadConfig(referenceWith({}), {});
  const room = loaded.ok ? loaded.value.snapshot.rates : null;
  expect(room?.rules.map((r) => r.enforced)).toEqual([false, false, false]);
  expect(room?.lists.map((l) => l.enforced)).toEqual([false]);
});

it('docs/reasons.md has every answer of rates, and no other', () => {
  const section = read('reasons.md').split('\n## Rates\n')[1]?.split('\n## ')[0] ?? '';
  const codes = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map((m) => m[1]!);
  expect(codes).toEqual(Object.values(RATE_ANSWERS).map((a) => a.code));
});
