import { describe, expect, it } from 'vitest';
import { commandSchema } from '../../../src/failover/commands.ts';
import { ask, serveControl, tell } from '../../support/control.ts';
import { StandInDesk } from '../../support/desk-stand-in.ts';

const why = { by: 'ann', reason: 'because' };
const drain = (zone: string) => ({ do: 'drain', scope: { kind: 'zone', zone }, ...why });
const off = (zone: string, group: string) => ({
  do: 'off',
  scope: { kind: 'group', zone, group },
  ...why,
});

async function served() {
  const desk = new StandInDesk();
  return { desk, at: await serveControl({ desk }) };
}

describe('reading', () => {
  it('says that it is ready without its store too, and that it is stale', async () => {
    const { desk, at } = await served();
    expect(await ask(at, '/readyz')).toMatchObject({ status: 200, body: 'ready\n' });
    desk.down = 'gone';
    const body = 'ready (stale: the store was last read 60 s ago)\n';
    expect(await ask(at, '/readyz')).toMatchObject({ status: 200, body });
  });

  it('shows the board under its epoch', async () => {
    const { at } = await served();
    await tell(at, '/v1/commands', off('RZ01', 'B'));
    const board = await ask(at, '/v1/board');
    expect(board).toMatchObject({ status: 200, headers: { etag: '"1"' } });
    expect(board.json).toMatchObject({
      board: { epoch: 1, by: 'ann' },
      standing: { stale: false },
    });
    expect((await ask(at, '/v1/switches')).json).toMatchObject({
      epoch: 1,
      switches: [{ id: 's1', text: 'off group RZ01/B', reason: 'because' }],
    });
  });

  it('shows runs with their logs, moves, plans and the trail', async () => {
    const { desk, at } = await served();
    const stored = await tell(at, '/v1/commands', drain('RZ01'));
    expect(stored.json).toMatchObject({ kind: 'stored', run: 'r1', epoch: 1 });
    for (let i = 0; i < 3; i++) desk.step();
    expect((await ask(at, '/v1/moves')).json).toMatchObject({ moves: [{ run: 'r1' }] });
    const runs = (await ask(at, '/v1/runs')).json.runs as object[];
    expect(runs).toMatchObject([{ id: 'r1', state: 'running' }]);
    expect(runs[0]).not.toHaveProperty('log');
    await ask(at, '/v1/fleet');
    const run = (await ask(at, '/v1/runs/r1')).json.run as { log: object[] };
    expect(run).toMatchObject({ state: 'done' });
    expect(run.log.length).toBeGreaterThan(10);
    expect((await ask(at, '/v1/plans')).json).toMatchObject({
      plans: [{ name: 'leave-hz1', level: 'idc' }, { name: 'by-hand' }],
    });
    const lines = (await ask(at, '/v1/audit?limit=2')).json.lines as object[];
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ what: 'run r1: done', outcome: 'stored' });
    for (const limit of ['0', 'x', '5000', '-1'])
      expect((await ask(at, `/v1/audit?limit=${limit}`)).status).toBe(400);
    expect(await ask(at, '/v1/runs/r9')).toMatchObject({ status: 404 });
  });

  it('names gates that are behind apart from those that are gone, and measures the rest', async () => {
    const { desk, at } = await served();
    await tell(at, '/v1/commands', off('RZ01', 'B'));
    const all = await ask(at, '/v1/fleet');
    expect(all.json).toMatchObject({ stragglers: [], lost: [], lag: { p50Ms: 10, p99Ms: 40 } });
    await tell(at, '/v1/commands', off('RZ02', 'B'));
    desk.lagging.set('g-hz2', 0).set('g-sh1', -1);
    expect((await ask(at, '/v1/fleet')).json).toMatchObject({
      stragglers: ['g-hz2'],
      lost: ['g-sh1'],
      lag: { p50Ms: 10, p99Ms: 10 },
    });
  });

  it('goes on from memory while the store is down, and says so', async () => {
    const { desk, at } = await served();
    desk.down = 'redis://x does not answer';
    expect(await ask(at, '/v1/board')).toMatchObject({
      status: 200,
      json: { standing: { stale: true } },
    });
    expect((await ask(at, '/v1/fleet')).json).toMatchObject({
      gates: null,
      why: expect.stringContaining('redis://x does not answer') as string,
    });
  });

  it('shows every zone with its state', async () => {
    const { at } = await served();
    await tell(at, '/v1/commands', { ...drain('RZ01'), pace: [] });
    await tell(at, '/v1/commands', {
      do: 'freeze',
      scope: { kind: 'shards', shards: [20, 21] },
      ...why,
    });
    await ask(at, '/v1/fleet');
    const { cities } = (await ask(at, '/v1/places')).json as {
      cities: { idcs: { zones: Record<string, unknown>[] }[] }[];
    };
    const zones = cities.flatMap((c) => c.idcs).flatMap((i) => i.zones);
    expect(zones.find((z) => z.zone === 'RZ01')).toMatchObject({ state: 'drained', shardCount: 0 });
    expect(zones.find((z) => z.zone === 'RZ02')).toMatchObject({
      state: 'serving, partly frozen',
      frozen: 2,
      percentOfUsers: 20,
    });
    expect(zones.find((z) => z.zone === 'RZ03')).toMatchObject({ shards: '0-19, 40-59' });
  });

  it('describes itself, with every command', async () => {
    const { at } = await served();
    const { openapi, components, paths } = (await ask(at, '/v1/openapi.json')).json as {
      openapi: string;
      components: { schemas: { Command: { oneOf: { required: string[] }[] } } };
      paths: Record<string, object>;
    };
    expect(openapi).toBe('3.1.0');
    expect(components.schemas.Command.oneOf).toHaveLength(commandSchema.options.length);
    for (const kind of components.schemas.Command.oneOf) {
      expect(kind.required).toContain('reason');
      expect(kind.required).not.toContain('by');
    }
    for (const [path, operations] of Object.entries(paths)) {
      const method = 'post' in operations ? 'POST' : 'GET';
      const { status } = await ask(at, path.replace('{id}', 'r1'), { method });
      expect([path, [200, 404, 415].includes(status)]).toEqual([path, true]);
    }
  });
});

describe('a command', () => {
  it('is refused with rule, numbers and what would pass', async () => {
    const { desk, at } = await served();
    const answer = await tell(at, '/v1/commands', off('GZ01', 'X'));
    expect(answer.status).toBe(422);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json).toMatchObject({
      type: 'urn:zonegate:problem:refused',
      rule: 'input',
      message: expect.stringContaining('group X does not exist') as string,
      passes: expect.any(String) as string,
    });
    expect(desk.board.epoch).toBe(0);
  });

  it('that can’t be read is told every mistake', async () => {
    const { at } = await served();
    const answer = await tell(at, '/v1/commands', {
      do: 'drain',
      scope: { kind: 'zone', zone: '' },
      percent: 101,
      paec: [1],
      by: 'ann',
    });
    expect(answer.status).toBe(400);
    const paths = (answer.json.mistakes as { path: string }[]).map((m) => m.path);
    expect(paths.sort()).toEqual(['paec', 'percent', 'reason', 'scope.zone']);
    for (const value of [{}, [], 'x', { do: 'dance' }, null])
      expect((await tell(at, '/v1/commands', value)).status).toBe(400);
    const broken = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{' };
    expect(await ask(at, '/v1/commands', broken)).toMatchObject({ status: 400 });
    expect((await tell(at, '/v1/commands', { ...drain('RZ01'), by: undefined })).status).toBe(400);
  });

  it('under an epoch that has passed changes nothing, and shows the board', async () => {
    const { desk, at } = await served();
    await tell(at, '/v1/commands', off('RZ01', 'B'), { 'If-Match': '"0"' });
    const late = await tell(at, '/v1/commands', off('RZ02', 'B'), { 'If-Match': '"0"' });
    expect(late).toMatchObject({ status: 412, headers: { etag: '"1"' } });
    expect(late.json).toMatchObject({ board: { epoch: 1, switches: [{ id: 's1' }] } });
    expect(desk.board.epoch).toBe(1);
    expect((await tell(at, '/v1/reassert', why, { 'If-Match': '"0"' })).status).toBe(412);
    expect((await tell(at, '/v1/commands', off('RZ02', 'B'), { 'If-Match': 'x' })).status).toBe(
      400,
    );
    expect((await tell(at, '/v1/commands', off('RZ02', 'B'), { 'If-Match': '*' })).status).toBe(
      200,
    );
  });

  it('that loses a race is told who was first', async () => {
    const { desk, at } = await served();
    const board = { ...desk.board, epoch: 7, by: 'bob', reason: 'mine' };
    desk.submit = () => Promise.resolve({ kind: 'conflict', board });
    const answer = await tell(at, '/v1/commands', off('RZ01', 'B'));
    expect(answer.status).toBe(409);
    expect(answer.json.detail).toContain('epoch 7, by bob');
    expect(answer.json).toMatchObject({ board: { epoch: 7 } });
  });

  it('says honestly how many copies there are', async () => {
    const { desk, at } = await served();
    desk.replicas = { copies: 0, wanted: 1 };
    expect((await tell(at, '/v1/commands', off('RZ01', 'B'))).json).toMatchObject({
      replicated: false,
      note: expect.stringContaining('stored, not replicated: 0 of 1') as string,
    });
    desk.replicas = { copies: 1, wanted: 1 };
    expect((await tell(at, '/v1/commands', off('RZ02', 'B'))).json).toMatchObject({
      replicated: true,
    });
  });

  it('with the store down is answered with what that means', async () => {
    const { desk, at } = await served();
    desk.down = 'redis://x does not answer';
    const sure = await tell(at, '/v1/commands', off('RZ01', 'B'));
    expect(sure).toMatchObject({ status: 503, json: { unsure: false } });
    expect(sure.json.detail).toContain('Nothing was changed');
    desk.unsure = true;
    const unsure = await tell(at, '/v1/reassert', why);
    expect(unsure).toMatchObject({ status: 503, json: { unsure: true } });
    expect(unsure.json.detail).toContain('not known');
  });

  it('in thought stores nothing and shows what would move', async () => {
    const { desk, at } = await served();
    const answer = await tell(at, '/v1/commands?dry-run=1&uid=2088000000000050', {
      do: 'failover',
      scope: { kind: 'idc', idc: 'hz1' },
      ...why,
    });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      stopped: null,
      percentOfUsers: { zone: 40, idc: 40, city: 0 },
      uids: ['2088000000000050'],
      before: { homes: [{ zone: 'RZ01' }] },
    });
    expect(desk.board.epoch).toBe(0);
    expect((await tell(at, '/v1/commands?dry-run=1', off('RZ01', 'X'))).status).toBe(422);
  });

  it('to a run may go to the run itself', async () => {
    const { desk, at } = await served();
    await tell(at, '/v1/commands', { do: 'plan', plan: 'by-hand', ...why });
    expect((await tell(at, '/v1/runs/r1/hold', why)).status).toBe(200);
    expect(desk.board.runs[0]).toMatchObject({ state: 'holding' });
    expect((await tell(at, '/v1/runs/r1/abort', { ...why, back: true })).status).toBe(200);
    expect(desk.board.runs[0]).toMatchObject({ state: 'aborting', onTrouble: 'back' });
    expect((await tell(at, '/v1/runs/r1/dance', why)).status).toBe(404);
    expect((await tell(at, '/v1/runs/r9/hold', why)).status).toBe(422);
  });

  it('can put this gate’s board back into the store', async () => {
    const { desk, at } = await served();
    expect((await tell(at, '/v1/reassert', { ...why, extra: 1 })).status).toBe(400);
    expect((await tell(at, '/v1/reassert', why)).json).toMatchObject({ epoch: 1 });
    expect(desk.board).toMatchObject({ epoch: 1, by: 'ann' });
  });
});

describe('without a fleet', () => {
  it('there is nothing under /v1/, and a sentence says why', async () => {
    const at = await serveControl({ desk: null });
    for (const path of ['/v1/board', '/v1/fleet', '/v1/nonsense'])
      expect(await ask(at, path)).toMatchObject({
        status: 404,
        json: { detail: 'no Fleet document is declared: this gate takes no orders' },
      });
    expect((await tell(at, '/v1/commands', drain('RZ01'))).status).toBe(404);
    for (const path of ['/healthz', '/readyz', '/metrics', '/status', '/upstreams'])
      expect((await ask(at, path)).status).toBe(200);
  });
});
