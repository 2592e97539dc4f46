/** Load tests through real gates to real applications: who is believed, where it goes, what comes back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HERE, leaksNothing, pass, REAL, THERE, token } from '../support/stress-asks.ts';
import { type Asking, LISTED, StressHouse } from '../support/stress-house.ts';
import { until } from '../support/until.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
interface Row {
  readonly name: string;
  readonly marked: () => Asking;
  /** Where it must arrive; null: nowhere. */
  readonly at: string | null;
  readonly status: number;
}

function forge(text: string): string {
  const last = text.at(-1) === 'A' ? 'B' : 'A';
  return text.slice(0, -1) + last;
}

const MATRIX: readonly Row[] = [
  { name: 'signed', marked: () => token(pass()), at: 'RZ01~shadow', status: 200 },
  { name: 'forged', marked: () => token(forge(pass())), at: null, status: 403 },
  { name: 'expired', marked: () => token(pass({ forMs: -1 })), at: null, status: 403 },
  {
    name: 'replayed from elsewhere',
    marked: () => token(pass({ network: LISTED })),
    at: null,
    status: 403,
  },
  { name: 'over quota', marked: () => token(used()), at: null, status: 429 },
  { name: 'from outside', marked: () => token('eleven'), at: null, status: 403 },
  { name: 'over two hops', marked: () => token(pass(), THERE), at: 'RZ03~shadow', status: 200 },
];

/** One request a second, and the first of it is gone. */
let spent = '';
const used = (): string => spent;

describe.each([
  ['refused', 'refuse'],
  ['served as anybody’s', 'normal'],
] as const)('marks that are not believed are %s:', (_, forged) => {
  it('each mark and method arrives where it may, and nowhere else', async () => {
    const house = await StressHouse.start({ forged });
    let stress = 0;
    let disbelieved = 0;
    for (const method of METHODS) {
      for (const row of MATRIX) {
        spent = pass({ qps: 1 });
        const over = row.status === 429;
        if (over) {
          expect((await house.ask('one', token(spent))).status).toBe(200);
          stress++;
        }
        house.got.length = 0;
        const marked = row.marked();
        const answer = await house.ask('one', { ...marked, method });
        const what = `${row.name} ${method}`;
        const taken = row.status === 403 && forged === 'normal';
        if (row.status === 403) disbelieved++;
        else stress++;
        // A reserved uid on anybody's word is a mark that is not believed, too: so it needs a real one.
        const [got, more] = house.got;
        expect(more, what).toBeUndefined();
        leaksNothing(answer);
        if (row.at !== null) {
          expect(got, what).toMatchObject({ where: row.at, method });
          expect(got!.headers['x-ldc-stress'], what).toBe('eleven');
          expect(answer.headers['set-cookie'], what).toBeUndefined();
        } else if (taken) {
          expect(got, what).toMatchObject({ where: 'RZ01', method });
          expect(got!.headers['x-ldc-stress'], what).toBeUndefined();
        } else expect(got, what).toBeUndefined();
        expect(answer.status, what).toBe(taken ? 200 : row.status);
        if (over) expect(answer.headers['retry-after'], what).toBeDefined();

        house.got.length = 0;
        expect((await house.ask('one', { method, path: REAL })).status).toBe(200);
        expect(house.got, what).toMatchObject([{ where: 'RZ01', method }]);
        expect(house.got[0]!.headers['x-ldc-stress'], what).toBeUndefined();
      }
    }
    const users = METHODS.length * MATRIX.length;
    expect(await house.sum('one', 'zonegate_stress_requests_total')).toBe(stress);
    expect(await house.sum('one', 'zonegate_stress_requests_total', 'status="4xx"')).toBe(7);
    expect(await house.sum('one', 'zonegate_stress_refused_total', 'why="token"')).toBe(7);
    expect(await house.sum('three', 'zonegate_stress_requests_total', 'from="peer"')).toBe(7);
    expect(await house.sum('one', 'zonegate_requests_total')).toBe(users + disbelieved);
    expect(await house.sum('one', 'zonegate_request_duration_seconds_count')).toBe(
      users + disbelieved,
    );
    const how = forged === 'refuse' ? 'how="refused"' : 'how="stripped"';
    expect(await house.sum('one', 'zonegate_stress_forged_total', how)).toBe(disbelieved);
    expect(await house.sum('three', 'zonegate_requests_total')).toBe(0);
    expect(await house.sum('one', 'zonegate_stress_under_way')).toBe(0);
  }, 60_000);
});

describe('a mark', () => {
  it('counts from a listed network and from an app, by the name of its scene alone', async () => {
    const house = await StressHouse.start();
    const named = { path: HERE, headers: { 'X-Ldc-Stress': 'eleven' } };
    expect((await house.ask('one', { ...named, from: LISTED })).status).toBe(200);
    expect((await house.ask('one', { ...named, inner: true })).status).toBe(200);
    expect((await house.ask('one', { ...named, from: '127.0.0.3' })).status).toBe(403);
    const bound = token(pass({ network: LISTED }));
    expect((await house.ask('one', { ...bound, from: LISTED })).status).toBe(200);
    expect(house.got.map((g) => g.where)).toEqual(Array(3).fill('RZ01~shadow'));
  });

  it('is a forged one where it is said twice, is empty, or names what there is not', async () => {
    const house = await StressHouse.start();
    const said = async (value: string): Promise<number> =>
      (await house.ask('one', { path: HERE, inner: true, headers: { 'X-Ldc-Stress': value } }))
        .status;
    expect(await said('nothing')).toBe(403);
    expect(await said('')).toBe(403);
    expect(await said('eleven, eleven')).toBe(403);
    expect(await said(pass({ scene: 'nothing' }))).toBe(403);
    expect(house.got).toEqual([]);
  });

  it('is not needed where a trusted uid is reserved, and is forged where anybody shows one', async () => {
    const house = await StressHouse.start();
    const trusted = { inner: true, headers: { 'X-User-Id': '2099000000000010' } };
    expect((await house.ask('one', trusted)).status).toBe(200);
    expect(house.got).toMatchObject([{ where: 'RZ01~shadow' }]);
    expect((await house.ask('one', { path: HERE })).status).toBe(403);
    expect(house.got.length).toBe(1);
  });

  it('protects real users: their uids are refused in a test that reserves its own', async () => {
    const house = await StressHouse.start();
    expect((await house.ask('one', token(pass(), REAL))).status).toBe(403);
    expect(house.got).toEqual([]);
    expect(await house.sum('one', 'zonegate_stress_requests_total', 'status="4xx"')).toBe(1);
    expect((await house.ask('one', token(pass({ scene: 'as-users' }), REAL))).status).toBe(200);
    expect(house.got).toMatchObject([{ where: 'RZ01~shadow' }]);
  });

  it('beside a hand-over is nobody’s, and a hand-over can’t be moved to another request', async () => {
    const house = await StressHouse.start();
    await house.ask('one', token(pass(), THERE));
    const stolen = { 'X-Ldc-Decision': String(house.got[0]!.headers['x-ldc-decision'] ?? 'none') };
    // An application never gets to see one.
    expect(stolen['X-Ldc-Decision']).toBe('none');
    const answer = await house.ask('three', { headers: { 'X-Ldc-Decision': 'v2.one.RZ03.99' } });
    expect(answer.status).toBe(200);
    expect(house.got.at(-1)).toMatchObject({ where: 'RZ03' });
  });
});

describe('a scene', () => {
  it('follows its own table, else the users’, and takes the gzone’s shadow', async () => {
    const house = await StressHouse.start();
    // Shard 30: RZ01 among users, RZ02 in the table of eleven.
    await house.ask('one', token(pass(), '/?uid=2099000000000300'));
    await house.ask('one', token(pass({ scene: 'as-users' }), '/?uid=2088000000000300'));
    await house.ask('two', token(pass(), '/config'));
    expect(house.got.map((g) => g.where)).toEqual(['RZ02~shadow', 'RZ01~shadow', 'GZ01~shadow']);
  });

  it('ends by itself', async () => {
    const house = await StressHouse.start();
    const answer = await house.ask('one', token(pass({ scene: 'over' }), REAL));
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('stress-ended');
    expect(house.got).toEqual([]);
  });

  it('writes to shadows while its shard is frozen for users, and is not told to refuse it', async () => {
    const house = await StressHouse.start();
    await house.order('one', { do: 'freeze', scope: { kind: 'shards', shards: [1] } });
    const write = { method: 'POST', body: 'x' };
    const status = async (a: Asking): Promise<number> =>
      (await house.ask('one', { ...a, ...write })).status;
    await until('the freeze', async () => (await status({ path: REAL })) === 503);
    house.got.length = 0;
    expect(await status(token(pass()))).toBe(200);
    expect((await house.ask('one', { path: REAL })).status).toBe(200);
    const told = house.got.map(({ where, headers }) => [where, headers['x-ldc-frozen']]);
    expect(told).toEqual([
      ['RZ01~shadow', undefined],
      ['RZ01', '1'],
    ]);
  });

  it('gets no cookie of a release', async () => {
    const house = await StressHouse.start({ twoGroups: true });
    const gray = { do: 'gray', name: 'spring', zones: ['RZ01'], to: 'B', percent: 100 };
    await house.order('one', gray);
    const cookies = async (asking: Asking): Promise<number> =>
      (await house.ask('one', asking)).headers['set-cookie']?.length ?? 0;
    // Both cookies: the route's and the lane's.
    await until('users to be in it', async () => (await cookies({ path: REAL })) === 2);
    expect(await cookies(token(pass()))).toBe(0);
    expect(house.got.at(-1)).toMatchObject({ where: 'RZ01~shadow' });
  });

  it('is kept to so many at once and in all, and a token to its own rate wherever it is replayed', async () => {
    const house = await StressHouse.start({
      eleven: 'limits: { rps: 100000, concurrency: 2, total: 6 }',
    });
    const slow = [0, 1].map(() => house.begin('one', token(pass(), '/slow?uid=2099000000000010')));
    await until('both to be under way', () => house.waiting.length === 2);
    expect((await house.ask('one', token(pass()))).status).toBe(429);
    // One ends well, of the other the client goes away: both make room.
    house.waiting[0]!.end('late');
    expect((await slow[0]!.answer).status).toBe(200);
    slow[1]!.sent.destroy();
    await slow[1]!.answer.catch(() => null);
    await until('room', async () => (await house.sum('one', 'zonegate_stress_under_way')) === 0);
    const stolen = pass({ qps: 1 });
    const statuses = await Promise.all(
      Array.from({ length: 10 }, () => house.ask('one', token(stolen)).then((a) => a.status)),
    );
    expect(statuses.filter((s) => s === 200).length).toBe(1);
    const rest: number[] = [];
    for (let i = 0; i < 6; i++) rest.push((await house.ask('one', token(pass()))).status);
    expect(rest).toEqual([200, 200, 200, 429, 429, 429]);
    expect(await house.sum('one', 'zonegate_stress_refused_total', 'why="total"')).toBe(3);
    expect((await house.ask('one', { path: REAL })).status).toBe(200);
  });

  it('has log lines of its own', async () => {
    const house = await StressHouse.start();
    await house.ask('one', token(pass()));
    await house.ask('one', { path: REAL });
    const lines = await until('a line', () => {
      const text = readFileSync(join(house.directory, 'stress.log'), 'utf8');
      return text === '' ? null : text.trim().split('\n');
    });
    expect(lines.map((l) => JSON.parse(l) as object)).toMatchObject([
      { traffic: 'stress', scene: 'eleven', zone: 'RZ01', 'http.response.status_code': 200 },
    ]);
  });
});

/** Holds up the whole process, as too much work would. */
function burn(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

describe('what users need', () => {
  it('is kept for them: under pressure load tests go first', async () => {
    const house = await StressHouse.start({ overload: '{ eventLoopDelayMs: 5 }' });
    await until('pressure', async () => {
      burn(150);
      return (await house.sum('one', 'zonegate_pressure')) > 0.3;
    });
    const turnedAway = await house.ask('one', token(pass()));
    expect(turnedAway.status).toBe(503);
    expect(turnedAway.body).toContain('stress-shed');
    expect((await house.ask('one', { path: REAL })).status).toBe(200);
    expect(house.got.map((g) => g.where)).toEqual(['RZ01']);
    expect(await house.sum('one', 'zonegate_stress_refused_total', 'why="pressure"')).toBe(1);
  });

  it('is not taken out because a load test has broken its own', async () => {
    const house = await StressHouse.start();
    house.kill('RZ03~shadow');
    for (let i = 0; i < 20; i++) {
      expect((await house.ask('one', token(pass(), THERE))).status).toBe(502);
      expect((await house.ask('one', { path: '/?uid=2088000000000990' })).status).toBe(200);
    }
    expect(house.got.every((g) => g.where === 'RZ03')).toBe(true);
  });

  it('is told apart where the fleet counts', async () => {
    const house = await StressHouse.start();
    for (let i = 0; i < 5; i++) await house.ask('two', token(pass()));
    const seen = await until('the count to be told', async () => {
      const answer = await fetch(`${house.admin('three')}/v1/stress`);
      const { scenes } = (await answer.json()) as { scenes: Record<string, unknown>[] };
      const eleven = scenes.find((s) => s.scene === 'eleven')!;
      return eleven.total === 5 ? eleven : null;
    });
    expect(seen).toMatchObject({ state: 'on', endpoints: 'shadow', table: 'own', active: 0 });
    expect(seen.gates).toContainEqual({ gate: 'gate-two', active: 0, total: 5, refused: 0 });
    // Of the hop's second gate nothing is counted twice.
    expect(seen.gates).toContainEqual({ gate: 'gate-one', active: 0, total: 0, refused: 0 });
  });
});
