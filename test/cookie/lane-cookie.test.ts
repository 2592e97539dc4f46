import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LaneCodec } from '../../src/cookie/lane-cookie.ts';
import { POINTS } from '../../src/release/point.ts';

const KEYS = [
  { id: 'c1', secret: 'lane-secret-lane-secret-lane-secret-1' },
  { id: 'c0', secret: 'lane-secret-lane-secret-lane-secret-0' },
];
const codec = new LaneCodec(KEYS);
const point = fc.nat(POINTS - 1);

describe('a lane cookie', () => {
  it('is read as it was written, by a gate that still holds its key', () => {
    fc.assert(
      fc.property(point, fc.boolean(), fc.boolean(), fc.boolean(), (p, tagged, old, drawn) => {
        const cookie = { point: p, tag: tagged ? codec.tags('2088')[0]! : null, drawn };
        const value = new LaneCodec(old ? [KEYS[1]!] : KEYS).write(cookie);
        expect(codec.read(value)).toEqual(cookie);
        expect(new LaneCodec(KEYS).read(value)).toEqual(cookie);
      }),
    );
  });

  it('does not survive any change', () => {
    const value = codec.write({ point: 4711, tag: null, drawn: false });
    fc.assert(
      fc.property(fc.nat(value.length - 1), fc.integer({ min: 33, max: 126 }), (at, byte) => {
        const forged = value.slice(0, at) + String.fromCharCode(byte) + value.slice(at + 1);
        const read = new LaneCodec(KEYS).read(forged);
        expect(read ?? null).toEqual(
          forged === value ? { point: 4711, tag: null, drawn: false } : null,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('of another key, another use or another length is none', () => {
    const other = new LaneCodec([{ id: 'c1', secret: 'x'.repeat(36) }]);
    expect(codec.read(other.write({ point: 1, tag: null, drawn: false }))).toBeNull();
    expect(codec.read('v'.repeat(10_000))).toBeNull();
    expect(codec.read('')).toBeUndefined();
    expect(codec.read(undefined)).toBeUndefined();
  });
});
