import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CookieCodec } from '../../src/cookie/index.ts';
import type { Epoch, ShardId } from '../../src/model/ids.ts';

const OLD = { id: 'k1', secret: 'old-secret-old-secret-old-secret-old' };
const NEW = { id: 'k2', secret: 'new-secret-new-secret-new-secret-new' };
const codec = new CookieCodec([NEW], 100, '100:-3,-2');
const made = codec.write(68 as ShardId, 'RZ03', 1042 as Epoch, null);

describe('the route cookie', () => {
  it('holds version, shard, zone, epoch, key id and MAC, and no uid', () => {
    expect(made).toMatch(/^v1\.68\.RZ03\.1042\.k2\.[\w-]{22}$/);
    expect(codec.read(made).cookie).toEqual({
      shard: 68,
      zoneHint: 'RZ03',
      epoch: 1042,
      pinTag: null,
    });
  });

  it('is believed only as it was written: any change of any byte makes it absent', () => {
    fc.assert(
      fc.property(fc.nat(made.length - 1), fc.integer({ min: 33, max: 126 }), (at, byte) => {
        const forged = made.slice(0, at) + String.fromCharCode(byte) + made.slice(at + 1);
        const reading = new CookieCodec([NEW], 100, '100:-3,-2').read(forged);
        // The last base64url digit of a 128-bit MAC has spare bits, but ours are compared as text.
        expect(reading.cookie !== null).toBe(forged === made);
      }),
      { numRuns: 1000 },
    );
  });

  it('is never an error, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(codec.read(text).cookie).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });

  it('survives a key rotation: the new key signs, the old one still verifies', () => {
    const before = new CookieCodec([OLD], 100, '100:-3,-2').write(
      7 as ShardId,
      'RZ01',
      1 as Epoch,
      null,
    );
    const during = new CookieCodec([NEW, OLD], 100, '100:-3,-2');
    expect(during.read(before).cookie?.shard).toBe(7);
    expect(during.write(7 as ShardId, 'RZ01', 1 as Epoch, null)).toContain('.k2.');
    expect(codec.read(before).reason.code).toBe('cookie-unknown-key');
  });

  it('dies with its shard rule', () => {
    expect(new CookieCodec([NEW], 200, '200:fnv1a').read(made).reason.code).toBe('cookie-bad-mac');
  });

  it.each([
    ['', 'cookie-absent'],
    ['RZ03', 'cookie-malformed'],
    ['v2.68.RZ03.1042.k2.AAAAAAAAAAAAAAAAAAAAAA', 'cookie-malformed'],
    ['v1.68.RZ03.1042.k9.AAAAAAAAAAAAAAAAAAAAAA', 'cookie-unknown-key'],
    ['v1.68.RZ03.1042.k2.AAAAAAAAAAAAAAAAAAAAAA', 'cookie-bad-mac'],
    [codec.write(100 as ShardId, 'RZ03', 1 as Epoch, null), 'cookie-out-of-range'],
  ])('%s is %s', (value, code) => expect(codec.read(value).reason.code).toBe(code));

  it('says the same again after ten thousand others', () => {
    for (let i = 0; i < 10_000; i++)
      codec.read(codec.write((i % 100) as ShardId, 'RZ01', i as Epoch, null));
    expect(codec.read(made).cookie?.shard).toBe(68);
  });
});
