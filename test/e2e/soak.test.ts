import { describe, expect, it } from 'vitest';
import { soak } from '../soak/soak.ts';
import { type Sample, trendOf } from '../soak/trend.ts';
import { VISITS } from '../soak/visits.ts';
import { freePort } from '../support/ports.ts';

/** The long run is `node_modules/.bin/node test/soak/run.ts`. Descriptors are counted in /proc. */
it.runIf(process.platform === 'linux')(
  'ten seconds of everything: no wrong answer, no complaint, descriptors as before',
  async () => {
    const verdict = await soak({
      ports: {
        gates: [await freePort(), await freePort()],
        admins: [await freePort(), await freePort()],
        origins: [await freePort(), await freePort()],
        relay: await freePort(),
      },
      seconds: 10,
      cores: 0.4,
      sampleEveryS: 2,
      reloadEveryS: 3,
      judgesGrowth: false,
      print: () => undefined,
    });
    expect(verdict.faults).toEqual([]);
    expect(Object.keys(verdict.visits)).toEqual(VISITS.map((v) => v.name).sort());
    expect(verdict.reloads).toBeGreaterThan(0);
    expect(verdict.upstreamFaults).toBeGreaterThan(5);
  },
  120_000,
);

describe('the trend of memory', () => {
  const MINUTE = 60_000;
  const series = (mib: (minute: number) => number): Sample[] =>
    Array.from({ length: 60 }, (_, i) => ({ atMs: 5000 + i * MINUTE, mib: mib(i) }));

  it('is a straight line over the last two thirds', () => {
    const trend = trendOf(series((m) => (m < 20 ? 10 * m : 200 + m)));
    expect(trend.samples).toBe(40);
    expect(trend.mibPerHour).toBeCloseTo(60);
    expect(trend.growthMib).toBeCloseTo(39);
    expect(trend.flat).toBe(false);
  });

  it('is flat when it breathes, falls, or grows by little', () => {
    expect(trendOf(series((m) => 200 + 40 * (m % 2))).flat).toBe(true);
    expect(trendOf(series((m) => 300 - 3 * m)).flat).toBe(true);
    expect(trendOf(series((m) => 100 + 0.5 * m)).flat).toBe(true);
    expect(trendOf(series((m) => 1000 + 2 * m)).flat).toBe(true);
  });

  it('has something to look at, however short the run', () => {
    expect(trendOf([{ atMs: 0, mib: 100 }])).toMatchObject({ samples: 1, growthMib: 0 });
    expect(trendOf([])).toMatchObject({ samples: 0, growthMib: 0 });
  });
});
