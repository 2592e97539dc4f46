import { describe, expect, it } from 'vitest';
import { StressQuota } from '../../src/shell/proxy/stress-quota.ts';
import type { Scene } from '../../src/stress-tag/index.ts';

const scene = (limits: Partial<Scene['limits']> = {}): Scene => ({
  ...{ name: 's', owners: null, shadow: true, onlyReserved: false, untilMs: Infinity },
  limits: { rps: 1_000_000, concurrency: 1_000_000, total: null, ...limits },
});
const pass = (id: string, qps: number) => ({
  ...{ scene: 's', qps, id, expiresAtMs: Infinity, network: null },
});

/** So many a second are tried, evenly; how many get in over the seconds? */
function letIn(quota: StressQuota, of: Scene, token: ReturnType<typeof pass> | null, perS: number) {
  let n = 0;
  for (let i = 0; i < perS * 10; i++) if (quota.enter(of, token, (i * 1000) / perS) === null) n++;
  return n;
}

describe('quotas of a load test', () => {
  it.each([1, 7, 100, 2500])('let %i a second through of far more, and a burst at most', (rps) => {
    const n = letIn(new StressQuota(), scene({ rps }), null, 10_000);
    expect(n).toBeGreaterThanOrEqual(rps * 10 - 1);
    expect(n).toBeLessThanOrEqual(rps * 10 + Math.max(1, rps / 10));
  });

  it('count a token by its id, however many carry it', () => {
    const quota = new StressQuota();
    expect(letIn(quota, scene(), pass('a', 5), 1000)).toBeLessThanOrEqual(51);
    expect(quota.enter(scene(), pass('b', 5), 10_000)).toBeNull();
  });

  it('take nothing of the scene from a token that is used up', () => {
    const quota = new StressQuota();
    const one = scene({ total: 3 });
    expect(quota.enter(one, pass('a', 1), 0)).toBeNull();
    for (let i = 0; i < 5; i++) expect(quota.enter(one, pass('a', 1), 0)).toBe('token');
    expect(quota.used('s')).toEqual(expect.objectContaining({ active: 1, total: 1 }));
  });

  it('count what is under way, until it is over', () => {
    const quota = new StressQuota();
    const two = scene({ concurrency: 2 });
    expect([0, 0, 0].map(() => quota.enter(two, null, 0))).toEqual([null, null, 'concurrency']);
    quota.leave('s');
    expect(quota.enter(two, null, 0)).toBeNull();
  });

  it('remember a thousand tokens, and forget only those that have nothing used', () => {
    const quota = new StressQuota();
    for (let i = 0; i < 1000; i++)
      expect(quota.enter(scene(), pass(`t${i}`, 1), i / 10)).toBeNull();
    expect(quota.enter(scene(), pass('more', 1), 500)).toBe('tokens');
    expect(quota.enter(scene(), pass('t0', 1), 500)).toBe('token');
    // By now t1 is the one used longest ago, and whole again.
    expect(quota.enter(scene(), pass('more', 1), 1000.15)).toBeNull();
    expect(quota.enter(scene(), pass('t1', 1), 1000.15)).toBe('tokens');
  });
});
