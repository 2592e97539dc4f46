import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawOf, mixerOf, POINTS, pointOfDice, pointOfUser } from '../../src/release/point.ts';

const all = Array.from({ length: POINTS }, (_, p) => p);
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,31}$/);

describe('draws of users under a rule', () => {
  it('are a permutation of all points, whatever the rule is called', () => {
    fc.assert(
      fc.property(name, (rule) => {
        const mixer = mixerOf(rule);
        expect(new Set(all.map((p) => drawOf(p, mixer))).size).toBe(POINTS);
      }),
      { numRuns: 50 },
    );
  });

  it('of one rule say nothing of another: half of a half is a quarter', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        fc.pre(a !== b);
        const [first, second] = [mixerOf(a), mixerOf(b)];
        const both = all.filter((p) => drawOf(p, first) < 0.5 && drawOf(p, second) < 0.5).length;
        expect(both / POINTS).toBeGreaterThan(0.2);
        expect(both / POINTS).toBeLessThan(0.3);
      }),
      { numRuns: 200 },
    );
  });

  it('share real uids as asked, to half a percent', () => {
    const points = Array.from({ length: 100_000 }, (_, i) =>
      pointOfUser(`2088${String(i * 7919).padStart(12, '0')}`),
    );
    for (const rule of ['rel-77', 'spring', 'a', 'double-11']) {
      const mixer = mixerOf(rule);
      for (const percent of [1, 5, 10, 50]) {
        const inside = points.filter((p) => drawOf(p, mixer) * 100 < percent).length;
        expect(Math.abs(inside / 1000 - percent)).toBeLessThan(0.5);
      }
    }
  });

  it('take both ends of the dice', () => {
    expect(pointOfDice(0)).toBe(0);
    expect(pointOfDice(1 - Number.EPSILON)).toBe(POINTS - 1);
  });
});
