import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Named } from '../../../src/waf/body/index.ts';
import { argsOf, bytesOf, faultOf, type Odds, reading } from './reading.ts';

const read = (text: string, odds?: Odds) => reading('application/json', bytesOf(text), odds);

describe('names and values', () => {
  it.each([
    ['{"a":{"b":1}}', ['json.a.b=1']],
    ['{"list":["x",{"y":true}]}', ['json.list.array_0=x', 'json.list.array_1.y=true']],
    ['[null,-1.5e+3]', ['json.array_0=null', 'json.array_1=-1.5e+3']],
    ['"x"', ['json=x']],
    [' \t\r\n7 ', ['json=7']],
    ['{}', ['json=']],
    ['{"a":{},"b":[]}', ['json.a=', 'json.b=']],
    ['{"":""}', ['json.=']],
    ['{"a.b":1}', ['json.a.b=1']],
    ['', []],
    ['  ', []],
    ['{"a":"\\u003cscript\\u003e\\n\\/"}', ['json.a=<script>\n/']],
    ['{"\\u0061":"\\u0000"}', ['json.a=\0']],
    ['"é\\u00e9\\ud83d\\ude00"', [`json=${bytesOf('éé😀')}`]],
  ])('%j is %j', (text, args) => {
    const found = read(text);
    expect(argsOf(found)).toEqual(args);
    expect(faultOf(found)).toBe('');
  });

  it('are those of JSON.parse', () => {
    const value = fc.jsonValue({ maxDepth: 5 }).filter(isPlain);
    const gap = fc.constantFrom('', ' ', '\n\t');
    fc.assert(
      fc.property(value, gap, (json, space) => {
        const text = JSON.stringify(json, null, space);
        const found = read(text);
        expect(found.args).toEqual(flattened(JSON.parse(text), 'json'));
        expect(faultOf(found)).toBe('');
      }),
      { numRuns: 300 },
    );
  });
});

/** Without lone surrogates, which are a fault, and keys that `JSON.parse` would not keep in order. */
function isPlain(json: unknown): boolean {
  const text = JSON.stringify(json);
  return !/\\ud[89a-f]/i.test(text) && !/"(\d+|__proto__)":/.test(text);
}

function flattened(value: unknown, name: string): Named[] {
  if (typeof value !== 'object' || value === null)
    return [{ name, value: typeof value === 'string' ? bytesOf(value) : JSON.stringify(value) }];
  const members = Array.isArray(value)
    ? value.map((item: unknown, i) => [`array_${i}`, item] as const)
    : Object.entries(value);
  if (members.length === 0) return [{ name, value: '' }];
  return members.flatMap(([key, item]) => flattened(item, `${name}.${bytesOf(key)}`));
}

describe('a fault', () => {
  it.each([
    ['{"a":1,"a":2}', 'json-duplicate-key!', ['json.a=1', 'json.a=2']],
    ['{"a":1,"\\u0061":2}', 'json-duplicate-key!', ['json.a=1', 'json.a=2']],
    ['{"a":1}{"b":2}', 'json-trailing!', ['json.a=1']],
    ['{"a":1} x', 'json-trailing!', ['json.a=1']],
    ['\ufeff{"a":1}', 'json-bom', ['json.a=1']],
    ['{"a":NaN,"b":2}', 'json-literal!', ['json.a=NaN', 'json.b=2']],
    ['[01,+1,.5,1.,0x1f,Infinity,TRUE]', 'json-literal!', 7],
    ['{"a":"\\x41","b":1}', 'json-escape!', ['json.a=\\x41', 'json.b=1']],
    ['"\\u00g0"', 'json-escape!', ['json=\\u00g0']],
    ['"\\ud800x"', 'json-surrogate!', [`json=${bytesOf('\ufffd')}x`]],
    ['"\\udc00\\ud800"', 'json-surrogate!', [`json=${bytesOf('\ufffd\ufffd')}`]],
    ['"a\nb"', 'json-control!', ['json=a\nb']],
    ['{"a":1,}', 'json-syntax!', ['json.a=1']],
    ['[1,]', 'json-syntax!', ['json.array_0=1']],
    ['[1 2]', 'json-syntax!', ['json.array_0=1']],
    ['[1}', 'json-syntax!', ['json.array_0=1']],
    ["{'a':1}", 'json-syntax!', []],
    ['{a:1}', 'json-syntax!', []],
    ['{"a"=1}', 'json-syntax!', []],
    ['{"a":/*x*/1}', 'json-syntax!', []],
    ['a=1&b=<x>', 'json-literal!', ['json=a']],
    ['{"a":1', 'json-unfinished', ['json.a=1']],
    ['{"a":"x', 'json-unfinished', ['json.a=x']],
    ['{"a":', 'json-unfinished', []],
    ['{"a"', 'json-unfinished', ['json.a=']],
    ['[', 'json-unfinished', []],
    ['{"a":1,', 'json-unfinished', ['json.a=1']],
  ])('of %j is %s', (text, fault, args) => {
    const found = read(text);
    expect(faultOf(found)).toBe(fault);
    if (typeof args === 'number') expect(found.args).toHaveLength(args);
    else expect(argsOf(found)).toEqual(args);
  });

  it('is what JSON.parse refuses, and what is ambiguous; nothing else', () => {
    const piece = fc.constantFrom(
      ...Array.from('{}[]:,"\\ \n01-+.eEau'),
      '"a"',
      '"b"',
      'true',
      'null',
      '\\u00',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        if (text.trim() === '') return;
        const fault = faultOf(read(text));
        if (fault === 'json-duplicate-key!') return;
        expect(fault === '', text).toBe(parses(text));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['a lone byte', '"\u00ff"'],
    ['an overlong form', '"\u00c0\u00af"'],
    ['a surrogate', '"\u00ed\u00a0\u0080"'],
    ['half a character', '"\u00e2\u0082"'],
    ['in a key', '{"\u0080":1}'],
  ])('of bytes that are no UTF-8: %s', (_, body) => {
    expect(faultOf(reading('application/json', body))).toBe('json-utf8!');
  });

  it('of UTF-16 is ambiguous', () => {
    const body = Buffer.from('{"a":1}', 'utf16le').toString('latin1');
    expect(faultOf(reading('application/json', body))).toBe('json-syntax!');
  });

  it('leaves the rest of the body to be seen', () => {
    expect(read('{"a":1} <script>').rest).toBe('<script>');
    expect(read('{"a":1, b:"<script>"}').rest).toBe('b:"<script>"}');
    expect(read('{"a":1}').rest).toBe('');
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('limits', () => {
  it('of depth: containers inside of each other', () => {
    const nested = (n: number): string => `${'['.repeat(n)}1${']'.repeat(n)}`;
    expect(faultOf(read(nested(64)))).toBe('');
    expect(faultOf(read(nested(65)))).toBe('json-depth!');
    expect(faultOf(read('['.repeat(1_000_000)))).toBe('json-depth!');
  });

  it('of arguments', () => {
    const found = read(`[${'1,'.repeat(1500)}1]`);
    expect(found.args).toHaveLength(1000);
    expect(faultOf(found)).toBe('too-many-args!');
  });

  it('of names: nested ones do not add up', () => {
    const limits = { nameBytes: 10 };
    const found = read(`{"${'a'.repeat(8)}":{"${'b'.repeat(8)}":{"c":1}}}`, { limits });
    expect(found.args.map((a) => a.name.length)).toEqual([10]);
    expect(faultOf(found)).toBe('name-too-long!');
  });

  it('of what is given of the body: no prefix of JSON has a fault, and it shows what it has', () => {
    const value = fc.jsonValue({ maxDepth: 3 }).filter(isPlain);
    fc.assert(
      fc.property(value, fc.nat(), (json, cutAt) => {
        const text = bytesOf(JSON.stringify(json));
        const cut = text.slice(0, cutAt % (text.length + 1));
        const found = reading('application/json', cut, { truncated: true });
        expect(faultOf(found), cut).toBe('');
        const whole = reading('application/json', text).args;
        // All but the last argument are those of the whole.
        expect(whole.slice(0, Math.max(0, found.args.length - 1))).toEqual(found.args.slice(0, -1));
      }),
      { numRuns: 300 },
    );
  });
});
