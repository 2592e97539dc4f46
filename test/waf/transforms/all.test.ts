/** What holds for every transformation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TRANSFORMS, type TransformName } from '../../../src/waf/ir.ts';
import { ANYTHING, meets, signatureOf } from '../../../src/waf/signature.ts';
import { mayChange, TRANSFORM } from '../../../src/waf/transforms/index.ts';

const all = TRANSFORMS.map((name) => TRANSFORM[name]);
const fromBytes = (bytes: readonly number[]): string => String.fromCharCode(...bytes);

const anyByte = fc.integer({ min: 0, max: 255 });
/** What escapes are made of, so that many of them are whole. */
const pieces = [
  ...[
    '%',
    '%u',
    '+',
    '\\',
    '\\u',
    '\\x',
    '&',
    '&#',
    '&#x',
    'lt',
    'amp',
    ';',
    '0',
    '0x',
    '41',
    'ff1c',
  ],
  ...[
    '/',
    '/*',
    '*/',
    '<!--',
    '-->',
    '--',
    '#',
    '.',
    '..',
    '//',
    ' ',
    '\t',
    '\n',
    '\0',
    "'",
    '"',
    '^',
  ],
  ...[',', '(', 'A', 'z', '=', '\xa0', '\xc3\xa9', '\xe2\x82', '\xc0', '\xf5\x80\x80\x80', '\xff'],
];
const bytes = fc.oneof(
  fc.array(anyByte, { maxLength: 40 }).map(fromBytes),
  fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((list) => list.join('')),
);

/** Bytes that come out, for each that goes in; and so many at the least. */
const GROWTH: Partial<Record<TransformName, number>> = {
  hexEncode: 2,
  urlEncode: 3,
  utf8toUnicode: 4,
};
const ALWAYS: Partial<Record<TransformName, number>> = { sha1: 20, md5: 16, length: 20 };

const IDEMPOTENT = [
  ...['lowercase', 'uppercase', 'compressWhitespace', 'removeWhitespace', 'trim', 'trimLeft'],
  ...['trimRight', 'removeNulls', 'replaceNulls', 'normalizePath', 'normalizePathWin', 'cmdLine'],
] as const;

describe('every transformation', () => {
  it('has its own name', () => {
    expect(Object.keys(TRANSFORM).sort()).toEqual([...TRANSFORMS].sort());
    for (const name of TRANSFORMS) expect(TRANSFORM[name].name).toBe(name);
  });

  it.each(all)('$name changes nothing in a value without its triggers', (transform) => {
    if (transform.triggers === ANYTHING) return;
    const quiet = Array.from({ length: 256 }, (_, byte) => byte).filter(
      (byte) => !meets(transform.triggers, signatureOf(String.fromCharCode(byte))),
    );
    expect(quiet.length).toBeGreaterThan(0);
    const values = fc.array(fc.constantFrom(...quiet), { maxLength: 40 }).map(fromBytes);
    fc.assert(
      fc.property(values, (value) => {
        expect(transform.apply(value)).toBe(value);
      }),
      { numRuns: 300 },
    );
  });

  it('may change an empty value, too', () => {
    const changing = all.filter((transform) => transform.apply('') !== '');
    expect(changing.map((transform) => transform.name)).toEqual(['length', 'sha1', 'md5']);
    for (const transform of changing) expect(mayChange(transform, signatureOf(''))).toBe(true);
  });

  it.each(all)('$name gives bytes, and not too many', (transform) => {
    const growth = GROWTH[transform.name] ?? 1;
    const least = ALWAYS[transform.name] ?? 0;
    fc.assert(
      fc.property(bytes, (value) => {
        const result = transform.apply(value);
        for (let i = 0; i < result.length; i++) expect(result.charCodeAt(i)).toBeLessThan(256);
        expect(result.length).toBeLessThanOrEqual(Math.max(value.length * growth, least));
      }),
      { numRuns: 300 },
    );
  });

  it.each(all)('$name does not depend on what it was asked before', (transform) => {
    fc.assert(
      fc.property(bytes, bytes, (value, other) => {
        const first = transform.apply(value);
        for (const before of all) before.apply(other);
        expect(transform.apply(value)).toBe(first);
      }),
      { numRuns: 20 },
    );
  });

  it.each(IDEMPOTENT)('%s leaves alone what it made', (name) => {
    fc.assert(
      fc.property(bytes, (value) => {
        const once = TRANSFORM[name].apply(value);
        expect(TRANSFORM[name].apply(once)).toBe(once);
      }),
      { numRuns: 300 },
    );
  });

  it('undoes its counterpart', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(TRANSFORM.urlDecode.apply(TRANSFORM.urlEncode.apply(value))).toBe(value);
        expect(TRANSFORM.hexDecode.apply(TRANSFORM.hexEncode.apply(value))).toBe(value);
        const base64 = Buffer.from(value, 'latin1').toString('base64');
        expect(TRANSFORM.base64Decode.apply(base64)).toBe(value);
      }),
    );
  });

  // With steps that grow as the square, each of these would take far too long.
  const WORST = [
    '../',
    '/..',
    'a/../',
    '&#x',
    '&ltlt',
    '\\',
    '/*',
    '<!-',
    '-',
    '%u',
    '0x',
    ' (',
    '\xf0\x80',
  ];
  it.each(all)(
    '$name takes 256 KiB of the same in its stride',
    (transform) => {
      for (const piece of WORST) {
        const value = piece.repeat(2 ** 18 / piece.length);
        expect(transform.apply(value).length).toBeLessThanOrEqual(value.length * 4);
      }
      const once = `/*${'a/'.repeat(2 ** 17)}${'../'.repeat(2 ** 16)}`;
      expect(transform.apply(once).length).toBeLessThanOrEqual(once.length * 4);
    },
    30_000,
  );
});
