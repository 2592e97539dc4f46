import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CounterRule, RateCounters } from '../../src/rate/counters.ts';
import { KeyWords } from '../../src/rate/keyed-hash.ts';
import { counterOf, NOW, SEED } from '../support/rates.ts';

/** One caller of one table. */
class Caller {
  readonly counters = new RateCounters(SEED);
  readonly #key = new KeyWords();

  constructor(rules: readonly CounterRule[], keys = 1024) {
    this.counters.adopt(rules, keys);
  }

  /** @returns whether it was let through, and then it is counted */
  ask(rule: CounterRule, who: number, nowMs: number): boolean {
    this.#put(rule, who);
    if (this.counters.left(rule, this.#key, nowMs) <= 0) return false;
    this.counters.take(rule, this.#key, nowMs);
    return true;
  }

  left(rule: CounterRule, who: number, nowMs: number): number {
    this.#put(rule, who);
    return this.counters.left(rule, this.#key, nowMs);
  }

  waitMs(rule: CounterRule, who: number, nowMs: number): number {
    this.#put(rule, who);
    return this.counters.waitMs(rule, this.#key, nowMs);
  }

  #put({ id0, id1 }: CounterRule, who: number): void {
    this.#key.start(id0);
    this.#key.word(id1);
    this.#key.word(who);
    this.#key.finish(SEED);
  }
}

const rules = fc.record({
  limit: fc.integer({ min: 1, max: 12 }),
  burst: fc.constantFrom(0, 0, 1, 5),
  windowMs: fc.constantFrom(1000, 7000, 60_000),
});
/** Pauses as parts of a window: crowds, and silences of more than one. */
const pauses = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 6, arbitrary: fc.double({ min: 0, max: 0.2, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 2.5, noNaN: true }) },
    // Where slots are about to leave.
    { weight: 2, arbitrary: fc.double({ min: 0.8, max: 1.2, noNaN: true }) },
  ),
  { maxLength: 200 },
);

describe('a sliding window', () => {
  it('lets through at most the limit and the burst in any window, and refuses nobody who asks less', () => {
    fc.assert(
      fc.property(rules, pauses, fc.nat(60_000), ({ limit, burst, windowMs }, steps, offset) => {
        const rule = counterOf({ limit, burst, slotMs: windowMs / 7 });
        const caller = new Caller([rule]);
        const admitted: number[] = [];
        const within = (fromMs: number): number => admitted.filter((t) => t > fromMs).length;
        let now = NOW + offset;
        for (const step of steps) {
          now += step * windowMs;
          const passed = caller.ask(rule, 1, now);
          if (passed) admitted.push(now);
          // Exact: not one above in any window that ends now.
          expect(within(now - windowMs)).toBeLessThanOrEqual(limit + burst);
          // Exact: who is refused has had his limit within eight sevenths.
          if (!passed)
            expect(within(now - (windowMs * 8) / 7 - 1e-3)).toBeGreaterThanOrEqual(limit);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives a burst once in ten windows, not every time', () => {
    const rule = counterOf({ limit: 10, burst: 10, slotMs: 1000 });
    const caller = new Caller([rule]);
    const passedAt = (ms: number): number =>
      Array.from({ length: 30 }, () => caller.ask(rule, 1, NOW + ms)).filter((p) => p).length;
    expect(passedAt(0)).toBe(20);
    // A window later the limit is there again, and a tenth of the burst.
    expect(passedAt(8000)).toBe(11);
    expect(passedAt(16_000)).toBe(11);
    expect(passedAt(96_000)).toBe(20);
  });

  it('says when it lets through again, and keeps its word', () => {
    fc.assert(
      fc.property(rules, pauses, fc.nat(60_000), ({ limit, windowMs }, steps, offset) => {
        const rule = counterOf({ limit, slotMs: windowMs / 7 });
        const caller = new Caller([rule]);
        let now = NOW + offset;
        for (const step of steps) {
          now += step * windowMs;
          if (caller.ask(rule, 1, now)) continue;
          const waitMs = caller.waitMs(rule, 1, now);
          expect(waitMs).toBeLessThanOrEqual((windowMs * 8) / 7);
          expect(waitMs).toBeGreaterThan(0);
          if (waitMs > 1) expect(caller.left(rule, 1, now + waitMs - 1)).toBe(0);
          expect(caller.left(rule, 1, now + waitMs + 1e-3)).toBeGreaterThan(0);
          return;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('survives a clock that is set back, a little or far', () => {
    const rule = counterOf({ limit: 2 });
    const caller = new Caller([rule]);
    expect([0, 0, 0].map(() => caller.ask(rule, 1, NOW))).toEqual([true, true, false]);
    expect(caller.ask(rule, 1, NOW - 3000)).toBe(false);
    expect(caller.ask(rule, 1, NOW - 3_600_000)).toBe(true);
  });

  it('keeps counts over a reload where the rule means the same, and else begins anew', () => {
    const old = counterOf({ limit: 1 });
    const caller = new Caller([old]);
    const other = counterOf({ index: 0, fingerprint: 'other', id0: 9 });
    const same = counterOf({ index: 1, limit: 2 });
    expect(caller.ask(old, 1, NOW)).toBe(true);
    caller.counters.adopt([other, same], 1024);
    expect([0, 0].map(() => caller.ask(same, 1, NOW))).toEqual([true, false]);
    caller.counters.adopt([other], 1024);
    caller.counters.adopt([other, same], 1024);
    expect(caller.left(same, 1, NOW)).toBe(2);
  });
});

describe('the table', () => {
  it('finds 100 abusers among a million addresses seen once, and refuses none of those', () => {
    const rule = counterOf({ limit: 10, slotMs: 60_000 / 7 });
    const caller = new Caller([rule], 131_072);
    const bytes = caller.counters.tableBytes;
    const passed = new Uint32Array(100);
    let asked = 0;
    let innocents = 0;
    // 100,000 new addresses a second; four seconds later each abuser asks three times a second.
    for (let i = 0; i < 1_000_000; i++) {
      const now = NOW + i / 100;
      if (caller.ask(rule, 1000 + i, now)) innocents++;
      if (i >= 400_000 && i % 300 === 0) {
        const who = (i / 300) % 100;
        asked++;
        if (caller.ask(rule, who, now)) passed[who]!++;
      }
    }
    expect(asked).toBe(2000);
    expect(innocents).toBe(1_000_000);
    expect(Math.min(...passed)).toBe(10);
    expect(Math.max(...passed)).toBe(10);
    expect(caller.counters.tableBytes).toBe(bytes);
    expect(caller.counters.capacity).toBe(131_072);
    expect(caller.counters.evictions).toBeGreaterThan(800_000);
    expect(caller.counters.hotEvictions).toBe(0);
  });

  it('says so when even keys near their limits have no place', () => {
    const rule = counterOf({ limit: 2 });
    const caller = new Caller([rule], 1024);
    for (let who = 0; who < 5000; who++) caller.ask(rule, who, NOW);
    expect(caller.counters.hotEvictions).toBeGreaterThan(3000);
  });

  it('takes a lapsed place before it forgets anybody', () => {
    const rule = counterOf({ limit: 2 });
    const caller = new Caller([rule], 1024);
    for (let who = 0; who < 5000; who++) caller.ask(rule, who, NOW);
    const before = caller.counters.evictions;
    for (let who = 0; who < 100; who++) caller.ask(rule, 10_000 + who, NOW + 9000);
    expect(caller.counters.evictions).toBe(before);
  });

  it('counts keys of different windows side by side', () => {
    const short = counterOf({ limit: 1, slotMs: 1000 / 7 });
    const long = counterOf({
      index: 1,
      fingerprint: 'long',
      id0: 3,
      limit: 1,
      slotMs: 3600_000 / 7,
    });
    const caller = new Caller([short, long]);
    for (const rule of [short, long]) expect(caller.ask(rule, 1, NOW)).toBe(true);
    for (const rule of [short, long]) expect(caller.ask(rule, 1, NOW)).toBe(false);
    expect(caller.ask(short, 1, NOW + 2000)).toBe(true);
    expect(caller.ask(long, 1, NOW + 2000)).toBe(false);
    const tracked = caller.counters.tracked(NOW + 4000);
    expect([tracked.get(short) ?? 0, tracked.get(long)]).toEqual([0, 1]);
  });
});
