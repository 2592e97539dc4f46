/** Who takes the next request, and who is left alone: shares, rosters, health; no sockets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Report } from '../../../src/model/issue.ts';
import { toAddress } from '../../../src/model/schema.ts';
import { Endpoint } from '../../../src/shell/upstream/endpoint.ts';
import { Health } from '../../../src/shell/upstream/health.ts';
import { NO_KEY, Roster, Tried } from '../../../src/shell/upstream/roster.ts';
import { HashRing, ShareTable } from '../../../src/shell/upstream/share-table.ts';
import { compileUpstreams } from '../../../src/upstream/compile-upstreams.ts';
import type { UpstreamPolicy } from '../../../src/upstream/index.ts';
import { BUILT_IN, upstreamsSchema } from '../../../src/upstream/upstreams-schema.ts';

const policy = (sections: object = {}): UpstreamPolicy => {
  const doc = { apiVersion: 'zonegate/v1', kind: 'Upstreams', default: sections };
  return compileUpstreams(upstreamsSchema.parse(doc), new Report()).of('app' as never);
};
const endpoint = (n: number): Endpoint =>
  new Endpoint('app', toAddress(`127.0.0.1:${1000 + n}`), policy().endpoint, 1000);
const outliers = BUILT_IN.outliers as Exclude<typeof BUILT_IN.outliers, 'off'>;

describe('shares', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 });

  it('come out as weighted, whatever the weights, within one turn in a hundred', () => {
    fc.assert(
      fc.property(weights, (list) => {
        const table = new ShareTable(list.map((weight, i) => ({ endpoint: endpoint(i), weight })));
        const total = list.reduce((a, b) => a + b, 0);
        const turns = 20_000;
        const got = new Array<number>(list.length).fill(0);
        for (let n = 0; n < turns; n++) got[table.turn(n)]!++;
        for (const [i, weight] of list.entries())
          expect(Math.abs(got[i]! / turns - weight / total)).toBeLessThan(0.01);
      }),
      { numRuns: 50 },
    );
  });

  it('two choices prefer whoever has less to do for his weight', () => {
    const busy = endpoint(0);
    const free = endpoint(1);
    busy.active = 100;
    const table = new ShareTable([
      { endpoint: busy, weight: 1 },
      { endpoint: free, weight: 1 },
    ]);
    let forBusy = 0;
    for (let i = 0; i < 4000; i++) if (table.lighter() === 0) forBusy++;
    // Only when both draws fall on the busy one.
    expect(forBusy / 4000).toBeLessThan(0.35);
  });

  it('on a ring only the keys of a lost endpoint move', () => {
    const all = Array.from({ length: 8 }, (_, i) => ({ endpoint: endpoint(i), weight: 1 }));
    const ring = new HashRing(all);
    const lost = all[3]!.endpoint;
    const moved = { theirs: 0, others: 0 };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (hash) => {
        const before = ring.find(hash, () => true);
        const after = ring.find(hash, (e) => e !== lost);
        if (before === lost) moved.theirs++;
        else if (before !== after) moved.others++;
        expect(after).not.toBe(lost);
      }),
      { numRuns: 3000 },
    );
    expect(moved.others).toBe(0);
    expect(moved.theirs).toBeGreaterThan(100);
  });
});

describe('a roster', () => {
  const roster = (sections: object, n: number) => {
    const endpoints = Array.from({ length: n }, (_, i) => endpoint(i));
    const made = new Roster('Z/A/app', policy(sections), false);
    const byText = new Map(endpoints.map((e) => [e.address.text, e]));
    made.set(
      endpoints.map((e) => ({ address: e.address, weight: 1 })),
      (a) => byText.get(a.address.text)!,
      0,
    );
    return { made, endpoints };
  };

  it('passes over who is down, ejected, full or tried', () => {
    const { made, endpoints } = roster({}, 5);
    endpoints[0]!.health.probe = 'down';
    endpoints[1]!.health.ejectedUntilMs = 10;
    endpoints[2]!.active = 1024;
    made.refresh(0);
    const tried = new Tried();
    tried.add(endpoints[3]!);
    for (let i = 0; i < 20; i++) expect(made.pick(NO_KEY, tried)).toBe(endpoints[4]);
    tried.add(endpoints[4]!);
    expect(made.pick(NO_KEY, tried)).toBe(null);
  });

  it('tries everybody when nobody is usable', () => {
    const { made, endpoints } = roster({}, 2);
    for (const e of endpoints) e.health.probe = 'down';
    made.refresh(0);
    expect(made.desperate).toBe(true);
    expect(endpoints).toContain(made.pick(NO_KEY, new Tried()));
  });

  it('never ejects more than its cap; of one endpoint none', () => {
    for (const [n, most] of [
      [1, 0],
      [2, 1],
      [3, 1],
      [10, 5],
    ] as const) {
      const { made, endpoints } = roster({}, n);
      let out = 0;
      for (const e of endpoints) {
        if (!made.mayEject(outliers)) continue;
        e.health.eject(0, outliers);
        out++;
      }
      expect(out).toBe(most);
    }
  });

  it('gives a newcomer a growing share', () => {
    const { made, endpoints } = roster({ balance: { slowStartMs: 10_000 } }, 2);
    endpoints[1]!.health.joinedAtMs = 0;
    const share = (nowMs: number): number => {
      made.refresh(nowMs);
      let n = 0;
      for (let i = 0; i < 10_000; i++) if (made.pick(NO_KEY, new Tried()) === endpoints[1]) n++;
      return n / 10_000;
    };
    expect(share(0)).toBeCloseTo(0.1 / 1.1, 1);
    expect(share(5000)).toBeCloseTo(0.5 / 1.5, 1);
    expect(share(10_000)).toBeCloseTo(0.5, 1);
  });
});

describe('health', () => {
  it('ejects after so many failures in a row, and longer each time', () => {
    const health = new Health();
    for (let i = 0; i < 4; i++) expect(health.failed(0, outliers)).toBe(false);
    expect(health.failed(0, outliers)).toBe(true);
    health.eject(0, outliers);
    expect(health.usable).toBe(false);
    expect(health.maybeReturn(9999, outliers)).toBe(false);
    expect(health.maybeReturn(10_000, outliers)).toBe(true);
    // On trial: one failure is enough now.
    expect(health.failed(10_001, outliers)).toBe(true);
    health.eject(10_001, outliers);
    expect(health.ejectedUntilMs).toBe(30_001);
  });

  it('forgets its past after a good trial', () => {
    const health = new Health();
    health.eject(0, outliers);
    health.maybeReturn(10_000, outliers);
    health.succeeded(10_100, outliers);
    health.succeeded(21_000, outliers);
    health.eject(22_000, outliers);
    expect(health.ejectedUntilMs).toBe(32_000);
  });

  it('ejects by rate only with enough requests', () => {
    const judge = (requests: number): boolean => {
      const health = new Health();
      let wants = false;
      for (let i = 0; i < requests; i++) {
        if (i % 2 === 0) health.succeeded(0, outliers);
        else wants ||= health.failed(0, outliers);
      }
      return wants;
    };
    expect(judge(18)).toBe(false);
    expect(judge(20)).toBe(true);
  });

  it('is never ejected for longer than the longest, whatever happens to it', () => {
    const event = fc.record({ ok: fc.boolean(), afterMs: fc.integer({ min: 0, max: 60_000 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const health = new Health();
        let nowMs = 0;
        for (const { ok, afterMs } of events) {
          nowMs += afterMs;
          health.maybeReturn(nowMs, outliers);
          if (ok) health.succeeded(nowMs, outliers);
          else if (health.failed(nowMs, outliers)) health.eject(nowMs, outliers);
          expect(health.ejectedUntilMs - nowMs).toBeLessThanOrEqual(outliers.maxEjectMs);
        }
      }),
      { numRuns: 300 },
    );
  });
});
