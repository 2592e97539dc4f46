/** Copies of users' requests as a load test: many, in shadows only, held to all limits, and ended at once. */
import { describe, expect, it } from 'vitest';
import { withMirrors } from '../support/mirror.ts';
import { type HouseOptions, type IdcName, StressHouse } from '../support/stress-house.ts';
import { until } from '../support/until.ts';

const UNTIL = 'until: "2099-01-01T00:00:00Z"';
/** Users of 00-49 live in RZ01, of 50-79 in RZ02, of 80-99 in RZ03. */
const TABLE = 'shards: { "00-49": RZ01, "50-99": RZ02 }';
const wide = (limits = '{ rps: 100000, concurrency: 1000 }'): string =>
  `{ ${TABLE}, ${UNTIL}, limits: ${limits} }`;
const amp = (more: string): string =>
  `{ name: amp, percent: 100, to: { stress: wide }${more === '' ? '' : `, ${more}`} }`;
const uidOf = (shard: string): string => `2088000000000${shard}0`;

type Rule = Awaited<ReturnType<ReturnType<typeof withMirrors>['rule']>>;

async function start(options: HouseOptions) {
  const house = await StressHouse.start(options);
  const rule = (idc: IdcName = 'one'): Promise<Rule> =>
    withMirrors({ admin: Number(new URL(house.admin(idc)).port) } as never).rule('amp');
  const settled = (idc: IdcName = 'one'): Promise<Rule> =>
    until('copies to be over', async () => {
      const now = await rule(idc);
      return now.inFlight === 0 && now.drawn > 0 ? now : null;
    });
  const inShadows = () => house.got.filter((g) => g.where.endsWith('~shadow'));
  const ask = (shard: string, path = '/a', method = 'GET') =>
    house.ask('one', {
      method,
      path: `${path}?uid=${uidOf(shard)}`,
      headers: { Cookie: 'sid=secret', Authorization: 'Bearer secret' },
      ...(method === 'POST' ? { body: 'an order' } : {}),
    });
  return { house, rule, settled, inShadows, ask };
}

describe('amplification', () => {
  it('sends so many copies of each to the scene’s shadows, and none to the endpoints of users', async () => {
    const { house, settled, inShadows, ask } = await start({
      wide: wide(),
      mirror: amp('copies: 7, match: { methods: [GET, POST] }'),
    });
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await ask('10', '/a', method);
      expect([answer.status, answer.body]).toEqual([200, 'RZ01']);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('x-ldc-'))).toEqual([]);
    }
    await until('all copies', () => inShadows().length === 14);
    const rule = await settled();
    expect(rule).toMatchObject({ drawn: 14, sent: 14, answered: { '2xx': 14 } });
    expect(house.got.filter((g) => g.where === 'RZ01')).toHaveLength(3);
    expect(new Set(house.got.map((g) => g.where))).toEqual(new Set(['RZ01', 'RZ01~shadow']));
    for (const { headers, method } of inShadows()) {
      expect(headers).toMatchObject({ 'x-ldc-stress': 'wide', 'x-ldc-zone': 'RZ01' });
      expect(headers['x-ldc-mirror']).toMatch(/^v1\.amp\./);
      expect([headers.cookie, headers.authorization]).toEqual([undefined, undefined]);
      expect(['GET', 'POST']).toContain(method);
    }
    const counted = ['scene="wide"', 'from="mirror"', 'status="2xx"'] as const;
    expect(await house.sum('one', 'zonegate_stress_requests_total', ...counted)).toBe(14);
    expect(await house.sum('one', 'zonegate_stress_under_way', 'wide')).toBe(0);
  });

  it('is left out, and counted, where the scene has the user in another IDC', async () => {
    const { house, settled, inShadows, ask } = await start({
      wide: wide(),
      mirror: amp('copies: 3'),
    });
    expect((await ask('60')).body).toBe('RZ02');
    expect((await ask('90')).body).toBe('RZ03');
    const two = await settled('two');
    expect(two).toMatchObject({ drawn: 3, sent: 3 });
    const three = await settled('three');
    expect([three.drawn, three.sent, three.dropped.elsewhere]).toEqual([1, 0, 1]);
    await until('the copies', () => inShadows().length === 3);
    expect(new Set(inShadows().map((g) => g.where))).toEqual(new Set(['RZ02~shadow']));
    expect(house.got.filter((g) => !g.where.endsWith('~shadow'))).toHaveLength(2);
  });

  it.each([
    ['the scene’s rate', '{ rps: 20, concurrency: 1000 }', 'copies: 50', 'quota', 2],
    ['its number at once', '{ rps: 100000, concurrency: 3 }', 'copies: 50', 'quota', 3],
    ['its number in all', '{ rps: 100000, concurrency: 1000, total: 4 }', 'copies: 50', 'quota', 4],
    [
      'the rule’s own number',
      '{ rps: 100000, concurrency: 1000 }',
      'copies: 50, limits: { inFlight: 5 }',
      'in-flight',
      5,
    ],
  ])('is held to %s', async (_, limits, more, cause, most) => {
    const { house, rule, ask } = await start({ wide: wide(limits), mirror: amp(more) });
    const user = ask('10', '/slow');
    const now = await until('all copies to be judged', async () => {
      const r = await rule();
      return r.drawn === 50 ? r : null;
    });
    expect(now.sent).toBeGreaterThanOrEqual(most);
    expect(now.sent).toBeLessThanOrEqual(most + (cause === 'quota' && most === 2 ? 4 : 0));
    expect(now.sent + now.dropped[cause]!).toBe(50);
    expect(await house.sum('one', 'zonegate_stress_under_way', 'wide')).toBe(now.sent);
    const refused = await house.sum('one', 'zonegate_stress_refused_total', 'wide');
    expect(refused).toBe(cause === 'quota' ? now.dropped[cause] : 0);
    await until('user and copies', () => house.waiting.length === now.sent + 1);
    for (const res of house.waiting) res.end();
    expect((await user).status).toBe(200);
    await until('nothing under way', async () => (await rule()).inFlight === 0);
    expect(await house.sum('one', 'zonegate_stress_under_way', 'wide')).toBe(0);
  });

  it('ends at once when people stop the scene, with what is under way; users notice nothing', async () => {
    const { house, rule, settled, inShadows, ask } = await start({
      wide: wide(),
      mirror: amp('copies: 30, timeoutMs: 60000'),
    });
    const user = ask('10', '/slow');
    await until('the user and all copies', () => house.waiting.length === 31);
    await house.order('one', { do: 'stress-stop', scene: 'wide' });
    const cut = await settled();
    expect([cut.sent, cut.failed.stopped]).toEqual([30, 30]);
    expect(await house.sum('one', 'zonegate_stress_cut_total')).toBe(30);
    const more = await ask('10');
    expect(more.status).toBe(200);
    expect(await rule()).toMatchObject({ sent: 30, dropped: { stopped: 1 } });
    expect(inShadows()).toHaveLength(30);
    for (const res of house.waiting) res.end();
    expect((await user).body).toBe('');
    await house.order('one', { do: 'stress-go', scene: 'wide' });
    await ask('10');
    await until('copies again', () => inShadows().length === 60);
  });

  it('follows the order of the board, and what is left of a series goes with its rule', async () => {
    const { house, rule, inShadows, ask } = await start({
      wide: wide(),
      mirror: amp('copies: 100').replace('percent: 100', 'percent: 0'),
    });
    await ask('10');
    expect((await rule()).drawn).toBe(0);
    await house.order('one', { do: 'mirror', rule: 'amp', percent: 100 });
    await ask('10');
    await until('all copies', () => inShadows().length === 100);
    await house.order('one', { do: 'mirror', rule: 'amp', percent: 0 });
    await ask('10');
    expect((await rule()).drawn).toBe(100);
  });
});
