/** Mistakes in a Mirror document, and where they are shown. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/shell/config/load.ts';
import { ROOT, referenceWith } from '../support/config.ts';
import { mirrorDocument } from '../support/mirror.ts';

/** Issues of mirror.yaml as `line:column severity code`. */
function issuesOf(rules: string, more = ''): string[] {
  const directory = referenceWith({});
  writeFileSync(join(directory, 'mirror.yaml'), mirrorDocument(rules, more));
  const loaded = loadConfig(directory, {});
  const issues = loaded.ok ? loaded.value.warnings : loaded.error;
  return issues
    .filter((i) => i.file.endsWith('mirror.yaml'))
    .map(
      (i) =>
        `${i.line}:${i.column} ${i.severity} ${i.code}${i.suggestion === undefined ? '' : ` → ${i.suggestion}`}`,
    );
}
const TO = 'to: { addresses: ["127.0.0.1:1"] }';

it.each<[string, string, string[]]>([
  ['nothing wrong', `  - { name: m, percent: 1, ${TO} }`, []],
  ['no percentage', `  - { name: m, ${TO} }`, ['5:5 error missing']],
  ['more than all', `  - { name: m, percent: 101, ${TO} }`, ['5:25 error out-of-range']],
  [
    'two of a name',
    `  - { name: m, percent: 1, ${TO} }\n  - { name: m, percent: 2, ${TO} }`,
    ['6:13 error duplicate-name'],
  ],
  [
    'an app that is not there',
    `  - { name: m, percent: 1, ${TO}, match: { app: shopp } }`,
    ['5:78 error unknown-app → shop'],
  ],
  [
    'a zone that is not there',
    `  - { name: m, percent: 1, ${TO}, match: { zone: RZ1 } }`,
    ['5:79 error unknown-zone → RZ01'],
  ],
  [
    'a target zone that is not there',
    '  - { name: m, percent: 1, to: { zone: RZ9, group: A } }',
    ['5:40 error unknown-zone → RZ01'],
  ],
  [
    'a target group that is not there',
    '  - { name: m, percent: 1, to: { zone: RZ01, group: C } }',
    ['5:53 error unknown-group'],
  ],
  [
    'a group without the app',
    '  - { name: m, percent: 1, match: { app: config, zone: RZ01 }, to: { zone: RZ01, group: B } }',
    ['5:89 error app-not-deployed'],
  ],
  [
    'a group that the gates of the zone don’t reach',
    '  - { name: m, percent: 1, match: { zone: RZ03 }, to: { zone: RZ01, group: B } }',
    ['5:55 error mirror-elsewhere'],
  ],
  [
    'a group that only some gates reach',
    '  - { name: m, percent: 1, to: { zone: RZ01, group: B } }',
    ['5:32 warning mirror-elsewhere'],
  ],
  [
    'a scene that is not there',
    '  - { name: m, percent: 1, to: { stress: double-1 } }',
    ['5:42 error unknown-scene → double-11'],
  ],
  [
    'a scene that refuses the uids of users',
    '  - { name: m, percent: 1, to: { stress: double-11 } }',
    ['5:42 error scene-reserved'],
  ],
  [
    'credentials, and a comparison, for a load test',
    '  - { name: m, percent: 1, to: { stress: double-11 }, credentials: keep, compare: {} }',
    ['5:42 error scene-reserved', '5:68 error scene-credentials', '5:83 error scene-compare'],
  ],
  [
    'a field that frames messages',
    `  - { name: m, percent: 1, ${TO}, headers: { remove: [Content-Length] } }`,
    ['5:84 error bad-value'],
  ],
  [
    'a value with a line break',
    `  - { name: m, percent: 1, ${TO}, headers: { set: { X-A: "a\\r\\nb" } } }`,
    ['5:87 error bad-value'],
  ],
])('%s', (_, rules, expected) => {
  expect(issuesOf(rules)).toEqual(expected);
});

it('the example that is commented out in the manual is a rule, once its scene is declared', () => {
  const text = readFileSync(join(ROOT, 'configs', 'ldc', 'mirror.yaml'), 'utf8');
  const rule = [...text.matchAll(/^ {2}# ([- ] .*)$/gm)]
    .map((m) => m[1]!)
    .filter((l) => /^(- name| {2}\w)/.test(l));
  expect(rule[0]).toBe('- name: tomorrow');
  expect(issuesOf(rule.map((l) => `  ${l}`).join('\n'))).toEqual(['8:19 error unknown-scene']);
});
