/** What is printed and read again is the same. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  COLLECTIONS,
  type Control,
  type Disposition,
  type Exclusion,
  type Link,
  type Macro,
  type Operator,
  type Rule,
  type RuleChoice,
  SCALARS,
  SEVERITIES,
  type Selector,
  type SetVar,
  type Target,
  TRANSFORMS,
  type Variable,
} from '../../../src/waf/ir.ts';
import { faultText, parseSecLang } from '../../../src/waf/seclang/index.ts';
import { printSteps } from './print.ts';

const of = (bytes: string, minLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(bytes)), minLength, maxLength: 8 });
/** No backslash: in front of a quote it could not be written. No % in front of a brace. */
const TEXT = ' !"#$&\'()*+,-./09:;<=>?@AZ[]^_`az{|}~\xe4\xff';
const text = of(TEXT, 1);
/** Neither white space at its end nor a list's comma would change it, nor a quote. */
const word = of('abcXYZ019_-./:', 1);
const name = of('abcxyz019_-.', 1);
const id = fc.integer({ min: 1, max: 999_999_999 });

const collectionName = fc.constantFrom(...COLLECTIONS.filter((c) => !c.startsWith('XML_')));
const xmlName = fc.constantFrom('XML_TEXT' as const, 'XML_ATTRIBUTES' as const);
const all: Selector = { kind: 'all' };
/** A quote in quotes in the quotes of a list can't be written. */
const BARE = TEXT.replace("'", '');
const selector: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant(all),
  of(BARE.replace('/', ''), 1).map((key) => ({ kind: 'key' as const, key: key.toLowerCase() })),
  of(BARE, 1).map((source) => ({ kind: 'regex' as const, source })),
);
const target: fc.Arbitrary<Target> = fc.oneof(
  fc.record({
    kind: fc.constant('collection' as const),
    name: collectionName,
    selector,
    count: fc.boolean(),
  }),
  xmlName.map((xml) => ({ kind: 'collection' as const, name: xml, selector: all, count: false })),
  fc.record({ kind: fc.constant('scalar' as const), name: fc.constantFrom(...SCALARS) }),
);
const exclusion: fc.Arbitrary<Exclusion> = fc.oneof(
  fc.record({ name: collectionName, selector }),
  fc.record({ name: fc.constantFrom(...SCALARS), selector: fc.constant(all) }),
  fc.record({ name: xmlName, selector: fc.constant(all) }),
);

const variable: fc.Arbitrary<Variable> = fc.oneof(
  fc.record({ name: fc.constantFrom(...SCALARS), key: fc.constant('') }),
  fc.record({ name: collectionName, key: name }),
);
/** Texts and variables by turns; a text alone is plain. */
function macro(part: fc.Arbitrary<string>): fc.Arbitrary<Macro> {
  const pairs = fc.array(fc.tuple(variable, fc.option(part)), { minLength: 1, maxLength: 3 });
  const parts = fc
    .tuple(fc.option(part), pairs)
    .map(([first, rest]) => [first, ...rest.flat()].filter((p) => p !== null));
  return fc.oneof(part, parts);
}
/** A sign at its beginning would mean a sum. */
const setValue = macro(of('abc 019/|', 1));
const number: fc.Arbitrary<Macro> = fc.oneof(
  fc.nat().map(String),
  variable.map((v) => [v]),
);

const operator: fc.Arbitrary<Operator> = fc.oneof(
  of(TEXT.slice(1), 1).map((pattern) => ({ name: 'rx' as const, pattern })),
  fc.array(word, { minLength: 1, maxLength: 4 }).map((phrases) => ({
    ...{ name: 'pm' as const, phrases, file: null },
  })),
  fc.record({ name: fc.constantFrom('eq', 'ne', 'ge', 'gt', 'le', 'lt'), value: number }),
  fc.record({
    name: fc.constantFrom('streq', 'contains', 'containsWord', 'beginsWith', 'endsWith', 'within'),
    value: macro(of(TEXT.slice(1), 1)),
  }),
  fc.record({
    name: fc.constant('validateByteRange' as const),
    ranges: fc.array(fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 99, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    }),
  }),
  fc.record({
    name: fc.constant('ipMatch' as const),
    networks: fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    name: fc.constantFrom(
      ...(['always', 'validateUrlEncoding', 'validateUtf8Encoding'] as const),
      ...(['detectSQLi', 'detectXSS'] as const),
    ),
  }),
);

const ids: fc.Arbitrary<RuleChoice> = fc
  .tuple(id, fc.nat(99))
  .map(([from, more]) => ({ kind: 'ids', from, to: from + more }));
const choice: fc.Arbitrary<RuleChoice> = fc.oneof(
  ids,
  word.map((tag) => ({ kind: 'tag' as const, tag })),
  word.map((msg) => ({ kind: 'msg' as const, msg })),
);
const control: fc.Arbitrary<Control> = fc.oneof(
  fc.record({ kind: fc.constant('remove-rules' as const), rules: choice }),
  fc.record({ kind: fc.constant('remove-targets' as const), rules: choice, target: exclusion }),
  fc.record({
    kind: fc.constant('engine' as const),
    mode: fc.constantFrom('on', 'off', 'detect'),
  }),
  fc.record({
    kind: fc.constant('body-processor' as const),
    processor: fc.constantFrom('urlencoded', 'multipart', 'json', 'xml'),
  }),
  fc.constantFrom({ kind: 'force-body-variable' as const }, { kind: 'audit' as const }),
);
const setVar: fc.Arbitrary<SetVar> = fc.oneof(
  fc.record({ name: macro(name), op: fc.constant('set' as const), value: setValue }),
  fc.record({ name: macro(name), op: fc.constantFrom('add', 'subtract'), value: number }),
  fc.record({ name: macro(name), op: fc.constant('unset' as const) }),
);

const link: fc.Arbitrary<Link> = fc.record({
  targets: fc.array(target, { minLength: 1, maxLength: 4 }),
  exclusions: fc.array(exclusion, { maxLength: 3 }),
  transforms: fc.array(fc.constantFrom(...TRANSFORMS), { maxLength: 4 }),
  operator,
  negated: fc.boolean(),
  capture: fc.boolean(),
  multiMatch: fc.boolean(),
  setVars: fc.array(setVar, { maxLength: 3 }),
  controls: fc.array(control, { maxLength: 2 }),
});
const action = link.map(
  (l): Link => ({
    ...l,
    targets: [],
    exclusions: [],
    operator: { name: 'always' },
    negated: false,
  }),
);
const disposition: fc.Arbitrary<Disposition> = fc.oneof(
  fc.constantFrom({ kind: 'pass' as const }, { kind: 'block' as const }, { kind: 'drop' as const }),
  fc.record({ kind: fc.constant('deny' as const), status: fc.integer({ min: 200, max: 599 }) }),
  fc.record({
    kind: fc.constant('allow' as const),
    scope: fc.constantFrom('all', 'request', 'phase'),
  }),
);
const rule: fc.Arbitrary<Rule> = fc
  .record({
    kind: fc.constant('rule' as const),
    id,
    phase: fc.constantFrom(1, 2, 3, 4, 5),
    links: fc.array(fc.oneof(link, link, action), { minLength: 1, maxLength: 3 }),
    disposition,
    msg: fc.oneof(fc.constant(''), macro(text)),
    logData: fc.oneof(fc.constant(''), macro(text)),
    log: fc.boolean(),
    severity: fc.constantFrom(null, ...SEVERITIES),
    tags: fc.array(text, { maxLength: 3 }),
    paranoia: fc.constantFrom(0, 1, 2, 3, 4),
    skipAfter: fc.constantFrom(null, 'END'),
    labels: fc.constant([]),
    only: fc.constant(null),
    place: fc.constant({ file: 'a.conf', line: 1, column: 1 }),
  })
  .map((r) => (r.paranoia === 0 ? r : { ...r, tags: [...r.tags, `paranoia-level/${r.paranoia}`] }));

it('a rule', () => {
  fc.assert(
    fc.property(rule, (written) => {
      const printed = printSteps([written, { kind: 'marker', name: 'END' }]);
      const read = parseSecLang([{ file: 'a.conf', text: printed }], () => null);
      if (!read.ok) throw new Error(`${printed}\n${read.error.map(faultText).join('\n')}`);
      expect(read.value.steps).toEqual([written, { kind: 'marker', name: 'END' }]);
    }),
    { numRuns: 500 },
  );
});
