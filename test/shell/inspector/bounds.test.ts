/** What held bodies take, and what is told of them to others. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  asked,
  BLOCK,
  CHUNKED,
  held,
  inspectedGate,
  NEXT,
  PASS,
  upload,
  ups,
} from '../../support/inspector.ts';
import { mirrorDocument, withMirrors } from '../../support/mirror.ts';
import { unchunked } from '../../support/pieces.ts';
import { until } from '../../support/until.ts';
import { bodyOf, Origin, RawClient, respond } from '../../support/wire.ts';

describe('what all held bodies take', () => {
  it('is bounded: 50 slow uploads take what has come, and what has no room is turned away', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, ups({ wants: 1_000_000 }));
    const clients = Array.from({ length: 50 }, () =>
      new RawClient(gate.port).send(`${upload(900_000)}${'x'.repeat(1000)}`),
    );
    await until('all to be looked at', () => gate.stub.seen.length === 50);
    await until('all to be held', () => held(gate) >= 50 * 16_384);
    expect(held(gate)).toBeLessThan(50 * 25_000);
    const bound = 5_000_000;
    gate.stub.gateway.held.limit = bound;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, held(gate))), 1);
    for (const client of clients) client.send('y'.repeat(300_000));
    await until('some to be turned away', () =>
      clients.some((c) => c.received.includes('problem:gate-overloaded"')),
    );
    await until('the others to be held', () => gate.stub.gateway.held.refused > 30);
    clearInterval(watch);
    expect(most).toBeLessThanOrEqual(bound);
    expect(origin.connections).toBe(0);
    for (const client of clients) client.socket.destroy();
    await until('all to be given back', () => held(gate) === 0);
    expect(gate.stub.seen.every((s) => s.steps.at(-1) === 'over')).toBe(true);
    await new RawClient(gate.port).send(NEXT).sees('ok');
  });

  it('stays by what is wanted, however much comes', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, { wants: 50_000, body: 'LATER' });
    const client = new RawClient(gate.port).send(`${upload(5_000_000)}${'x'.repeat(5_000_000)}`);
    const late = await asked(gate);
    expect(late.bytes.length).toBe(50_000);
    expect(held(gate)).toBeLessThanOrEqual(50_000 + 4096);
    late.later!(PASS);
    await client.sees('ok');
    expect(bodyOf(origin.requests[0]!)).toBe('x'.repeat(5_000_000));
    await until('it to be given back', () => held(gate) === 0);
  });
});

describe('a mirror', () => {
  it.each([
    ['small', 'm'.repeat(100), 1000],
    ['large', 'm'.repeat(700_000), 300_000],
  ])('gets a %s body once, in order, and only what has passed', async (_, body, wants) => {
    const origin = await Origin.start(respond('real'));
    const target = await Origin.start(respond('copy'));
    const rule = `  - { name: m, percent: 100, to: { addresses: ["127.0.0.1:${target.port}"] }, match: { methods: [POST] }, limits: { bodyBytes: 1000000 } }`;
    const inspected = await inspectedGate(origin, ups({ wants, body: BLOCK }), {
      prepare: (directory) => writeFileSync(join(directory, 'mirror.yaml'), mirrorDocument(rule)),
    });
    const gate = withMirrors(inspected);
    await new RawClient(gate.port).send(`${upload(body.length)}${body}`).sees('stub-blocked');
    inspected.stub.plan = ups({ wants, body: 'LATER', lines: 'X-Ldc-Label: y\r\n' });
    const client = new RawClient(gate.port);
    client.send(CHUNKED);
    for (let at = 0; at < body.length; at += 50_000) {
      const piece = body.slice(at, at + 50_000);
      client.send(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    }
    client.send('0\r\n\r\n');
    const late = await asked(inspected);
    expect([origin.requests.length, target.requests.length]).toEqual([0, 0]);
    late.later!(PASS);
    await client.sees('real');
    await until('the copy', () => target.requests.length === 1);
    expect(unchunked(bodyOf(target.requests[0]!))).toBe(body);
    expect(unchunked(bodyOf(origin.requests[0]!))).toBe(body);
    expect(await gate.settled()).toMatchObject({ drawn: 1, sent: 1 });
  });
});

describe('a write that is held back', () => {
  it('counts as under way: a freeze is not settled before it is over', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, ups({ wants: 100, body: 'LATER' }), {
      rules: 'shards: { "00-99": GZ01 }',
      routes: 'routes: [{ host: "*", zone: rzone, app: any }]',
      prepare: (directory) => {
        const file = join(directory, 'all.yaml');
        writeFileSync(file, readFileSync(file, 'utf8').replace('type: gzone', 'type: rzone'));
      },
    });
    const { writes } = gate.stub.gateway;
    const counted: number[] = [];
    const [begin, end] = [writes.begin.bind(writes), writes.end.bind(writes)];
    writes.begin = (d) => {
      counted.push(1);
      begin(d);
    };
    writes.end = (d) => {
      counted.push(-1);
      end(d);
    };
    const client = new RawClient(gate.port).send(`${upload(5)}hello`);
    const late = await asked(gate);
    expect(counted).toEqual([1]);
    late.later!(PASS);
    await client.sees('ok');
    expect(counted).toEqual([1, -1]);
  });
});
