import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stableHash } from '../../src/model/hash.ts';
import { readQuery, type ShardRule, shardOf } from '../../src/uid-router/index.ts';

const digits = (positions: number[], count: number): ShardRule => ({
  count,
  key: { kind: 'digits', positions },
});
const DEFAULT = digits([-3, -2], 100);

describe('the shard of a uid by its digits', () => {
  it.each([
    ['2088000000000680', DEFAULT, 68],
    ['2088000000000007', DEFAULT, 0],
    ['123', DEFAULT, 12],
    ['12', DEFAULT, null],
    ['', DEFAULT, null],
    ['20880000000006a0', DEFAULT, null],
    ['20880000000006８0', DEFAULT, null],
    ['-680', DEFAULT, null],
    ['987654', digits([0, 1], 100), 98],
    ['987654', digits([0], 10), 9],
    ['987654', digits([-1, -2, -3], 1000), 456],
    ['987654', digits([-3, -2], 50), 15],
  ] as const)('%s → %s → %s', (uid, rule, shard) => expect(shardOf(uid, rule)).toBe(shard));

  it('is always within the count, or absent', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(1, 2, 4, 5, 10, 20, 25, 50, 100), (uid, count) => {
        const shard = shardOf(uid, digits([-3, -2], count));
        expect(shard === null || (shard >= 0 && shard < count)).toBe(true);
      }),
    );
  });
});

describe('the shard of a uid by hash', () => {
  it('never changes: published vectors', () => {
    expect([stableHash(''), stableHash('alice'), stableHash('2088000000000680')]).toEqual([
      2872998923, 3927234078, 2534410119,
    ]);
  });

  it('spreads evenly, for random and for consecutive uids', () => {
    for (const make of [
      (i: number) => `user-${i}`,
      (i: number) => String(2_088_000_000_000_000 + i),
    ]) {
      const counts = new Array<number>(64).fill(0);
      for (let i = 0; i < 64_000; i++)
        counts[shardOf(make(i), { count: 64, key: { kind: 'hash', hash: 'fnv1a' } })!]!++;
      expect(Math.max(...counts)).toBeLessThan(1150);
      expect(Math.min(...counts)).toBeGreaterThan(850);
    }
  });
});

describe('a uid in the query', () => {
  it.each([
    ['uid=1', '1'],
    ['a=2&uid=1', '1'],
    ['myuid=2', undefined],
    ['uid=', ''],
    ['uid', undefined],
    ['uid=%31%32', '12'],
    ['uid=%zz', undefined],
    ['uid=1&uid=2', '1'],
    ['', undefined],
  ])('%s → %s', (query, uid) => expect(readQuery(query, 'uid')).toBe(uid));
});
