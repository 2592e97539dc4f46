import { describe, expect, it } from 'vitest';
import { KeyWords, sipWords } from '../../src/rate/keyed-hash.ts';

/** Key 00 … 07, message 00 01 … of so many bytes: of the reference's vectors_hsip64. */
const VECTORS = [
  ...['218d1f59b9b83cc8', 'be552412f8387315', '064f39ef7c50eb57', 'ce0f1a45f7060679'],
  ...['d5e78a175be52ea1', 'cb9d7c3f2f3db580', 'ce3e91358aa2bc25', 'ff202728b07bc684'],
  ...['edfee820bce4858c', '5b51cccc13888307'],
];
const SEED = { k0: 0x03020100, k1: 0x07060504 };

const hashed = (seed: typeof SEED, fill: (key: KeyWords) => void): string => {
  const key = new KeyWords();
  key.start(7);
  fill(key);
  key.finish(seed);
  return `${key.hi} ${key.lo}`;
};

describe('the hash of keys', () => {
  it.each(VECTORS.map((v, length) => [length, v] as const))(
    'is HalfSipHash of %i bytes',
    (length, vector) => {
      const bytes = Buffer.from(Array.from({ length }, (_, i) => i));
      const whole = length >> 2;
      const words = Int32Array.from({ length: whole }, (_, i) => bytes.readInt32LE(4 * i));
      const out = { hi: 0, lo: 0 };
      const rest = length & 3;
      const tail = rest === 0 ? 0 : bytes.readUIntLE(4 * whole, rest);
      sipWords(words, whole, tail, rest, SEED, out);
      const found = Buffer.alloc(8);
      found.writeInt32LE(out.lo, 0);
      found.writeInt32LE(out.hi, 4);
      expect(found.toString('hex')).toBe(vector);
    },
  );

  it('tells apart what flows together as text', () => {
    const texts = [
      ['ab', 'c'],
      ['a', 'bc'],
      ['abc'],
      ['abc', ''],
      ['', 'abc'],
      ['abc\u0000'],
      ['a'],
      ['a\u0000'],
    ];
    const hashes = texts.map((parts) =>
      hashed(SEED, (key) => {
        for (const part of parts) key.text(part);
      }),
    );
    expect(new Set(hashes).size).toBe(texts.length);
  });

  it('is another one under another seed', () => {
    const put = (key: KeyWords): void => key.text('10.0.0.1');
    expect(hashed(SEED, put)).not.toBe(hashed({ k0: 1, k1: 2 }, put));
  });

  it('takes four texts of any length', () => {
    const put = (key: KeyWords): void => {
      for (let i = 0; i < 4; i++) {
        key.word(1);
        key.text('x'.repeat(20_000 + i));
      }
    };
    expect(hashed(SEED, put)).toBe(hashed(SEED, put));
  });
});
