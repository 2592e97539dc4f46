import { describe, expect, it } from 'vitest';
import type { Rule, RuleSource } from '../../../src/waf/ir.ts';
import { faultText, parseSecLang } from '../../../src/waf/seclang/index.ts';
import { ABSENT, crsData, crsFiles, crsIsThere } from './crs-files.ts';
import { printSteps } from './print.ts';

function count(keys: Iterable<string | number>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

function crs(): RuleSource {
  const read = parseSecLang(crsFiles(), crsData);
  if (!read.ok) throw new Error(read.error.map(faultText).join('\n'));
  return read.value;
}

const rulesOf = (source: RuleSource): Rule[] => source.steps.filter((step) => step.kind === 'rule');

describe.skipIf(!crsIsThere)(`OWASP CRS 4.28${ABSENT}`, () => {
  it('is read without a mistake, and without losing a rule', () => {
    const source = crs();
    const rules = rulesOf(source);
    const links = rules.flatMap((rule) => rule.links);
    expect(source.signature).toBe('OWASP_CRS/4.28.0');
    expect({
      rules: rules.length,
      links: links.length,
      markers: source.steps.length - rules.length,
      ids: new Set(rules.map((rule) => rule.id)).size,
    }).toEqual({ rules: 630, links: 703, markers: 30, ids: 630 });
    expect(count(rules.map((rule) => rule.phase))).toEqual({
      1: 173,
      2: 292,
      3: 43,
      4: 109,
      5: 13,
    });
    expect(count(rules.map((rule) => rule.paranoia))).toEqual({
      0: 285,
      1: 214,
      2: 90,
      3: 32,
      4: 9,
    });
  });

  it('has the operators, transformations and actions that are counted in its text', () => {
    const rules = rulesOf(crs());
    const links = rules.flatMap((rule) => rule.links);
    expect(count(links.map((link) => link.operator.name))).toEqual({
      ...{ rx: 318, lt: 190, eq: 53, ge: 42, gt: 15, pm: 33, streq: 9, within: 9, endsWith: 6 },
      ...{ validateByteRange: 6, contains: 4, ipMatch: 2, detectSQLi: 2, detectXSS: 2 },
      ...{ beginsWith: 1, validateUrlEncoding: 1, validateUtf8Encoding: 1, always: 9 },
    });
    expect(links.filter((link) => link.negated).length).toBe(42);
    const transforms = links.flatMap((link) => link.transforms);
    expect(transforms.length).toBe(840 - 432);
    expect(new Set(transforms).size).toBe(19);
    expect(links.flatMap((link) => link.setVars).length).toBe(684);
    expect(links.filter((link) => link.capture).length).toBe(279);
    expect(links.filter((link) => link.multiMatch).length).toBe(8);
    expect(count(links.flatMap((link) => link.controls).map(({ kind }) => kind))).toEqual({
      'force-body-variable': 2,
      'body-processor': 1,
      'remove-rules': 4,
      'remove-targets': 1,
      audit: 2,
    });
    expect(rules.filter((rule) => rule.skipAfter !== null).length).toBe(206);
    expect(rules.flatMap((rule) => rule.tags).length).toBe(3089);
    expect(count(rules.map((rule) => rule.disposition.kind))).toEqual({
      pass: 279,
      block: 345,
      deny: 6,
    });
  });

  it('has the targets that SecRuleUpdateTargetById takes away', () => {
    const rules = rulesOf(crs());
    const cookies = rules.flatMap((rule) =>
      rule.links[0]!.exclusions.filter(({ name }) => name === 'REQUEST_COOKIES'),
    );
    expect(cookies.length).toBe(54);
    const files = rules.find((rule) => rule.id === 930120)!;
    expect(files.links[0]!.exclusions).toEqual([
      { name: 'ARGS_NAMES', selector: { kind: 'key', key: 'json.profile' } },
    ]);
  });

  it('reads the phrases of its files', () => {
    const files = new Map<string, number>();
    for (const { operator } of rulesOf(crs()).flatMap((rule) => rule.links))
      if (operator.name === 'pm' && operator.file !== null)
        files.set(operator.file, operator.phrases.length);
    expect(files.size).toBe(19);
    for (const [file, phrases] of files) {
      const lines = crsData(file)!.split('\n');
      const wanted = lines.filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
      expect([file, phrases]).toEqual([file, wanted.length]);
    }
  });

  it('printed and read again, is the same', () => {
    const { steps } = crs();
    const printed = printSteps(steps);
    const again = parseSecLang([{ file: 'printed.conf', text: printed }], crsData);
    if (!again.ok) throw new Error(again.error.map(faultText).join('\n'));
    const placeless = (source: readonly unknown[]) =>
      JSON.parse(
        JSON.stringify(source, (key, value: unknown) => (key === 'place' ? 0 : value)),
      ) as unknown;
    expect(placeless(again.value.steps)).toEqual(placeless(steps));
  });

  it('says where each rule stands', () => {
    const texts = new Map(crsFiles().map(({ file, text }) => [file, text.split('\n')]));
    for (const { place } of rulesOf(crs())) {
      const line = texts.get(place.file)![place.line - 1]!;
      expect(line.slice(place.column - 1)).toMatch(/^Sec(?:Rule|Action)\b/);
    }
  });
});
