/** Small rule sets in which everything meets everything, and requests that such rules are about. */
import fc from 'fast-check';
import type { RequestInput } from '../../../src/waf/engine/input.ts';
import type {
  Collection,
  Control,
  Disposition,
  Exclusion,
  Link,
  Macro,
  Operator,
  Rule,
  RuleChoice,
  Selector,
  SetVar,
  Step,
  Target,
  TransformName,
} from '../../../src/waf/ir.ts';
import { inputOf } from './engine.ts';

const ALL: Selector = { kind: 'all' };
const key = (name: string): Selector => ({ kind: 'key', key: name });
const NAMES = ['a', 'b', 'c'] as const;
const TX_NAMES = ['s', 't', 'u', 'v_foo', '0', '1'] as const;
const TAGS = ['even', 'odd'] as const;
const MARKERS = ['m1', 'm2'] as const;
const IDS = 16;

const of = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const seldom = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<T[]>([]) },
    { weight: 1, arbitrary: some.map((one): T[] => [one]) },
  );

const selector = fc.oneof(
  { weight: 2, arbitrary: fc.constant(ALL) },
  { weight: 3, arbitrary: of(...NAMES).map(key) },
  {
    weight: 1,
    arbitrary: of('^[ab]$', 'B', 'c').map((source): Selector => ({ kind: 'regex', source })),
  },
);
const listOf = (name: Collection): fc.Arbitrary<Target> =>
  fc
    .record({ selector, count: fc.boolean() })
    .map(({ selector: s, count }) => ({ kind: 'collection', name, selector: s, count }));
const txTarget: fc.Arbitrary<Target> = fc
  .record({ name: of(...TX_NAMES), count: fc.boolean() })
  .map(({ name, count }) => ({ kind: 'collection', name: 'TX', selector: key(name), count }));
const target: fc.Arbitrary<Target> = fc.oneof(
  { weight: 4, arbitrary: listOf('ARGS') },
  { weight: 1, arbitrary: listOf('ARGS_NAMES') },
  { weight: 1, arbitrary: listOf('ARGS_POST') },
  { weight: 1, arbitrary: listOf('REQUEST_HEADERS') },
  { weight: 3, arbitrary: txTarget },
  {
    weight: 2,
    arbitrary: of('REQUEST_METHOD', 'MATCHED_VAR', 'REQUEST_BODY', 'REQBODY_PROCESSOR').map(
      (name): Target => ({ kind: 'scalar', name }),
    ),
  },
  {
    weight: 1,
    arbitrary: of('MATCHED_VARS', 'MATCHED_VARS_NAMES').map(
      (name): Target => ({ kind: 'collection', name, selector: ALL, count: false }),
    ),
  },
);
const exclusion: fc.Arbitrary<Exclusion> = fc.oneof(
  fc.record({ name: fc.constant('ARGS' as const), selector }),
  fc.record({ name: fc.constant('TX' as const), selector: of(...TX_NAMES).map(key) }),
);

const tx = (name: string): Macro => [{ name: 'TX', key: name }];
const value: fc.Arbitrary<Macro> = fc.oneof(
  { weight: 4, arbitrary: of<Macro>('0', '1', '2', 'foo', '') },
  { weight: 2, arbitrary: of(...TX_NAMES).map(tx) },
  {
    weight: 1,
    arbitrary: of<Macro>(
      [{ name: 'MATCHED_VAR', key: '' }],
      ['f', { name: 'REQUEST_METHOD', key: '' }],
    ),
  },
);
const operator: fc.Arbitrary<Operator> = fc.oneof(
  {
    weight: 4,
    arbitrary: of('foo', '^x$', '(f)(o+)', '%', '<', '[0-9]+', '^$', 'b|<', '(?i)FOO', '.').map(
      (pattern): Operator => ({ name: 'rx', pattern }),
    ),
  },
  {
    weight: 1,
    arbitrary: of(['foo', 'x<'], ['1'], ['%']).map(
      (phrases): Operator => ({ name: 'pm', phrases, file: null }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({ name: of('eq', 'ne', 'ge', 'gt', 'le', 'lt'), value }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      name: of('streq', 'contains', 'containsWord', 'beginsWith', 'endsWith', 'within'),
      value,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ name: 'validateByteRange', ranges: [[48, 122]] }) },
);
const transforms: fc.Arbitrary<TransformName[]> = fc.array(
  of(
    'lowercase',
    'urlDecodeUni',
    'htmlEntityDecode',
    'removeWhitespace',
    'length',
    'hexEncode',
    'trim',
  ),
  { maxLength: 3 },
);

const setVar: fc.Arbitrary<SetVar> = fc.record({
  name: fc.oneof(
    { weight: 6, arbitrary: of<Macro>(...TX_NAMES, 'S') },
    {
      weight: 1,
      arbitrary: of<Macro>(['v_', { name: 'MATCHED_VAR', key: '' }], [{ name: 'TX', key: 's' }]),
    },
  ),
  op: of('set', 'set', 'add', 'subtract'),
  value,
});
const anySetVar: fc.Arbitrary<SetVar> = fc.oneof(
  { weight: 6, arbitrary: setVar },
  { weight: 1, arbitrary: of(...TX_NAMES).map((name): SetVar => ({ name, op: 'unset' })) },
);
const choice: fc.Arbitrary<RuleChoice> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: IDS }), fc.nat(2))
    .map(([from, more]): RuleChoice => ({ kind: 'ids', from, to: from + more })),
  of(...TAGS).map((tag): RuleChoice => ({ kind: 'tag', tag })),
);
const control: fc.Arbitrary<Control> = fc.oneof(
  { weight: 3, arbitrary: choice.map((rules): Control => ({ kind: 'remove-rules', rules })) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('remove-targets' as const),
      rules: choice,
      target: exclusion,
    }),
  },
  { weight: 1, arbitrary: of('on', 'detect').map((mode): Control => ({ kind: 'engine', mode })) },
  {
    weight: 1,
    arbitrary: of<Control>(
      { kind: 'force-body-variable' },
      { kind: 'body-processor', processor: 'json' },
    ),
  },
);

// What CRS has most of: rules that only set up.
const setup: fc.Arbitrary<Link> = fc
  .record({
    targets: fc.array(txTarget, { maxLength: 2 }),
    operator: of<Operator>(
      { name: 'eq', value: '0' },
      { name: 'ge', value: '1' },
      { name: 'streq', value: 'foo' },
    ),
    setVars: fc.array(anySetVar, { maxLength: 3 }),
  })
  .map(
    ({ targets, operator: o, setVars }): Link => ({
      ...{ targets, exclusions: [], transforms: [], negated: false, none: false },
      ...{ operator: targets.length === 0 ? { name: 'always' } : o },
      ...{ capture: false, multiMatch: false, setVars, controls: [] },
    }),
  );

const link: fc.Arbitrary<Link> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      targets: fc.array(target, { minLength: 1, maxLength: 2 }),
      exclusions: seldom(exclusion),
      transforms,
      operator,
      negated: of(false, false, false, true),
      none: of(false, false, false, false, true),
      capture: of(false, false, true),
      multiMatch: of(false, false, false, true),
      setVars: fc.array(anySetVar, { maxLength: 2 }),
      controls: seldom(control),
    }),
  },
  {
    weight: 3,
    arbitrary: setup,
  },
);

const disposition: fc.Arbitrary<Disposition> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Disposition>({ kind: 'pass' }) },
  {
    weight: 1,
    arbitrary: of<Disposition>(
      { kind: 'block' },
      { kind: 'deny', status: 403 },
      { kind: 'drop' },
      { kind: 'challenge' },
      { kind: 'allow', scope: 'all' },
      { kind: 'allow', scope: 'request' },
      { kind: 'allow', scope: 'phase' },
    ),
  },
);
const rule: fc.Arbitrary<Rule> = fc
  .record({
    phase: of(1, 1, 2, 2),
    links: fc.array(link, { minLength: 1, maxLength: 3 }),
    disposition,
    msg: value,
    logData: value,
    log: of(true, false, false),
    tags: fc.subarray([...TAGS]),
    skipAfter: fc.oneof(
      { weight: 5, arbitrary: fc.constant(null) },
      { weight: 2, arbitrary: of(...MARKERS) },
    ),
    labels: seldom(of('l1', 'l2')),
  })
  .map((parts) => ({
    ...{ kind: 'rule', id: 0, severity: null, paranoia: 0, only: null },
    ...parts,
    place: { file: 'a.conf', line: 1, column: 1 },
  }));

/** Worked out beforehand, if what it depends on is certain: it sets something, or skips. */
const quiet: fc.Arbitrary<Rule> = fc.tuple(rule, setup, fc.boolean()).map(([r, link0, sets]) => ({
  ...r,
  links: [{ ...link0, setVars: sets ? link0.setVars : [] }],
  disposition: { kind: 'pass' },
  log: false,
  labels: [],
  skipAfter: sets ? null : r.skipAfter,
}));

/** Markers stand behind some of the rules. */
export const steps: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 2, arbitrary: rule }, { weight: 1, arbitrary: quiet }),
      seldom(of(...MARKERS)),
    ),
    { minLength: 1, maxLength: IDS },
  )
  .map((list) =>
    list.flatMap(([r, markers], i): Step[] => [
      { ...r, id: i + 1 },
      ...markers.map((name): Step => ({ kind: 'marker', name })),
    ]),
  );

export const presets: fc.Arbitrary<ReadonlyMap<string, string>> = fc
  .dictionary(of('s', 't', 'v_foo'), of('0', '1', 'foo'), { maxKeys: 2 })
  .map((o) => new Map(Object.entries(o)));

const text = of('foo', 'FOO', 'x', '1', '0', '', '%2566oo', '&lt;', 'f oo', '%3C', 'a1');
const pairs = fc
  .array(fc.tuple(of('a', 'b', 'c', 'A', '%62'), text), { maxLength: 4 })
  .map((list) => list.map(([name, v]) => `${name}=${v}`).join('&'));

export interface Asked {
  readonly request: RequestInput;
  readonly body: string;
}
export const asked: fc.Arbitrary<Asked> = fc
  .record({
    query: pairs,
    body: fc.oneof(pairs, of('{"a":"foo","b":{"c":1}}')),
    type: fc.boolean(),
    header: text,
  })
  .map(({ query, body, type, header }) => ({
    request: inputOf({
      query,
      headers: [
        ['B', header],
        ...(type ? [['Content-Type', 'application/x-www-form-urlencoded'] as const] : []),
      ],
    }),
    body,
  }));
