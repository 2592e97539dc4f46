/** Native rules against a plain reading of their conditions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hitIds, policyOf, type Sent } from '../policies.ts';

type Condition =
  | {
      readonly field: string;
      readonly op: string;
      readonly value?: string | number;
      readonly values?: readonly string[];
    }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition };

/** As the manual says it: a leaf holds if it holds for any of the field's values. */
function holds(when: Condition, valuesOf: (field: string) => readonly string[]): boolean {
  if ('all' in when) return when.all.every((c) => holds(c, valuesOf));
  if ('any' in when) return when.any.some((c) => holds(c, valuesOf));
  if ('not' in when) return !holds(when.not, valuesOf);
  const { field, op, value = '', values = [] } = when;
  const text = String(value);
  return valuesOf(field).some((v) => {
    const number = Number.parseInt(v, 10) || 0;
    switch (op) {
      case 'equals':
        return v === text;
      case 'contains':
        return v.includes(text);
      case 'startsWith':
        return v.startsWith(text);
      case 'endsWith':
        return v.endsWith(text);
      case 'matches':
        return new RegExp(text, 's').test(v);
      case 'in':
        return values.includes(v);
      case 'phrases':
        return values.some((p) => v.toLowerCase().includes(p.toLowerCase()));
      case 'eq':
        return number === value;
      case 'gt':
        return number > Number(value);
      case 'le':
        return number <= Number(value);
      case 'exists':
        return /arg|header/i.test(field) || v !== '';
      default:
        throw new Error(op);
    }
  });
}

const leaf: fc.Arbitrary<Condition> = fc
  .record({
    field: fc.constantFrom(
      'args',
      'arg:a',
      'queryArg:a',
      'header:X-A',
      'headers',
      'method',
      'query',
      'uid',
      'path',
    ),
    test: fc.oneof(
      fc.record({
        op: fc.constantFrom('equals', 'contains', 'startsWith', 'endsWith'),
        value: fc.constantFrom('a', '1', 'GET', '', 'x.y'),
      }),
      fc.record({ op: fc.constant('matches'), value: fc.constantFrom('^a', '[0-9]+', 'x.y$') }),
      fc.record({
        op: fc.constantFrom('in', 'phrases'),
        values: fc.constantFrom(['a', 'x.y'], ['A1'], ['GET', '(']),
      }),
      fc.record({ op: fc.constantFrom('eq', 'gt', 'le'), value: fc.constantFrom(0, 1, 5) }),
      fc.constant({ op: 'exists' }),
    ),
  })
  .map(({ field, test }) => ({ field, ...test }));
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'condition' },
    leaf,
    fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('condition') }),
  ),
}));

const text = fc.constantFrom('a', 'A1', '1', '', 'x.y', 'xzy', '5', 'ab');
const asked = fc.record({
  a: fc.option(text, { nil: undefined }),
  b: fc.option(text, { nil: undefined }),
  header: fc.option(text, { nil: undefined }),
  method: fc.constantFrom('GET', 'POST'),
  uid: fc.constantFrom('', 'u1'),
});
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

const pairsOf = ({ a, b }: Asked): [string, string][] =>
  (
    [
      ['a', a],
      ['b', b],
    ] as const
  ).flatMap(([name, v]) => (v === undefined ? [] : [[name, v]]));
const queryOf = (one: Asked): string =>
  pairsOf(one)
    .map((p) => p.join('='))
    .join('&');
const sentOf = (one: Asked): Sent => ({
  ...{ method: one.method, uid: one.uid, query: queryOf(one) },
  headers: one.header === undefined ? [] : [['x-a', one.header]],
});
function valuesIn(one: Asked): (field: string) => readonly string[] {
  const args = pairsOf(one);
  const headers = one.header === undefined ? [] : [one.header];
  const values: Readonly<Record<string, readonly string[]>> = {
    args: args.map(([, v]) => v),
    'arg:a': args.flatMap(([name, v]) => (name === 'a' ? [v] : [])),
    'queryArg:a': args.flatMap(([name, v]) => (name === 'a' ? [v] : [])),
    ...{ 'header:X-A': headers, headers, method: [one.method], query: [queryOf(one)] },
    ...{ uid: [one.uid], path: ['/'] },
  };
  return (field) => values[field]!;
}

describe('a condition', () => {
  it('of any shape holds where it reads as if it did', { timeout: 60_000 }, () => {
    const seen = { yes: 0, no: 0, large: 0 };
    fc.assert(
      fc.property(condition, asked, asked, (when, first, second) => {
        let policy: ReturnType<typeof policyOf>;
        try {
          policy = policyOf({ native: { own: [{ id: 1, when, action: 'count' }] } });
        } catch (error) {
          expect(String(error)).toContain('the condition is too large');
          seen.large++;
          return;
        }
        for (const one of [first, second]) {
          const expected = holds(when, valuesIn(one));
          seen[expected ? 'yes' : 'no']++;
          expect(hitIds(policy, sentOf(one))).toEqual(expected ? [1] : []);
        }
      }),
      { numRuns: 800 },
    );
    expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(300);
    expect(seen.large).toBeLessThan(400);
  });

  it('turned around by De Morgan is the same', () => {
    fc.assert(
      fc.property(fc.array(leaf, { minLength: 1, maxLength: 3 }), asked, (leaves, one) => {
        const ids = (when: Condition) =>
          hitIds(policyOf({ native: { own: [{ id: 1, when, action: 'count' }] } }), sentOf(one));
        const nots = leaves.map((c) => ({ not: c }));
        expect(ids({ not: { all: leaves } })).toEqual(ids({ any: nots }));
        expect(ids({ not: { any: leaves } })).toEqual(ids({ all: nots }));
        expect(ids({ not: { not: leaves[0]! } })).toEqual(ids(leaves[0]!));
      }),
      { numRuns: 150 },
    );
  });
});

describe('a field', () => {
  const json = { headers: [['Content-Type', 'application/json']] } as const;
  const BOUND = 'multipart/form-data; boundary=b';
  const multipart = {
    headers: [['Content-Type', BOUND]],
    body: '--b\r\nContent-Disposition: form-data; name="f"; filename="x.php"\r\n\r\nabc\r\n--b--\r\n',
  } as const;
  it.each<[object, Sent]>([
    [{ field: 'method', op: 'equals', value: 'POST' }, {}],
    [{ field: 'path', op: 'equals', value: '/a b' }, { path: '/a%20b' }],
    [
      { field: 'rawPath', op: 'equals', value: '/a%20b?c=1' },
      { path: '/a%20b', query: 'c=1' },
    ],
    [{ field: 'query', op: 'exists' }, { query: 'a=1' }],
    [{ field: 'protocol', op: 'equals', value: 'HTTP/1.1' }, {}],
    [{ field: 'requestLine', op: 'equals', value: 'POST / HTTP/1.1' }, {}],
    [{ field: 'ip', op: 'network', values: ['192.0.2.0/24'] }, {}],
    [{ not: { field: 'ip', op: 'network', value: '10.0.0.0/8' } }, {}],
    [{ field: 'country', op: 'in', values: ['DE', 'FR'] }, { country: 'FR' }],
    [{ field: 'uid', op: 'exists' }, { uid: 'ann' }],
    [{ not: { field: 'uid', op: 'exists' } }, {}],
    [{ field: 'zone', op: 'equals', value: 'RZ01' }, {}],
    [{ field: 'app', op: 'equals', value: 'shop' }, {}],
    [{ field: 'args', op: 'sqli' }, { query: "a=1'+or+1=1--+" }],
    [{ field: 'bodyArgs', op: 'xss' }, { body: 'a=<script>alert(1)</script>' }],
    [
      { field: 'bodyArg:json.a', op: 'equals', value: 'x' },
      { ...json, body: '{"a":"x"}' },
    ],
    [
      { field: 'bodyKind', op: 'equals', value: 'JSON' },
      { ...json, body: '{}' },
    ],
    [
      { field: 'bodyFault', op: 'eq', value: 1 },
      { ...json, body: '{' },
    ],
    [{ field: 'bodyBytes', op: 'ge', value: 3 }, { body: 'a=1' }],
    [{ field: 'body', op: 'contains', value: 'a=1' }, { body: 'a=1' }],
    [
      { field: 'argsBytes', op: 'eq', value: 3 },
      { query: 'a=1', body: 'b=' },
    ],
    [{ field: 'argNames', op: 'startsWith', value: '$' }, { query: '$a=1' }],
    [
      { field: 'header:user-agent', op: 'contains', value: 'bot' },
      { headers: [['USER-Agent', 'a bot']] },
    ],
    [{ field: 'headerNames', op: 'equals', value: 'X-A' }, { headers: [['X-A', '1']] }],
    [{ field: 'cookie:s', op: 'equals', value: '1' }, { headers: [['Cookie', 'a=2; s=1']] }],
    [{ field: 'cookieNames', op: 'equals', value: 's' }, { headers: [['cookie', 's=1']] }],
    [{ field: 'files', op: 'endsWith', value: '.php' }, multipart],
    [{ field: 'fileFields', op: 'equals', value: 'f' }, multipart],
    [{ field: 'filesBytes', op: 'eq', value: 3 }, multipart],
    [{ field: 'partHeaders', op: 'contains', value: 'filename' }, multipart],
    [
      { field: 'arg:a', op: 'equals', value: 'x', transforms: ['lowercase', 'trim'] },
      { query: 'a=+X' },
    ],
    [{ field: 'arg:a', op: 'bytesOutside', value: '97-122, 32' }, { query: 'a=1' }],
    [{ field: 'arg:a', op: 'equals', value: 'ü' }, { query: 'a=%C3%BC' }],
    [{ field: 'arg:a', op: 'in', values: ['a.c', '(x)'] }, { query: 'a=(x)' }],
    [{ not: { field: 'arg:a', op: 'in', values: ['a.c'] } }, { query: 'a=abc' }],
  ])('%j', (when, sent) => {
    expect(
      hitIds(policyOf({ native: { own: [{ id: 1, when, action: 'count' }] } }), {
        body: '',
        ...sent,
      }),
    ).toEqual([1]);
    const none = { not: when };
    expect(
      hitIds(policyOf({ native: { own: [{ id: 1, when: none, action: 'count' }] } }), {
        body: '',
        ...sent,
      }),
    ).toEqual([]);
  });
});
