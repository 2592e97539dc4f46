import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PASS_AGE_MS, readStressPass, signStressPass } from '../../src/stress-tag/token.ts';

const NOW = 1_800_000_000_000;
const KEY = { id: 'k1', secret: 'a'.repeat(32) };
const OLD = { id: 'k0', secret: 'b'.repeat(32) };

const passes = fc.record({
  scene: fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,31}$/),
  qps: fc.integer({ min: 1, max: 1_000_000 }),
  id: fc.stringMatching(/^[a-z0-9]{8,32}$/),
  expiresAtMs: fc.integer({ min: NOW + 1, max: NOW + MAX_PASS_AGE_MS }),
  network: fc.constantFrom(null, '10.9.0.0/16', '192.0.2.7', '2001:db8::/32'),
});

describe('a token of a load test', () => {
  it('is read as it was written, under any live key', () => {
    fc.assert(
      fc.property(passes, fc.constantFrom(KEY, OLD), (pass, key) => {
        expect(readStressPass(signStressPass(pass, key), NOW, [KEY, OLD])).toEqual(pass);
      }),
    );
  });

  it('is worth nothing with any one character changed', () => {
    fc.assert(
      fc.property(
        passes,
        fc.nat(),
        fc.constantFrom('A', '0', '.', '-', '_', 'z'),
        (pass, at, by) => {
          const text = signStressPass(pass, KEY);
          const i = at % text.length;
          fc.pre(text[i] !== by);
          const other = text.slice(0, i) + by + text.slice(i + 1);
          expect(readStressPass(other, NOW, [KEY])).toBeNull();
        },
      ),
    );
  });

  it.each([
    ['after its time', { expiresAtMs: NOW }, KEY],
    ['for longer than a day', { expiresAtMs: NOW + MAX_PASS_AGE_MS + 1 }, KEY],
    ['under a key that is gone', {}, OLD],
    ['without a rate', { qps: 0 }, KEY],
    ['without an id', { id: '' }, KEY],
  ])('is worth nothing %s', (_, wrong, key) => {
    const good = { scene: 's', qps: 1, id: 'a'.repeat(16), expiresAtMs: NOW + 1000, network: null };
    expect(readStressPass(signStressPass({ ...good, ...wrong }, key), NOW, [KEY])).toBeNull();
  });
});
