/** Percent of users over real gates: the same ones at every gate, after a restart, and by cookie alone. */
import { expect, it, onTestFinished } from 'vitest';
import { Apps, get } from '../lanes/apps.ts';
import { until } from '../support/until.ts';
import { GateProcesses, IDCS, type IdcName } from '../switches/gates.ts';

const USERS = 400;
/** Of RZ01's shards, 00-19. */
const uidOf = (i: number): string =>
  `20880${String(i * 7919).padStart(8, '0')}${String(i % 20).padStart(2, '0')}1`;

it('raising it keeps who is in; gates, restarts and cookies agree', async () => {
  const fleet = new GateProcesses({
    thousands: 8,
    times: 'leaseMs: 2000\nbeatMs: 200\npollMs: 400',
    edits: { 'rules.yaml': [[/^ {2}RZ01: \{ A: 50, B: 50 \}$/m, '  RZ01: { A: 100, B: 0 }']] },
  });
  const apps = new Apps();
  onTestFinished(async () => {
    await fleet.stop();
    apps.stop();
  });
  await apps.start(fleet.topology());
  await fleet.start();

  const ask = async (idc: IdcName, path: string, headers: Record<string, string> = {}) => {
    const before = apps.met.length;
    const { status, cookies } = await get(fleet.listener(idc), path, headers);
    expect(status).toBe(200);
    return { met: apps.met[before]!, cookies };
  };
  const insiders = async (idc: IdcName): Promise<Set<number>> => {
    const inside = new Set<number>();
    for (let i = 0; i < USERS; i++)
      if ((await ask(idc, `/u/${uidOf(i)}/x`)).met.group === 'B') inside.add(i);
    return inside;
  };
  const raise = async (percent: number): Promise<void> => {
    const { epoch } = await fleet.order('hz1', {
      ...{ do: 'gray', name: 'spring', zones: ['RZ01'], to: 'B', percent },
    });
    await until('all gates to have it', async () =>
      (await Promise.all(IDCS.map((idc) => fleet.board(idc)))).every((b) => b.epoch >= epoch),
    );
  };

  let before = new Set<number>();
  for (const percent of [5, 10, 50]) {
    await raise(percent);
    const [a, b] = [await insiders('hz1'), await insiders('sh1')];
    expect(b).toEqual(a);
    for (const i of before) expect(a.has(i)).toBe(true);
    expect(a.size).toBeGreaterThan(before.size);
    before = a;
  }

  await fleet.killGate('hz1');
  await fleet.startGate('hz1');
  expect(await insiders('hz1')).toEqual(before);

  // Known by cookies alone, at another gate, he meets the group that his uid met.
  for (const i of [...before].slice(0, 5).concat([0, 1, 2, 3])) {
    const login = await get(fleet.inner('hz1'), '/login', { 'x-user-id': uidOf(i) });
    const jar = login.cookies.join('; ');
    expect(jar).toContain('LDC_LANE=');
    const { met, cookies } = await ask('hz2', '/orders', { cookie: jar });
    expect([i, met.group]).toEqual([i, before.has(i) ? 'B' : 'A']);
    expect(cookies).toEqual([]);
  }
}, 180_000);
