/** Forms, queries and cookies. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formDecode,
  percentDecode,
  splitCookies,
  splitQuery,
} from '../../../src/waf/body/index.ts';
import { argsOf, faultOf, reading } from './reading.ts';

const FORM = 'application/x-www-form-urlencoded';
const bytes = fc.uint8Array({ maxLength: 60 }).map((a) => Buffer.from(a).toString('latin1'));

describe('decoding', () => {
  it.each([
    ['a+b', 'a b', 'a+b'],
    ['%41%62', 'Ab', 'Ab'],
    ['%2541', '%41', '%41'],
    ['100%', '100%', '100%'],
    ['%4', '%4', '%4'],
    ['%zz%41', '%zzA', '%zzA'],
    ['%%41', '%A', '%A'],
    ['%u0041', '%u0041', '%u0041'],
    ['%00', '\0', '\0'],
    ['%ff', '\u00ff', '\u00ff'],
  ])('%s is %j in a form, %j in a path', (text, form, path) => {
    expect(formDecode(text)).toBe(form);
    expect(percentDecode(text)).toBe(path);
  });

  it('gives back what was encoded', () => {
    const encoded = (text: string): string =>
      Array.from(text)
        .map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
        .join('');
    fc.assert(
      fc.property(bytes, (text) => {
        expect(formDecode(encoded(text))).toBe(text);
      }),
    );
  });

  it('never grows a text', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        expect(formDecode(text).length).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});

describe('a form', () => {
  it.each([
    ['a=1&b=2', ['a=1', 'b=2'], ''],
    ['', [], ''],
    ['&&a=1&', ['a=1'], ''],
    ['a', ['a='], ''],
    ['=1', ['=1'], ''],
    ['a=b=c', ['a=b=c'], ''],
    ['a%5B%5D=%3Cx%3E+y', ['a[]=<x> y'], ''],
    ['a=1&a=2', ['a=1', 'a=2'], ''],
    ['a=1%26b=2', ['a=1&b=2'], ''],
    ['a=%zz', ['a=%zz'], 'urlencoded-bad-escape'],
    ['a=%2', ['a=%2'], 'urlencoded-bad-escape'],
  ])('%j has %j, fault %j', (body, args, fault) => {
    const read = reading(FORM, body);
    expect(argsOf(read)).toEqual(args);
    expect(faultOf(read)).toBe(fault);
  });

  it('reads what URLSearchParams writes', () => {
    const pair = fc.tuple(fc.string(), fc.string());
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 20 }), (pairs) => {
        const text = new URLSearchParams(pairs).toString();
        const { args } = reading(FORM, text);
        const utf8 = [...new URLSearchParams(text)].map(([name, value]) => ({
          name: Buffer.from(name).toString('latin1'),
          value: Buffer.from(value).toString('latin1'),
        }));
        // An empty name with an empty value is `=`: a pair all the same.
        expect(args).toEqual(utf8);
      }),
    );
  });

  it('that breaks off inside of an escape is no fault where the body is known to go on', () => {
    expect(faultOf(reading(FORM, 'a=%4', { truncated: true }))).toBe('');
    expect(faultOf(reading(FORM, 'a=%g4', { truncated: true }))).toBe('urlencoded-bad-escape');
  });

  it('with more arguments than the limit is ambiguous, and says what was not read', () => {
    const read = reading(FORM, 'a=1&b=2&c=3&d=4', { limits: { args: 2 } });
    expect(argsOf(read)).toEqual(['a=1', 'b=2']);
    expect(faultOf(read)).toBe('too-many-args!');
    expect(read.rest).toBe('c=3&d=4');
  });

  it('has its names and values cut at their limits', () => {
    const read = reading(FORM, 'aaaa=1&b=22222', { limits: { nameBytes: 3, valueBytes: 4 } });
    expect(argsOf(read)).toEqual(['aaa=1', 'b=2222']);
    expect(faultOf(read)).toBe('name-too-long!');
    const long = (truncated: boolean) =>
      faultOf(reading(FORM, 'b=22222', { limits: { valueBytes: 4 }, truncated }));
    expect([long(false), long(true)]).toEqual(['value-too-long!', '']);
  });
});

describe('a query', () => {
  it('is split and decoded once; what goes beyond the limit is told apart', () => {
    expect(splitQuery('a=%2541&b+c', 5)).toEqual({
      items: [
        { name: 'a', value: '%41' },
        { name: 'b c', value: '' },
      ],
      rest: '',
    });
    expect(splitQuery('a&b&c%41', 1)).toEqual({
      items: [{ name: 'a', value: '' }],
      rest: 'b&c%41',
    });
  });
});

describe('cookies', () => {
  it.each([
    ['a=1; b=2', ['a=1', 'b=2']],
    ['a=1;b=2;', ['a=1', 'b=2']],
    ['a = 1 ;  ; b', ['a=1', 'b=']],
    ['a="x;y"', ['a="x', 'y"=']],
    ['a=%41+', ['a=%41+']],
    ['a=b=c', ['a=b=c']],
    ['=1', ['=1']],
    ['', []],
  ])('%j are %j', (field, cookies) => {
    const { items, rest } = splitCookies(field, 10);
    expect(items.map((c) => `${c.name}=${c.value}`)).toEqual(cookies);
    expect(rest).toBe('');
  });

  it('beyond the limit are told apart', () => {
    expect(splitCookies('a=1; b=2; c=3', 1)).toEqual({
      items: [{ name: 'a', value: '1' }],
      rest: ' b=2; c=3',
    });
  });
});
