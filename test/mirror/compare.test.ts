/** Two answers side by side: what differs is named, by paths without data in them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differences, type SeenAnswer } from '../../src/mirror/compare.ts';
import type { CompareRule } from '../../src/mirror/index.ts';
import { jsonDifferences } from '../../src/mirror/json-differences.ts';

const RULE: CompareRule = {
  ...{ status: true, headers: ['content-type', 'etag'], body: 'json', ignore: [] },
  ...{ bodyBytes: 65_536, perS: 100, noiseShare: 0.1, noiseAfterMs: 0, learn: 5, samples: 3 },
};
const seen = (
  body: string,
  status = 200,
  headers: (string | null)[] = [null, null],
): SeenAnswer => ({
  status,
  headers,
  body: Buffer.from(body),
});
const fieldsOf = (a: string, b: string, rule: Partial<CompareRule> = {}): string[] =>
  differences(seen(a), seen(b), { ...RULE, ...rule }).map((d) => d.field);

describe('bodies', () => {
  it.each<[string, string, string, string[]]>([
    ['alike', '{"a":1}', '{"a":1}', []],
    ['spaces and the order of keys', '{"a":1,"b":2}', '{ "b": 2, "a": 1 }', []],
    ['a value', '{"a":1,"b":2}', '{"a":1,"b":3}', ['$.b']],
    ['a kind', '{"a":1}', '{"a":"1"}', ['$.a']],
    ['null is not absent', '{"a":null}', '{}', ['$.a']],
    ['a key too many', '{"a":1}', '{"a":1,"z":{"y":1}}', ['$.z']],
    ['deep', '{"a":{"b":[{"c":1}]}}', '{"a":{"b":[{"c":2}]}}', ['$.a.b[].c']],
    ['one element of many', '[{"p":1},{"p":2}]', '[{"p":1},{"p":9}]', ['$[].p']],
    ['a longer list', '{"a":[1,2]}', '{"a":[1,2,3]}', ['$.a[]']],
    ['a list shifted', '{"a":[1,2]}', '{"a":[0,1,2]}', ['$.a[]']],
    ['a list for an object', '{"a":[]}', '{"a":{}}', ['$.a']],
    ['scalars', '1', '2', ['$']],
    ['escapes for letters', '{"n":"Zo\\u00eb"}', '{"n":"Zoë"}', []],
    ['composed letters are others', '{"n":"Zoë"}', '{"n":"Zoe\u0308"}', ['$.n']],
    ['keys in other scripts', '{"价格":1}', '{"价格":2}', ['$.价格']],
    ['keys that are data', '{"2088000000000680":1}', '{"2088000000000680":2}', ['$.*']],
    ['keys that are addresses', '{"ann@example.com":1}', '{}', ['$.*']],
    [
      'keys that are ids, though they begin with a letter',
      '{"f81d4fae-7dec-11d0-a765-00a0c91e6bf6":1,"c0ffee1234567890":1}',
      '{"f81d4fae-7dec-11d0-a765-00a0c91e6bf6":2,"c0ffee1234567890":2}',
      ['$.*'],
    ],
    [
      'keys that are tokens',
      '{"sk_live_EwAoCDIEBaoAASM1mSkBbtvsLqBkAAAAAAAAAAAABQ":1}',
      '{}',
      ['$.*'],
    ],
    ['names with numbers', '{"sha256":1,"x509v3_ext":1}', '{}', ['$.sha256', '$.x509v3_ext']],
    ['of a key that stands twice the last', '{"a":1,"a":2}', '{"a":2}', []],
    ['a key of JavaScript’s own', '{"__proto__":1}', '{"__proto__":2}', ['$.__proto__']],
    ['a key that every object has', '{"toString":1}', '{}', ['$.toString']],
    ['no JSON', '<a>1</a>', '<a>2</a>', ['body']],
    ['JSON no longer', '{"a":1}', '{"a":', ['body']],
    ['nothing', '', '{}', ['body']],
  ])('%s', (_, a, b, expected) => {
    expect(fieldsOf(a, b)).toEqual(expected);
    expect(fieldsOf(b, a)).toEqual(expected);
  });

  it('that are compared as bytes differ as a whole', () => {
    expect(fieldsOf('{"a":1}', '{ "a":1}', { body: 'hash' })).toEqual(['body']);
    expect(fieldsOf('{"a":1}', '{"a":1}', { body: 'hash' })).toEqual([]);
    expect(fieldsOf('{"a":1}', '{"a":2}', { body: 'none' })).toEqual([]);
  });

  it.each<[string[], string[]]>([
    [['at'], ['$.items[].id', '$.items[].at']],
    [['items'], ['$.at']],
    [['$.items[].at', 'at'], ['$.items[].id']],
    [['items[]'], ['$.at']],
  ])('leave out %j', (ignore, expected) => {
    const a = '{"at":1,"items":[{"id":1,"at":1}]}';
    const b = '{"at":2,"items":[{"id":2,"at":2}]}';
    expect(fieldsOf(a, b, { ignore }).sort()).toEqual(expected.sort());
  });

  it('say what kind of value it was, and never the value', () => {
    const secret = 'correct horse';
    const [d] = jsonDifferences({ pass: secret }, { pass: 17 }, []);
    expect(d).toEqual({ field: '$.pass', ours: 'string(13)', theirs: 'number' });
  });

  it('that are nested without end cost no more than a bound', () => {
    const deep = `${'['.repeat(5000)}1${']'.repeat(5000)}`;
    expect(fieldsOf(deep, deep.replace('1', '2'))).toEqual([]);
  });

  it('that are nested in long names share the path of what they lie in', () => {
    const nested = (leaf: number): unknown => {
      let value: unknown = { leaf };
      for (let i = 0; i < 30; i++) value = { ['name'.repeat(10)]: [value] };
      return value;
    };
    const found = jsonDifferences(nested(1), nested(2), []);
    expect(found.map((d) => d.field.length < 320)).toEqual([true]);
  });

  it('of very many keys are not walked beyond what counts', () => {
    let looks = 0;
    const many = (n: number): Record<string, number> =>
      Object.fromEntries([...Array(50_000).keys()].map((i) => [`k${i}`, n]));
    const get = (all: Record<string, number>, key: string): number | undefined => {
      looks++;
      return all[key];
    };
    const ours = new Proxy(many(1), { get });
    expect(jsonDifferences(ours, many(2), []).length).toBeLessThanOrEqual(256);
    expect(looks).toBeLessThan(20_010);
  });

  it('find a change wherever it is made, and nothing where there is none', () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(json, json, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        if (same) expect(jsonDifferences(a, b, [])).toEqual([]);
        expect(jsonDifferences(a, structuredClone(a), [])).toEqual([]);
        const there = jsonDifferences({ x: a, y: 1 }, { x: a, y: 2 }, []);
        expect(there.map((d) => d.field)).toEqual(['$.y']);
      }),
    );
  });
});

describe('status and fields', () => {
  it('are compared as the rule says', () => {
    const a = seen('', 200, ['text/html', null]);
    const b = seen('', 500, ['text/plain', '"x"']);
    expect(differences(a, b, RULE)).toEqual([
      { field: 'status', ours: '200', theirs: '500' },
      { field: 'header:content-type', ours: 'string(9)', theirs: 'string(10)' },
      { field: 'header:etag', ours: 'absent', theirs: 'string(3)' },
    ]);
    expect(differences(a, b, { ...RULE, status: false, headers: [] })).toEqual([]);
  });

  it('say nothing of a body that was not kept', () => {
    expect(differences({ ...seen('a'), body: null }, seen('b'), RULE)).toEqual([]);
  });
});
