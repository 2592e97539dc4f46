import { describe, expect, it } from 'vitest';
import { ask, serveControl, tell } from '../../support/control.ts';
import { StandInDesk } from '../../support/desk-stand-in.ts';

const why = { by: 'ann', reason: 'because' };
const pin = { do: 'pin', uid: '2088000000000680', zone: 'RZ02', ...why };
const READ = 'r'.repeat(40);
const WRITE = 'w'.repeat(40);
const tokens = [
  { id: 'watch', role: 'read', secret: READ },
  { id: 'ops', role: 'write', secret: WRITE },
] as const;
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('a page in a browser', () => {
  it('can’t reach it under a name of its own', async () => {
    const at = await serveControl({
      desk: new StandInDesk(),
      control: { hosts: ['gate.example'] },
    });
    for (const Host of [
      'evil.example',
      `evil.example:${at.port}`,
      '127.0.0.1.evil.example',
      '10.9.9.9',
    ]) {
      for (const path of ['/v1/board', '/status', '/upstreams'])
        expect((await ask(at, path, { headers: { Host } })).status, Host).toBe(421);
      expect((await tell(at, '/v1/commands', pin, { Host })).status).toBe(421);
      expect((await ask(at, '/healthz', { headers: { Host } })).status).toBe(200);
    }
    for (const Host of ['localhost', 'LOCALHOST:1', '[::1]:9', '127.0.0.1', 'Gate.Example.:80'])
      expect((await ask(at, '/v1/board', { headers: { Host } })).status, Host).toBe(200);
  });

  it('can’t write from another origin, nor read', async () => {
    const desk = new StandInDesk();
    const at = await serveControl({ desk });
    for (const Origin of ['http://evil.example', 'null', `https://127.0.0.1:${at.port}`]) {
      expect((await tell(at, '/v1/commands', pin, { Origin })).status).toBe(403);
      expect((await ask(at, '/v1/board', { headers: { Origin } })).status).toBe(403);
    }
    expect(desk.board.epoch).toBe(0);
    const own = { Origin: `http://127.0.0.1:${at.port}` };
    const good = await tell(at, '/v1/commands', pin, own);
    expect(good.status).toBe(200);
    expect(good.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('can’t write by a form', async () => {
    const desk = new StandInDesk();
    const at = await serveControl({ desk });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx'])
      expect((await tell(at, '/v1/commands', pin, { 'Content-Type': type })).status).toBe(415);
    expect((await ask(at, '/v1/commands', { method: 'POST' })).status).toBe(415);
    expect(desk.board.epoch).toBe(0);
    const utf8 = { 'Content-Type': 'application/json; charset=utf-8' };
    expect((await tell(at, '/v1/commands', pin, utf8)).status).toBe(200);
  });
});

describe('tokens', () => {
  it('once declared are needed for everything but probes', async () => {
    const at = await serveControl({ desk: new StandInDesk(), control: { tokens } });
    const wrong = [
      {},
      bearer('ops.'),
      bearer(`ops.${READ}`),
      bearer(`nobody.${WRITE}`),
      bearer(WRITE),
      { Authorization: `Basic ops.${WRITE}` },
      bearer(`ops.${WRITE}x`),
    ];
    for (const headers of wrong) {
      for (const path of ['/v1/board', '/status', '/upstreams']) {
        const answer = await ask(at, path, { headers });
        expect(answer.status, JSON.stringify(headers)).toBe(401);
        expect(answer.headers['www-authenticate']).toContain('Bearer');
      }
    }
    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect((await ask(at, path)).status).toBe(200);
  });

  it('read or write', async () => {
    const desk = new StandInDesk();
    const at = await serveControl({ desk, control: { tokens } });
    expect((await ask(at, '/v1/board', { headers: bearer(`watch.${READ}`) })).status).toBe(200);
    expect((await tell(at, '/v1/commands', pin, bearer(`watch.${READ}`))).status).toBe(403);
    expect((await tell(at, '/v1/commands?dry-run=1', pin, bearer(`watch.${READ}`))).status).toBe(
      403,
    );
    expect(desk.board.epoch).toBe(0);
    expect((await tell(at, '/v1/commands', pin, bearer(`ops.${WRITE}`))).status).toBe(200);
  });

  it('sign: what a caller says of himself stands behind', async () => {
    const desk = new StandInDesk();
    const at = await serveControl({ desk, control: { tokens } });
    await tell(at, '/v1/commands', { ...pin, by: undefined }, bearer(`ops.${WRITE}`));
    expect(desk.board.by).toBe('ops');
    await tell(at, '/v1/commands', { ...pin, by: 'watch' }, bearer(`ops.${WRITE}`));
    expect(desk.board.by).toBe('ops/watch');
  });

  it('one of them is one person, whatever he calls himself', async () => {
    const desk = new StandInDesk();
    const second = { id: 'duty', role: 'write', secret: 'd'.repeat(40) } as const;
    const at = await serveControl({ desk, control: { tokens: [...tokens, second] } });
    const city = { do: 'failover', scope: { kind: 'city', city: 'hangzhou' }, ...why };
    await tell(at, '/v1/commands', city, bearer(`ops.${WRITE}`));
    const approve = (by: string, token: string) =>
      tell(at, '/v1/runs/r1/approve', { by, reason: 'agreed' }, bearer(token));
    expect((await approve('bob', `ops.${WRITE}`)).json).toMatchObject({ rule: 'two-persons' });
    expect((await approve('bob', `duty.${second.secret}`)).status).toBe(200);
    expect(desk.board.runs[0]).toMatchObject({ state: 'running' });
  });
});

describe('a request that is not right', () => {
  it('gets 404, 405 with what is allowed, 413', async () => {
    const desk = new StandInDesk();
    const at = await serveControl({ desk });
    expect((await ask(at, '/v1/nonsense')).status).toBe(404);
    expect((await ask(at, '/v1/constructor')).status).toBe(404);
    expect(await ask(at, '/v1/board', { method: 'DELETE' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
    expect(await ask(at, '/v1/commands')).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    });
    const long = { ...pin, reason: 'x'.repeat(70_000) };
    expect((await tell(at, '/v1/commands', long)).status).toBe(413);
    const chunked = { 'Transfer-Encoding': 'chunked' };
    expect((await tell(at, '/v1/commands', long, chunked)).status).toBe(413);
    expect(desk.board.epoch).toBe(0);
    expect((await ask(at, '/v1/board', { method: 'HEAD' })).body).toBe('');
  });

  it('comes too often', async () => {
    const at = await serveControl({ desk: new StandInDesk() });
    const all = await Promise.all(Array.from({ length: 60 }, () => tell(at, '/v1/commands', {})));
    const late = all.filter((a) => a.status === 429);
    expect(late.length).toBeGreaterThan(0);
    expect(all.filter((a) => a.status === 400).length).toBeGreaterThanOrEqual(20);
    expect(late[0]!.headers['retry-after']).toBe('1');
    expect((await ask(at, '/v1/board')).status).toBe(200);
  });
});
