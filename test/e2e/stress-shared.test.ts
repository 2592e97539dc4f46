/** A scene that shares the endpoints of users: its harm must not become theirs. */
import { describe, expect, it } from 'vitest';
import { pass, token } from '../support/stress-asks.ts';
import { type Asking, StressHouse } from '../support/stress-house.ts';

const SHARED = 'endpoints: shared\n    limits: { rps: 100000, concurrency: 1000 }';
const EAGER = '{ outliers: { consecutive: 3, maxEjectedPercent: 100 } }';

const stress = (path: string): Asking => token(pass(), `${path}?uid=2099000000000010`);
const user = (path: string): Asking => ({ path: `${path}?uid=2088000000000010` });

describe('a load test at the endpoints of users', () => {
  it.each(['/bad', '/reset'])('takes none of them out by answers to %s', async (path) => {
    const house = await StressHouse.start({ eleven: SHARED, upstreams: EAGER });
    const ejected = (): Promise<number> => house.sum('one', 'zonegate_endpoint_ejections_total');
    for (let i = 0; i < 10; i++) {
      expect((await house.ask('one', stress(path))).status).toBeGreaterThan(500);
      expect((await house.ask('three', stress(path))).status).toBeGreaterThan(500);
    }
    expect(house.got.every((g) => g.where === 'RZ01')).toBe(true);
    expect(await ejected()).toBe(0);
    expect((await house.ask('one', user('/'))).status).toBe(200);
    for (let i = 0; i < 10; i++) await house.ask('one', user(path));
    expect(await ejected()).toBeGreaterThan(0);
  });

  it('hides none of their failures', async () => {
    const house = await StressHouse.start({ eleven: SHARED, upstreams: EAGER });
    for (let i = 0; i < 4; i++) {
      await house.ask('one', user('/bad'));
      await house.ask('one', stress('/'));
    }
    expect(await house.sum('one', 'zonegate_endpoint_ejections_total')).toBe(1);
  });

  it('repeats nothing out of their budget', async () => {
    const upstreams = '{ outliers: off, retries: { floorPerS: 1, budgetPercent: 0 } }';
    const house = await StressHouse.start({ eleven: SHARED, upstreams });
    const usedUp = (): Promise<number> =>
      house.sum('one', 'zonegate_zone_refused_total', 'limit="retries"');
    for (let i = 0; i < 20; i++) await house.ask('one', stress('/reset'));
    expect(await usedUp()).toBe(0);
    for (let i = 0; i < 20; i++) await house.ask('one', user('/reset'));
    expect(await usedUp()).toBeGreaterThan(0);
  });
});
