/** A body that is held back: how it may end, and how it goes on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/shell/proxy/inspector.ts';
import {
  asked,
  BLOCK,
  CHUNKED,
  held,
  inspectedGate,
  NEXT,
  over,
  PASS,
  upload,
  ups,
} from '../../support/inspector.ts';
import { until } from '../../support/until.ts';
import { bodyOf, Origin, RawClient, respond } from '../../support/wire.ts';

it('a request that is refused for what came with its head is over too', async () => {
  const origin = await Origin.start();
  const gate = await inspectedGate(origin, {});
  const client = new RawClient(gate.port).send(`${CHUNKED}X`);
  expect(await client.closed()).toContain('problem:bad-chunk"');
  expect(gate.stub.last.steps).toEqual(['over']);
});

describe('a held body', () => {
  it.each([
    ['that is cut short', 'hel', 'body-cut-short', 400],
    ['that stands still', 'hel', 'body-timeout', 408],
  ])('%s', async (_, sent, code, status) => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, { wants: 100 }, 'timeouts: { idleMs: 300 }');
    const client = new RawClient(gate.port).send(`${upload(5)}${sent}`);
    await until('the beginning', () => held(gate) > 0);
    if (status === 400) client.socket.end();
    expect(await client.closed()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(client.received).toContain(`problem:${code}"`);
    await over(gate);
    expect([origin.connections, held(gate), gate.stub.last.bytes]).toEqual([0, 0, '']);
  });

  it('that is slower than allowed', async () => {
    const origin = await Origin.start();
    const told = 'timeouts: { idleMs: 500 }\nlimits: { bodyMinBytesPerS: 1000 }';
    const gate = await inspectedGate(origin, { wants: 100 }, told);
    const client = new RawClient(gate.port).send(`${upload(50)}x`);
    const drip = setInterval(() => client.send('x'), 100);
    expect(await client.closed()).toContain('problem:body-too-slow"');
    clearInterval(drip);
    await over(gate);
  });

  it.each([
    ['malformed', `${CHUNKED}5\r\nhello6`, '', 'bad-chunk', 400],
    ['malformed later', `${CHUNKED}5\r\nhel`, 'loX', 'bad-chunk', 400],
    ['too long', `${CHUNKED}40\r\n${'x'.repeat(64)}\r\n`, '7\r\nyyyyyyy\r\n', 'body-too-long', 413],
  ])('%s', async (_, first, then, code, status) => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, { wants: 1000 }, 'limits: { bodyBytes: 70 }');
    const client = new RawClient(gate.port).send(first);
    if (then !== '') {
      await until('the beginning', () => held(gate) > 0);
      client.send(then);
    }
    expect(await client.closed()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(client.received).toContain(`problem:${code}"`);
    await over(gate);
    expect([origin.connections, held(gate)]).toEqual([0, 0]);
  });

  it('whose client goes away', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, { wants: 100 });
    const client = new RawClient(gate.port).send(`${upload(5)}hel`);
    await until('the beginning', () => held(gate) > 0);
    client.socket.resetAndDestroy();
    await over(gate);
    expect([origin.connections, held(gate)]).toEqual([0, 0]);
  });

  it('whose route has no more time', async () => {
    const origin = await Origin.start();
    const routes = 'routes: [{ host: "*", zone: gzone, app: any, requestMs: 300 }]';
    const gate = await inspectedGate(origin, { wants: 100 }, { routes });
    const client = new RawClient(gate.port).send(`${upload(5)}hel`);
    expect(await client.closed()).toContain('problem:request-timeout"');
    await over(gate);
  });

  it('goes to a client that has ended its side with its request', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, { wants: 100, body: 'LATER' });
    const client = new RawClient(gate.port).send(`${upload(5)}hello`);
    client.socket.end();
    (await asked(gate)).later!(PASS);
    expect(await client.closed()).toMatch(/\r\n\r\nok$/);
    expect(client.ended).toBe('fin');
  });

  it('is replayed when its connection proves stale, if it is small', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, { wants: 100 });
    const client = new RawClient(gate.port);
    await client.send(`${upload(5).replace('POST', 'PUT')}hello`).sees('ok');
    origin.answer = (_, socket, nth) => {
      if (nth === 2) socket.resetAndDestroy();
      else respond('again')('', socket, 0);
    };
    // Much behind it changes nothing of that.
    client.send(`${upload(5).replace('POST', 'PUT')}world${NEXT.repeat(600)}`);
    await client.sees('again');
    expect(origin.requests.slice(0, 3).map(bodyOf)).toEqual(['hello', 'world', 'world']);
    expect(gate.stub.seen[1]!.steps).toEqual(['body 5 whole', 'head 200 fields', 'over']);
  });
});

it.each([
  ['a request', { wants: 100, body: 'LATER' }],
  ['an answer', { wantsAnswer: 100, answerBody: 'LATER' }],
] as const)('%s that is held back ends when its group’s time is over', async (_, plan) => {
  const origin = await Origin.start();
  const fleet =
    'apiVersion: zonegate/v1\nkind: Fleet\nstore: { file: board }\nstateDir: state\ncatchUp: { by: none }\n';
  const endpoints = `{ endpoints: { any: ["127.0.0.1:${origin.port}"] } }`;
  const gate = await inspectedGate(origin, ups(plan), {
    groups: `{ A: ${endpoints}, B: ${endpoints} }`,
    rules: 'weights: { GZ01: { A: 100, B: 0 } }',
    prepare: (directory) => writeFileSync(join(directory, 'fleet.yaml'), fleet),
  });
  const client = new RawClient(gate.port).send(`${upload(5)}hello`);
  const late = await asked(gate);
  const order = { do: 'off', scope: { kind: 'group', zone: 'GZ01', group: 'A' }, endWithinS: 1 };
  await until('the order to be taken', async () => {
    const answer = await fetch(`http://127.0.0.1:${gate.admin}/v1/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'ann', reason: 'because', ...order }),
    });
    return answer.status === 200;
  });
  await client.sees('problem:group-drained"');
  late.later!(PASS);
  await client.send(NEXT).sees(/\r\n\r\nok$/);
  expect([late.steps.at(-1), held(gate)]).toEqual(['over', 0]);
});

it('what is held back ends with the gate', async () => {
  const origin = await Origin.start();
  const told = 'timeouts: { drainMs: 50 }';
  const gate = await inspectedGate(origin, ups({ wants: 100, body: 'LATER' }), told);
  const client = new RawClient(gate.port).send(`${upload(5)}hello`);
  const late = await asked(gate);
  await gate.gate.stop();
  await client.closed();
  late.later!(PASS);
  expect([origin.connections, held(gate), late.steps.at(-1)]).toEqual([0, 0, 'over']);
});

describe('a body that comes after its head', () => {
  const large = 'z0n3'.repeat(500_000);

  it('and is blocked, spoils nothing of the request behind it', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, ups({ wants: 100, body: BLOCK }));
    const client = new RawClient(gate.port).send(upload(5));
    await until('the head', () => gate.stub.seen.length === 1);
    client.send(`hello${NEXT}${NEXT.slice(0, 9)}`);
    await client.sees(/problem:stub-blocked"[\s\S]*\r\n\r\nok$/);
    client.received = '';
    await client.send(NEXT.slice(9)).sees('ok');
    expect(client.ended).toBe(null);
  });

  it.each([
    ['at once', 'a new connection', {}],
    ['at once', 'a kept connection', {}],
    ['later', 'a new connection', { body: 'LATER' }],
    ['later', 'a kept connection', { body: 'LATER' }],
    ['after a delay', 'a new connection', { first: { kind: 'delay', ms: 100 }, body: 'LATER' }],
    ['after a delay', 'a kept connection', { first: { kind: 'delay', ms: 100 }, body: 'LATER' }],
  ] as const)('is judged once, %s, and goes on over %s in order', async (_, over, plan) => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, ups({ wants: 100_000, ...plan }));
    const client = new RawClient(gate.port);
    if (over === 'a kept connection') await client.send(NEXT).sees('ok');
    client.received = '';
    client.send(upload(large.length));
    await until('the head', () => gate.stub.seen.length === 1);
    client.send('z').send(large.slice(1));
    if ('body' in plan) {
      const late = await asked(gate);
      await fetch(`http://127.0.0.1:${gate.admin}/metrics`);
      expect(held(gate)).toBeLessThanOrEqual(100_000 + 4096);
      late.later!(PASS);
    }
    await client.sees('ok');
    expect(bodyOf(origin.requests.at(-1)!) === large).toBe(true);
    expect(gate.stub.last.steps).toEqual(['body 100000 part', 'head 200 fields', 'over']);
  });

  it.each([0, 100])('takes no more while it is judged, after a delay of %i ms', async (ms) => {
    const huge = 'z0n3'.repeat(10_000_000);
    const origin = await Origin.start(respond('ok'));
    const first: Verdict = ms === 0 ? PASS : { kind: 'delay', ms };
    const plan = { wants: 1000, first, body: 'LATER' } as const;
    const gate = await inspectedGate(origin, ups(plan));
    const client = new RawClient(gate.port).send(`${upload(huge.length)}${huge}`);
    const late = await asked(gate);
    for (let i = 0; i < 10; i++) await gate.metrics();
    expect(client.socket.writableLength).toBeGreaterThan(huge.length / 2);
    late.later!(BLOCK);
    await client.sees('problem:stub-blocked"');
    expect(gate.stub.last.steps).toEqual(['body 1000 part', 'over']);
  });

  it('is kept while an endpoint refuses the connection, and goes to another', async () => {
    const origin = await Origin.start();
    const gone = await Origin.start();
    const { port: deadPort } = gone;
    gone.stop();
    const endpoints = `["127.0.0.1:${deadPort}", "127.0.0.1:${origin.port}"]`;
    const gate = await inspectedGate(origin, ups({ wants: 50_000 }), { endpoints });
    const body = large.slice(0, 100_000);
    for (let i = 0; i < 4; i++)
      await new RawClient(gate.port).send(`${upload(body.length)}${body}`).sees('ok');
    expect(origin.requests.map((r) => bodyOf(r) === body)).toEqual(Array(4).fill(true));
  });
});
