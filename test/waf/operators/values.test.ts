/** Byte ranges, encodings and comparisons. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareNumbers,
  compareText,
  compileByteRange,
  leadingInteger,
  urlEncoding,
  utf8Encoding,
} from '../../../src/waf/operators/index.ts';
import { mayMatch, signatureOf } from '../../../src/waf/signature.ts';

const bytes = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 })
  .map((list) => String.fromCharCode(...list));

describe('byte ranges', () => {
  it.each([
    [[[1, 255]], 'a\xff', null],
    [[[1, 255]], 'a\0b', '\0'],
    [
      [
        [32, 36],
        [38, 126],
      ],
      'a b',
      null,
    ],
    [
      [
        [32, 36],
        [38, 126],
      ],
      'a%b',
      '%',
    ],
    [
      [
        [32, 36],
        [38, 126],
      ],
      '\x7f',
      '\x7f',
    ],
    [[], 'x', 'x'],
    [[[0, 255]], '\0\xff', null],
    [[[65, 90]], '', null],
  ] as [[number, number][], string, string | null][])('%j of %j: %j', (ranges, value, outside) => {
    const matcher = compileByteRange(ranges);
    expect(matcher.find(value)).toBe(outside);
    expect(matcher.test(value)).toBe(outside !== null);
  });

  it('need one of the bytes outside', () => {
    fc.assert(
      fc.property(fc.tuple(fc.nat(255), fc.nat(255)), bytes, (range, value) => {
        const matcher = compileByteRange([range]);
        if (matcher.test(value)) expect(mayMatch(matcher.need, signatureOf(value))).toBe(true);
      }),
    );
  });
});

describe('URL encoding', () => {
  it.each([
    ['', null],
    ['plain', null],
    ['a%41%fF', null],
    ['%', '%'],
    ['%4', '%4'],
    ['a%zz', '%zz'],
    ['%41%4g!', '%4g'],
    ['%u0041', '%u0'],
    ['%%41', '%%4'],
  ])('%j: invalid at %j', (value, invalid) => {
    expect(urlEncoding.find(value)).toBe(invalid);
    expect(urlEncoding.test(value)).toBe(invalid !== null);
    if (invalid !== null) expect(mayMatch(urlEncoding.need, signatureOf(value))).toBe(true);
  });
});

describe('UTF-8 encoding', () => {
  it.each([
    ['an ASCII text', 'abc\0', true],
    ['two, three, four bytes', '\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80', true],
    ['a tail alone', 'a\x80', false],
    ['a head alone', '\xc3', false],
    ['a head before ASCII', '\xe4\xb8a', false],
    ['an overlong slash', '\xc0\xaf', false],
    ['an overlong slash in three', '\xe0\x80\xaf', false],
    ['an overlong slash in four', '\xf0\x80\x80\xaf', false],
    ['a surrogate', '\xed\xa0\x80', false],
    ['beyond U+10FFFF', '\xf4\x90\x80\x80', false],
    ['0xf5', '\xf5\x80\x80\x80', false],
    ['0xff', '\xff', false],
  ])('%s', (_what, value, valid) => {
    expect(utf8Encoding.test(value)).toBe(!valid);
  });

  it('is valid where a strict decoder takes it', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const piece = fc.constantFrom(
      'a',
      '\x80',
      '\xbf',
      '\xc3\xa9',
      '\xc2',
      '\xe0',
      '\xed',
      '\xf0',
      '\xf4',
      '\xa0',
      '\x90',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (parts) => {
        const value = parts.join('');
        let valid = true;
        try {
          decoder.decode(Buffer.from(value, 'latin1'));
        } catch {
          valid = false;
        }
        expect(utf8Encoding.test(value)).toBe(!valid);
        expect(utf8Encoding.find(value) === null).toBe(valid);
        if (!valid) expect(mayMatch(utf8Encoding.need, signatureOf(value))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('numbers', () => {
  it.each([
    ['12', 12],
    [' \t12abc', 12],
    ['-5', -5],
    ['+5', 5],
    ['', 0],
    ['abc', 0],
    ['-', 0],
    ['0x10', 0],
    ['1.9', 1],
    ['99999999999999999999999999', Number.MAX_SAFE_INTEGER],
    ['-99999999999999999999999999', -Number.MAX_SAFE_INTEGER],
  ])('%j is %d', (text, number) => {
    expect(leadingInteger(text)).toBe(number);
  });

  it.each([
    ['eq', '5', '5', true],
    ['eq', 'abc', '0', true],
    ['ne', '5', '6', true],
    ['ge', '5', '5', true],
    ['gt', '5', '5', false],
    ['gt', '99999999999999999999', '100', true],
    ['le', '5', '5', true],
    ['lt', '10', '9', false],
    ['lt', '', '1', true],
  ] as const)('%s %j %j: %s', (name, value, operand, expected) => {
    expect(compareNumbers(name, value, operand)).toBe(expected);
  });
});

describe('texts', () => {
  it.each([
    ['streq', 'a', 'a', true],
    ['streq', 'a', 'A', false],
    ['contains', 'a#b', '#', true],
    ['contains', 'ab', '', true],
    ['contains', '', 'a', false],
    ['beginsWith', '/a', '/', true],
    ['beginsWith', 'a', 'ab', false],
    ['endsWith', 'x.pdf', '.pdf', true],
    ['endsWith', 'x', '', true],
    ['within', 'GET', 'GET HEAD POST', true],
    ['within', 'get', 'GET HEAD POST', false],
    ['within', '', 'GET', true],
    ['within', 'GET HEAD POST', 'GET', false],
    ['containsWord', 'a select b', 'select', true],
    ['containsWord', 'select', 'select', true],
    ['containsWord', 'selected', 'select', false],
    ['containsWord', '_select 1select select2', 'select', false],
    ['containsWord', 'selects;select', 'select', true],
    ['containsWord', 'x', '', true],
    ['containsWord', '', 'x', false],
  ] as const)('%s: %j, %j: %s', (name, value, operand, expected) => {
    expect(compareText(name, value, operand)).toBe(expected);
  });
});
