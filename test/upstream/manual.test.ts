/** docs/upstreams.md: its examples are accepted, each as what it is. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { endpointsSchema } from '../../src/model/endpoints.ts';
import { loadConfig } from '../../src/shell/config/load.ts';
import { REFERENCE, ROOT, scratch } from '../support/config.ts';

const manual = readFileSync(join(ROOT, 'docs', 'upstreams.md'), 'utf8');
const examples = [...manual.matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1]!);

it('there are examples of a policy, of endpoints and of a drill', () => {
  expect(examples.map((e) => e.split('\n', 2)[1]!.trim().split(':')[0])).toEqual([
    'kind',
    'shop',
    'kind',
  ]);
});

it.each(examples.filter((e) => e.startsWith('endpoints:')))('endpoints: %#', (example) => {
  const { endpoints } = parse(example) as { endpoints: Record<string, unknown> };
  for (const [app, source] of Object.entries(endpoints))
    expect(endpointsSchema.safeParse(source).error?.issues ?? [], app).toEqual([]);
});

it.each([
  ['upstreams.yaml', 'kind: Upstreams'],
  ['rules.yaml', 'kind: Rules'],
])('%s', (file, kind) => {
  const directory = scratch();
  cpSync(REFERENCE, directory, { recursive: true });
  const example = examples.find((e) => e.includes(kind))!;
  const path = join(directory, file);
  // Rules need their shards; of them the example shows only what it is about.
  const faults = example.slice(example.indexOf('faults:'));
  const text = kind.endsWith('Rules') ? `${readFileSync(path, 'utf8')}\n${faults}` : example;
  writeFileSync(path, text);
  const loaded = loadConfig(directory, {});
  expect(loaded.ok ? [] : loaded.error).toEqual([]);
});
