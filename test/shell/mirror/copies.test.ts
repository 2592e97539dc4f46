/** What a copy is made of, and what is counted of it: real sockets at both ends. */
import { describe, expect, it } from 'vitest';
import { mirroringGate, total } from '../../support/mirror.ts';
import { until } from '../../support/until.ts';
import { bodyOf, headOf, Origin, RawClient, respond } from '../../support/wire.ts';

const ANY = ', match: { methods: [GET, HEAD, POST, PUT] }';

async function pair(): Promise<[Origin, Origin]> {
  return [await Origin.start(respond('real')), await Origin.start(respond('copy'))];
}

describe('a copy', () => {
  it('is the request without credentials, marked, and its answer goes nowhere', async () => {
    const [origin, target] = await pair();
    target.answer = respond('copy', 'Set-Cookie: evil=1\r\n');
    const gate = await mirroringGate(
      origin,
      target,
      ', headers: { set: { X-Env: shadow }, remove: [X-Trace] }',
    );
    const client = new RawClient(gate.port).send(
      'GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\nCookie: s=1\r\nAuthorization: Basic x\r\n' +
        'X-Api-Key: k\r\nX-Trace: t\r\nX-Keep: yes\r\nX-Env: client\r\nX-Ldc-Mirror: v1.m.0.k.forged\r\nTE: trailers\r\nConnection: TE\r\n\r\n',
    );
    expect(await client.sees('real')).not.toContain('evil');
    await until('the copy', () => target.requests.length === 1);
    const copy = target.requests[0]!;
    expect(copy).toMatch(/^GET \/a\?b=c HTTP\/1\.1\r\n/);
    expect(copy).toContain('Host: shop.example\r\n');
    expect(copy).toContain('X-Keep: yes\r\n');
    expect(copy.match(/^x-env:.*$/gim)).toEqual(['X-Env: shadow']);
    expect(copy).toMatch(/^x-ldc-mirror: v1\.m\.[0-9a-z]+\.k\.[\w-]{22}\r$/m);
    expect(copy).not.toMatch(/cookie|authorization|x-api-key|x-trace|forged|^te:|^connection:/im);
    expect(copy).not.toMatch(/x-ldc-(?!mirror)/i);
    const id = /^x-request-id: (.*)\r$/im.exec(origin.requests[0]!)![1];
    expect(copy).toContain(`X-Request-Id: ${id}\r\n`);
    expect(origin.requests[0]).not.toMatch(/x-ldc-mirror/i);
    const rule = await gate.settled();
    expect(rule).toMatchObject({ drawn: 1, sent: 1, answered: { '2xx': 1 } });
  });

  it('keeps credentials, and another host, where the rule says so', async () => {
    const [origin, target] = await pair();
    const gate = await mirroringGate(origin, target, ', credentials: keep, host: audit.internal');
    new RawClient(gate.port).send('GET / HTTP/1.1\r\nHost: a\r\nCookie: s=1\r\n\r\n');
    await until('the copy', () => target.requests.length === 1);
    expect(target.requests[0]).toContain('Cookie: s=1\r\n');
    expect(target.requests[0]!.match(/^host:.*$/gim)).toEqual(['Host: audit.internal']);
  });

  it.each([
    ['GET', true],
    ['HEAD', true],
    ['POST', false],
    ['OPTIONS', false],
  ] as const)('of %s is made without being asked for: %s', async (method, copied) => {
    const [origin, target] = await pair();
    const gate = await mirroringGate(origin, target);
    const client = new RawClient(gate.port);
    await client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`).sees('200 OK');
    await client.send('GET /last HTTP/1.1\r\nHost: a\r\n\r\n').sees('real');
    await until('the last copy', () => target.requests.some((r) => r.includes('/last')));
    expect(target.requests.some((r) => r.startsWith(`${method} / `))).toBe(copied);
  });

  it.each([
    ['length', (body: string) => [`Content-Length: ${body.length}`, body]],
    [
      'chunks',
      (body: string) => [
        'Transfer-Encoding: chunked',
        `${(3).toString(16)};x=y\r\n${body.slice(0, 3)}\r\n${(body.length - 3).toString(16)}\r\n${body.slice(3)}\r\n0\r\n\r\n`,
      ],
    ],
  ] as const)('has the body byte for byte, by %s, in many pieces', async (kind, framed) => {
    const [origin, target] = await pair();
    const gate = await mirroringGate(origin, target, ANY);
    const body = `\0\xff\r\n${'x0123456789'.repeat(4000)}end`;
    const [field, bytes] = framed(body);
    const client = new RawClient(gate.port);
    const message = `POST /p HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n${bytes}`;
    for (let at = 0; at < message.length; at += 7001) client.send(message.slice(at, at + 7001));
    await client.sees('real');
    await until('the copy', () => target.requests.length === 1);
    const copy = bodyOf(target.requests[0]!);
    expect(headOf(target.requests[0]!)).toContain(`${field}\r\n`);
    if (kind === 'length') expect(copy === body).toBe(true);
    else expect(copy === `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`).toBe(true);
    const whole = bodyOf(origin.requests[0]!);
    if (kind === 'length') expect(whole === body).toBe(true);
  });

  it('is dropped, and counted so, one byte over the cap; the request is not', async () => {
    const [origin, target] = await pair();
    const gate = await mirroringGate(origin, target, `${ANY}, limits: { bodyBytes: 20000 }`);
    for (const length of [20_000, 20_001]) {
      const head = `POST /${length} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
      const client = new RawClient(gate.port).send(head + 'x'.repeat(length));
      await client.sees('real');
    }
    const rule = await gate.settled();
    expect(target.requests.map((r) => r.split(' ')[1])).toEqual(['/20000']);
    expect(rule).toMatchObject({ drawn: 2, sent: 1 });
    expect(rule.dropped['too-large']).toBe(1);
    expect(origin.requests).toHaveLength(2);
  });

  it('is never sent by halves: a client that leaves in its body cuts it', async () => {
    const [origin, target] = await pair();
    const gate = await mirroringGate(origin, target, ANY);
    const client = new RawClient(gate.port).send(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\nhalf of it',
    );
    await until('it to be drawn', async () => (await gate.rule()).drawn === 1);
    client.socket.destroy();
    const rule = await gate.settled();
    expect(rule.dropped.cut).toBe(1);
    expect([rule.sent, target.streams.join('')]).toEqual([0, '']);
  });

  it('is not made of what becomes a tunnel', async () => {
    const [origin, target] = await pair();
    const gate = await mirroringGate(origin, target);
    const client = new RawClient(gate.port).send(
      'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await client.sees('real');
    expect(await gate.rule()).toMatchObject({ drawn: 0, sent: 0 });
  });

  it('is made so many times as the rule says', async () => {
    const [origin, target] = await pair();
    const gate = await mirroringGate(origin, target, ', copies: 3');
    await new RawClient(gate.port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').sees('real');
    await until('all copies', () => target.requests.length === 3);
    expect(await gate.settled()).toMatchObject({ drawn: 3, sent: 3, answered: { '2xx': 3 } });
  });
});

describe('copies that are too many', () => {
  it.each([
    ['in-flight', ', limits: { inFlight: 2 }', ''],
    ['rps', ', limits: { rps: 2 }', ''],
    ['buffer', `${ANY}, limits: { bodyBytes: 70000 }`, 'bufferBytes: 65536'],
  ])('are dropped by %s, and counted apart', async (cause, more, document) => {
    const [origin, target] = await pair();
    target.answer = () => undefined;
    const gate = await mirroringGate(origin, target, `${more}, timeoutMs: 60000`, { document });
    const length = cause === 'buffer' ? 30_000 : 0;
    const request = `${cause === 'buffer' ? 'POST' : 'GET'} / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`;
    for (let i = 0; i < 5; i++) await new RawClient(gate.port).send(request).sees('real');
    const rule = await gate.rule();
    expect(rule.drawn).toBe(5);
    expect(rule.sent + total(rule.dropped)).toBe(5);
    expect(rule.sent).toBe(2);
    expect(rule.dropped[cause]).toBe(3);
  });
});
