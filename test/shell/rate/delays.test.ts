import { describe, expect, it, onTestFinished } from 'vitest';
import { Delays } from '../../../src/shell/rate/delays.ts';
import { until } from '../../support/until.ts';

function delaysOf(most: number): Delays {
  const delays = new Delays(most);
  onTestFinished(() => delays.close());
  return delays;
}

describe('delayed requests', () => {
  it('go on in order of their time, none too early', async () => {
    const delays = delaysOf(100);
    const gone: number[] = [];
    const early: number[] = [];
    const from = performance.now();
    for (const ms of [79, 1, 39, 19, 59])
      delays.hold(ms, () => {
        gone.push(ms);
        if (performance.now() - from < ms) early.push(ms);
      });
    expect(gone).toEqual([]);
    await until('all of them', () => gone.length === 5);
    expect([gone, early]).toEqual([[1, 19, 39, 59, 79], []]);
    expect(delays.waiting).toBe(0);
  });

  it('have room for so many, and then for none', async () => {
    const delays = delaysOf(2);
    let gone = 0;
    const go = (): void => {
      gone++;
    };
    expect([0, 0, 0].map(() => delays.hold(10, go) !== null)).toEqual([true, true, false]);
    expect([delays.waiting, delays.turnedAway]).toEqual([2, 1]);
    await until('both', () => gone === 2);
    expect(delays.hold(10, go)).not.toBeNull();
  });

  it('whose client has gone give up their place, and never go on', async () => {
    const delays = delaysOf(1);
    const gone: string[] = [];
    const first = delays.hold(10, () => gone.push('first'));
    first?.cancel();
    first?.cancel();
    expect(delays.waiting).toBe(0);
    delays.hold(30, () => gone.push('second'));
    await until('the second', () => gone.length > 0);
    expect(gone).toEqual(['second']);
  });

  it('may wait anew when they go on, also after a pause', async () => {
    const delays = delaysOf(5);
    let rounds = 0;
    const go = (): void => {
      rounds++;
      if (rounds < 4) delays.hold(rounds * 10, go);
    };
    delays.hold(10, go);
    await until('four rounds', () => rounds === 4);
    delays.hold(5, go);
    await until('a fifth', () => rounds === 5);
    expect(delays.waiting).toBe(0);
  });
});
