import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_BOARD } from '../../src/failover/board.ts';
import { pick, spreadOf } from '../../src/failover/index.ts';
import type { ShardId } from '../../src/model/ids.ts';
import { pointOfShard } from '../../src/release/index.ts';
import { loadConfig } from '../../src/shell/config/load.ts';
import { reference, referenceWith } from '../support/config.ts';

const { topology, rules } = reference();
const zone = [...topology.zones.values()].find((z) => z.id === 'RZ01')!;
const withWeights = (a: number, b: number) =>
  spreadOf([zone], {
    topology,
    rules: { ...rules, weights: new Map([[zone.id, [a, b]]]) },
    board: EMPTY_BOARD,
  });
const groupOf = (a: number, b: number, shard: number): string =>
  pick(withWeights(a, b), pointOfShard(shard as ShardId))!.group.id;
const shards = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i);

describe('groups A and B of a zone', () => {
  it('share neighbouring shards as evenly as whole shards allow', () => {
    for (const [from, count, percent] of [
      [0, 20, 50],
      [20, 25, 50],
      [0, 100, 10],
      [40, 60, 25],
      [0, 1000, 1],
    ] as const) {
      const inA = shards(from, count).filter(
        (s) => groupOf(percent, 100 - percent, s) === 'A',
      ).length;
      expect(Math.abs(inA - (count * percent) / 100)).toBeLessThanOrEqual(2);
    }
  });

  it('raising a weight moves nobody out of the group that grows', () => {
    let before = new Set<number>();
    for (let percent = 0; percent <= 100; percent += 5) {
      const inA = new Set(shards(0, 100).filter((s) => groupOf(percent, 100 - percent, s) === 'A'));
      for (const s of before) expect(inA.has(s)).toBe(true);
      before = inA;
    }
  });

  it('a weight of 0 means none, and of 100 all', () => {
    for (const s of shards(0, 1024)) {
      expect(groupOf(0, 100, s)).toBe('B');
      expect(groupOf(100, 0, s)).toBe('A');
    }
  });

  it('with no weight at all nobody is chosen', () => {
    expect(pick(withWeights(0, 0), 0.5)).toBeNull();
  });

  it('draws by half-open shares: both ends of the dice fall in', () => {
    const spread = withWeights(30, 70);
    expect(pick(spread, 0)!.group.id).toBe('A');
    expect(pick(spread, 0.2999999)!.group.id).toBe('A');
    expect(pick(spread, 0.3)!.group.id).toBe('B');
    expect(pick(spread, 1 - Number.EPSILON)!.group.id).toBe('B');
  });
});

describe('weights', () => {
  it.each([
    ['"0" is no number', '{ A: "0", B: 100 }'],
    ['all zeros leave nobody', '{ A: 0, B: 0 }'],
    ['parts of a percent', '{ A: 0.5, B: 99.5 }'],
    ['less than nothing', '{ A: -1, B: 101 }'],
  ])('%s: refused', (_, weights) => {
    const edits = [['{ A: 50, B: 50 }', weights]] as const;
    expect(loadConfig(referenceWith({ 'rules.yaml': edits }), {}).ok).toBe(false);
  });

  it('of 0 take nobody, whatever the others are, and whoever asks', () => {
    const weight = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(
        weight,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (a, point) => {
          const share = pick(withWeights(a, 100 - a), point)!;
          expect(share.group.id === 'A' ? a : 100 - a).toBeGreaterThan(0);
        },
      ),
    );
  });
});
