/** What bounds the load of a zone: the budget of repeats, the adaptive limit, the waiting line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Report } from '../../../src/model/issue.ts';
import type { Priority } from '../../../src/model/priority.ts';
import { AdaptiveLimit } from '../../../src/shell/upstream/adaptive-limit.ts';
import { RetryBudget } from '../../../src/shell/upstream/retry-budget.ts';
import { type Waiter, ZoneLoad } from '../../../src/shell/upstream/zone-load.ts';
import { compileUpstreams } from '../../../src/upstream/compile-upstreams.ts';
import type { UpstreamPolicy } from '../../../src/upstream/index.ts';
import { BUILT_IN, upstreamsSchema } from '../../../src/upstream/upstreams-schema.ts';

const policy = (sections: object = {}): UpstreamPolicy => {
  const doc = { apiVersion: 'zonegate/v1', kind: 'Upstreams', default: sections };
  return compileUpstreams(upstreamsSchema.parse(doc), new Report()).of('app' as never);
};
const retries = BUILT_IN.retries as Exclude<typeof BUILT_IN.retries, 'off'>;

describe('the retry budget', () => {
  it('never allows more than its share of ten seconds, or the floor', () => {
    const step = fc.record({ repeat: fc.boolean(), afterMs: fc.integer({ min: 0, max: 400 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const budget = new RetryBudget();
        const requests: number[] = [];
        const repeats: number[] = [];
        let nowMs = 1;
        for (const { repeat, afterMs } of steps) {
          nowMs += afterMs;
          budget.request(nowMs);
          requests.push(nowMs);
          if (repeat && budget.take(nowMs, retries)) repeats.push(nowMs);
          // Slots are whole seconds, so the window is up to one second longer.
          const since = (list: number[], ms: number) => list.filter((t) => t > nowMs - ms).length;
          const allowed = Math.max(0.2 * since(requests, 11_000), 30);
          expect(since(repeats, 9000)).toBeLessThanOrEqual(allowed);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is one in five when everything fails', () => {
    const budget = new RetryBudget();
    let repeats = 0;
    for (let i = 0; i < 10_000; i++) {
      budget.request(1 + i / 10);
      if (budget.take(1 + i / 10, retries)) repeats++;
    }
    expect(repeats / 10_000).toBeGreaterThan(0.19);
    expect(repeats / 10_000).toBeLessThanOrEqual(0.2);
  });
});

/** A zone with so many places: what has none waits its turn there, and all grow slower. */
const timeMs = (active: number, places: number, undisturbedMs: number): number =>
  active <= places ? undisturbedMs : (undisturbedMs * active) / places;

describe('the adaptive limit', () => {
  const adaptive = { min: 8, max: 1000, tolerance: 2, slackMs: 0 };

  /** Always as much to do as is let in. */
  function press(limit: AdaptiveLimit, places: number, fromMs: number, lastingMs: number): void {
    for (let nowMs = fromMs; nowMs < fromMs + lastingMs; nowMs += 10) {
      const active = Math.trunc(limit.limit);
      for (let i = 0; i < 12; i++) limit.sample(timeMs(active, places, 20), active, nowMs);
    }
  }

  it('settles where the zone is busy but answers in about twice its undisturbed time', () => {
    const limit = new AdaptiveLimit(adaptive);
    for (let t = 0; t < 3000; t += 10) for (let i = 0; i < 12; i++) limit.sample(20, 4, t);
    press(limit, 50, 3000, 20_000);
    expect(limit.limit).toBeGreaterThan(50);
    expect(limit.limit).toBeLessThan(150);
    // And stays there: ten minutes of pressure must not teach it that slow is normal.
    press(limit, 50, 23_000, 600_000);
    expect(limit.limit).toBeLessThan(250);
  });

  it('does not take a zone that has become slower for a crowded one', () => {
    const limit = new AdaptiveLimit(adaptive);
    press(limit, 50, 0, 10_000);
    const before = limit.limit;
    for (let nowMs = 10_000; nowMs < 30_000; nowMs += 10) {
      const active = Math.trunc(limit.limit);
      for (let i = 0; i < 12; i++) limit.sample(timeMs(active, 50, 100), active, nowMs);
    }
    expect(limit.limit).toBeGreaterThan(before * 0.5);
  });

  it('finds room again when the zone grows', () => {
    const limit = new AdaptiveLimit(adaptive);
    press(limit, 20, 0, 20_000);
    const before = limit.limit;
    press(limit, 400, 20_000, 20_000);
    expect(limit.limit).toBeGreaterThan(before * 3);
  });

  it('learns nothing from quiet times, and stays within its bounds', () => {
    const limit = new AdaptiveLimit(adaptive);
    const before = limit.limit;
    for (let t = 0; t < 60_000; t += 10) for (let i = 0; i < 12; i++) limit.sample(20, 2, t);
    expect(limit.limit).toBe(before);
    for (let t = 60_000; t < 90_000; t += 10)
      for (let i = 0; i < 12; i++) limit.sample(60_000, 500, t);
    expect(limit.limit).toBeGreaterThanOrEqual(adaptive.min);
  });
});

describe('the line before a zone', () => {
  class Somebody implements Waiter {
    waitUntilMs = 0;
    ended: 'in' | 'late' | null = null;
    readonly priority: Priority;
    readonly load: ZoneLoad;
    constructor(load: ZoneLoad, priority: Priority = 'normal') {
      this.load = load;
      this.priority = priority;
    }
    roomFound(): boolean {
      this.ended = 'in';
      this.load.enter(0, false);
      return true;
    }
    waitedTooLong(): void {
      this.ended = 'late';
    }
  }
  const zone = (requests: number, pending: number, queueMs = 10_000): ZoneLoad =>
    new ZoneLoad('Z', 'app', policy({ zone: { requests, pending }, queueMs }));

  it('lets in the critical first, then in order', () => {
    const load = zone(1, 10);
    load.enter(0, false);
    const [a, b, c, d] = [
      new Somebody(load, 'sheddable'),
      new Somebody(load, 'normal'),
      new Somebody(load, 'normal'),
      new Somebody(load, 'critical'),
    ];
    for (const w of [a, b, c, d]) expect(load.wait(w)).toBe(null);
    for (const next of [d, b, c, a]) {
      expect(next.ended).toBe(null);
      load.leave();
      expect(next.ended).toBe('in');
    }
    expect(load.waiting).toBe(0);
  });

  it('is bounded, and a full line gives its last place to somebody more important', () => {
    const load = zone(1, 2);
    load.enter(0, false);
    const [first, last] = [new Somebody(load, 'normal'), new Somebody(load, 'sheddable')];
    load.wait(last);
    load.wait(first);
    // He would only be passed over.
    expect(load.wait(new Somebody(load, 'sheddable'))).toBe('queue');
    expect(load.wait(new Somebody(load, 'normal'))).toBe(null);
    expect(last.ended).toBe('late');
    expect(load.wait(new Somebody(load, 'normal'))).toBe('pending');
    const critical = new Somebody(load, 'critical');
    expect(load.wait(critical)).toBe(null);
    expect(load.waiting).toBe(2);
  });

  it('turns away whose time is over', () => {
    const load = zone(1, 10, 1);
    load.enter(0, false);
    const late = new Somebody(load);
    load.wait(late);
    load.serve(performance.now() + 2);
    expect(late.ended).toBe('late');
    expect(load.refused.queue).toBe(1);
  });

  it('forgets who has left', () => {
    const load = zone(1, 10);
    load.enter(0, false);
    const gone = new Somebody(load);
    load.wait(gone);
    load.forget(gone);
    load.leave();
    expect(gone.ended).toBe(null);
    expect(load.active).toBe(0);
  });

  it('keeps its books whatever comes: never below zero, never above the limit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('enter', 'leave', 'wait', 'forget'), { maxLength: 200 }),
        (steps) => {
          const load = zone(4, 5);
          const waiting: Somebody[] = [];
          for (const step of steps) {
            if (step === 'enter' && load.full('critical') === null) load.enter(0, false);
            if (step === 'leave' && load.active > 0) load.leave();
            if (step === 'wait') {
              const somebody = new Somebody(load, 'critical');
              if (load.wait(somebody) === null) waiting.push(somebody);
            }
            if (step === 'forget') {
              const somebody = waiting.pop();
              if (somebody !== undefined) load.forget(somebody);
            }
            expect(load.active).toBeGreaterThanOrEqual(0);
            expect(load.active).toBeLessThanOrEqual(4);
            expect(load.waiting).toBeLessThanOrEqual(5);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
