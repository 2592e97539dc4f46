/** The kill switch of load tests, at real gates with requests under way. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HERE, leaksNothing, pass, REAL, token } from '../support/stress-asks.ts';
import { type Answer, type Asking, type IdcName, StressHouse } from '../support/stress-house.ts';
import { until } from '../support/until.ts';

/** A connection that speaks another protocol by now. */
async function tunnel(house: StressHouse, idc: IdcName): Promise<{ gone: Promise<number> }> {
  const { sent, answer } = house.begin(idc, {
    path: HERE,
    headers: { 'X-Ldc-Stress': pass(), Connection: 'Upgrade', Upgrade: 'websocket' },
  });
  answer.catch(() => undefined);
  return new Promise((resolve, reject) => {
    sent.on('upgrade', (res, socket) => {
      leaksNothing({ status: 101, headers: res.headers, body: '' });
      socket.on('error', () => undefined);
      const gone = new Promise<number>((at) => socket.on('close', () => at(performance.now())));
      resolve({ gone });
    });
    sent.on('error', reject);
  });
}

describe('the kill switch', () => {
  it('ends a scene at every gate within a second, with all that is under way, and nobody else', async () => {
    const house = await StressHouse.start();
    const at = async (asked: Promise<Answer>): Promise<{ status: number; atMs: number }> => {
      const status = await asked.then(
        (a) => a.status,
        () => 0,
      );
      return { status, atMs: performance.now() };
    };
    const stress = (path: string): Asking => token(pass(), `${path}?uid=2099000000000010`);
    const underWay = [
      at(house.ask('one', stress('/slow'))),
      at(house.ask('two', stress('/slow'))),
      at(house.ask('three', stress('/slow'))),
      at(house.ask('two', stress('/slow-body'))),
    ];
    const user = house.ask('one', { path: `/slow${REAL.slice(1)}` });
    const other = house.ask('one', token(pass({ scene: 'as-users' }), `/slow${REAL.slice(1)}`));
    await until('all to be under way', () => house.waiting.length === 6);
    const { gone } = await tunnel(house, 'two');
    const open = await house.sum('two', 'zonegate_stress_under_way', 'eleven');
    expect(open).toBe(3);

    const saidMs = performance.now();
    await house.order('three', { do: 'stress-stop', scene: 'eleven' });
    const storedMs = performance.now();
    const ended = await Promise.all(underWay);
    expect(ended.map((e) => e.status)).toEqual([503, 503, 503, 0]);
    expect((await gone) - saidMs).toBeLessThan(1000);
    for (const { atMs } of ended) expect(atMs - saidMs).toBeLessThan(1000);
    const refusing = async (idc: IdcName): Promise<boolean> =>
      (await house.ask(idc, token(pass()))).status === 503;
    for (const idc of ['one', 'two', 'three'] as const)
      await until(`${idc} to refuse`, () => refusing(idc), 1000 - (performance.now() - storedMs));
    expect(performance.now() - saidMs).toBeLessThan(1000);

    // Whoever is not of that scene has noticed nothing.
    for (const res of house.waiting) if (!res.destroyed) res.end('late');
    expect((await user).status).toBe(200);
    expect((await other).status).toBe(200);
    house.got.length = 0;
    const stopped = await house.ask('two', token(pass()));
    expect(stopped.status).toBe(503);
    expect(stopped.body).toContain('stress-stopped');
    expect(house.got).toEqual([]);

    await house.order('one', { do: 'stress-go', scene: 'eleven' });
    for (const idc of ['one', 'two', 'three'] as const)
      await until(
        `${idc} to go on`,
        async () => (await house.ask(idc, token(pass()))).status === 200,
      );
  });

  it('stops all scenes by one word, and a stop may end by itself', async () => {
    const house = await StressHouse.start();
    await house.order('one', { do: 'stress-stop', scene: '*', forS: 1 });
    const status = async (): Promise<number> =>
      (await house.ask('one', token(pass({ scene: 'as-users' }), REAL))).status;
    expect(await status()).toBe(503);
    await until('the stop to expire', async () => (await status()) === 200);
    await expect(house.order('one', { do: 'stress-stop', scene: 'elfen' })).rejects.toThrow(
      /there is no scene elfen/,
    );
    await expect(house.order('one', { do: 'stress-go', scene: 'eleven' })).rejects.toThrow(
      /no stop of scene eleven/,
    );
  });
});

describe('without anybody’s word', () => {
  /** One that waits for its answer, and one that speaks another protocol by now. */
  async function underWay(house: StressHouse): Promise<() => Promise<void>> {
    const slow = house.ask('two', token(pass(), `/slow${HERE.slice(1)}`));
    const { gone } = await tunnel(house, 'two');
    await until('it to be under way', () => house.waiting.length === 1);
    return async () => {
      expect((await slow).status).toBe(503);
      await gone;
      expect(await house.sum('one', 'zonegate_stress_under_way')).toBe(0);
      expect(await house.sum('two', 'zonegate_stress_under_way')).toBe(0);
    };
  }

  it('what is under way ends with the time of its scene', async () => {
    const house = await StressHouse.start();
    const ended = await underWay(house);
    house.edit('"2099-01-01T00:00:00Z"', `"${new Date(Date.now() + 500).toISOString()}"`);
    await ended();
    expect((await house.ask('two', token(pass()))).body).toContain('stress-ended');
    expect((await house.ask('two', { path: REAL })).status).toBe(200);
  });

  it('what is under way ends when its scene is declared no longer', async () => {
    const house = await StressHouse.start();
    const ended = await underWay(house);
    house.edit(/ {2}eleven:/, '  twelve:');
    await ended();
  });

  it('a gate that no stop would reach lets no load test through, and says so', async () => {
    const house = await StressHouse.start({ fleet: 'leaseMs: 600\nbeatMs: 200\npollMs: 300' });
    const ended = await underWay(house);
    renameSync(house.store, `${house.store}.away`);
    writeFileSync(house.store, 'in the way');
    await ended();
    expect((await house.ask('one', token(pass()))).body).toContain('stress-lost');
    expect((await house.ask('one', { path: REAL })).status).toBe(200);
    // Not even one that starts meanwhile and knows of no order at all.
    await house.gates.get('three')!.stop();
    rmSync(join(house.directory, 'gate-three'), { recursive: true });
    await house.open('three');
    expect((await house.ask('three', token(pass()))).body).toContain('stress-lost');
    rmSync(house.store);
    renameSync(`${house.store}.away`, house.store);
    for (const idc of ['one', 'two', 'three'] as const) await house.inFleet(idc);
    expect((await house.ask('two', token(pass()))).status).toBe(200);
  });
});
