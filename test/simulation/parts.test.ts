import { describe, expect, it } from 'vitest';
import { type Board, EMPTY_BOARD, type GateAck } from '../../src/failover/board.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { Clock } from '../../src/simulation/clock.ts';
import { Dice } from '../../src/simulation/dice.ts';
import { shrink } from '../../src/simulation/shrink.ts';
import { SimulatedStore } from '../../src/simulation/store.ts';

describe('dice', () => {
  it('fall the same for the same seed, and otherwise for another', () => {
    const draws = (seed: string): number[] => {
      const dice = new Dice(seed);
      return Array.from({ length: 20 }, () => dice.next());
    };
    expect(draws('a')).toEqual(draws('a'));
    expect(draws('a')).not.toEqual(draws('b'));
  });

  it('are even, and follow weights', () => {
    const dice = new Dice('even');
    const sides = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 6000; i++) sides[dice.below(6)]! += 1;
    for (const n of sides) expect(Math.abs(n - 1000)).toBeLessThan(150);
    const drawn = { often: 0, never: 0, seldom: 0 };
    for (let i = 0; i < 1000; i++) drawn[dice.weighed({ often: 9, never: 0, seldom: 1 })]++;
    expect(drawn.never).toBe(0);
    expect(drawn.often).toBeGreaterThan(5 * drawn.seldom);
  });
});

describe('the clock', () => {
  it('lets things happen in order of time, and of their making when they are due together', () => {
    const clock = new Clock();
    const dice = new Dice('clock');
    const seen: number[] = [];
    const times = Array.from({ length: 200 }, () => dice.below(50));
    for (const [i, at] of times.entries()) clock.at(at, () => seen.push(at * 1000 + i));
    while (clock.step(1000));
    expect(seen).toEqual(times.map((at, i) => at * 1000 + i).toSorted((a, b) => a - b));
  });

  it('does not go beyond the given time', () => {
    const clock = new Clock();
    clock.after(10, () => undefined);
    expect(clock.step(9)).toBe(false);
    expect(clock.step(10)).toBe(true);
    expect(clock.nowMs).toBe(10);
  });
});

describe('the store', () => {
  const board = (epoch: number): Board => ({ ...EMPTY_BOARD, epoch });
  const ack = (gate: string, epoch: number): GateAck => ({
    ...{ gate, idc: 'i' as IdcId, epoch, settled: epoch, appliedAtMs: 0 },
    ...{ trouble: null, zones: {}, adminUrl: null, digest: '' },
  });

  it('takes a board only from whom knows the last one', () => {
    const store = new SimulatedStore(1000);
    expect(store.commit(0, board(1), 0)).toBe(true);
    expect(store.commit(0, board(1), 0)).toBe(false);
    expect(store.board.epoch).toBe(1);
  });

  it('that goes backwards takes nothing for a lease, and not while a gate knows more', () => {
    const store = new SimulatedStore(1000);
    for (let epoch = 0; epoch < 5; epoch++) store.commit(epoch, board(epoch + 1), 0);
    expect(store.promote(2, 100)).toBe(2);
    expect(store.board.epoch).toBe(3);
    expect(store.commit(3, board(4), 1099)).toBe(false);
    store.beat(ack('g', 5), 1100);
    expect(store.commit(3, board(4), 1100)).toBe(false);
    store.reassert(board(1005));
    expect(store.commit(1005, board(1006), 1100)).toBe(true);
  });

  it('knows since when a lease has not run out', () => {
    const store = new SimulatedStore(1000);
    store.beat(ack('g', 0), 0);
    store.beat(ack('g', 0), 900);
    expect(store.livingSinceMs('g', 1000)).toBe(0);
    expect(store.livingSinceMs('g', 1900)).toBe(Number.POSITIVE_INFINITY);
    store.beat(ack('g', 0), 2000);
    expect(store.livingSinceMs('g', 2500)).toBe(2000);
  });
});

describe('shrinking', () => {
  const numbers = Array.from({ length: 100 }, (_, i) => i);

  it('finds the few that matter, in their order', () => {
    const matter = [3, 50, 51, 97];
    const breaks = (some: readonly number[]): boolean => matter.every((m) => some.includes(m));
    expect(shrink(numbers, breaks, 1000)).toEqual(matter);
  });

  it('ends with something that breaks when it may try no more', () => {
    const breaks = (some: readonly number[]): boolean => some.includes(3) && some.includes(97);
    let trials = 0;
    const counted = (some: readonly number[]): boolean => {
      trials++;
      return breaks(some);
    };
    const left = shrink(numbers, counted, 5);
    expect(trials).toBe(5);
    expect(breaks(left)).toBe(true);
  });
});
