import { describe, expect, it } from 'vitest';
import { plainGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { bodyOf, bytes, Origin, RawClient } from '../support/wire.ts';

const GET = 'GET /a?b=1 HTTP/1.1\r\nHost: a.test\r\n\r\n';

describe('deadlines', () => {
  const quick =
    'timeouts: { headMs: 300, firstByteMs: 300, idleMs: 300, connectMs: 200, keepAliveMs: 300, lingerMs: 200 }';

  it('408 for a head that does not end', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], quick);
    const client = new RawClient(port).send('GET / HTTP/1.1\r\nHost: a\r\n');
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('504 for an upstream that does not begin to answer, and its connection is not kept', async () => {
    const origin = await Origin.start(() => undefined);
    const { port } = await plainGate([origin], quick);
    const client = new RawClient(port).send(GET);
    await client.sees(/^HTTP\/1\.1 504 /);
    expect(client.received).toMatch(
      /Proxy-Status: zonegate-i1; error=http_response_timeout; details="upstream-timeout"/,
    );
    await until('the upstream connection to end', () => origin.sockets.size === 0);
  });

  it('408 for a request body that stands still', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], quick);
    const client = new RawClient(port).send(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx',
    );
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 /);
    expect(origin.requests).toEqual([]);
  });

  it('a visible break for an answer that stands still', async () => {
    const origin = await Origin.start(bytes('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'));
    const { port } = await plainGate([origin], quick);
    const client = new RawClient(port).send(GET);
    expect(bodyOf(await client.closed())).toBe('x');
  });

  it('closes a connection without requests', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], quick);
    expect(await new RawClient(port).closed()).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  it('502 at once when nobody listens', async () => {
    const gone = await Origin.start();
    const { port: deadPort } = gone;
    gone.stop();
    const { port } = await plainGate([deadPort]);
    const client = new RawClient(port).send(GET);
    await client.sees(/^HTTP\/1\.1 502 /);
    expect(client.received).toContain('error=connection_refused');
    expect(JSON.parse(bodyOf(client.received))).toMatchObject({
      type: 'urn:zonegate:problem:upstream-refused',
      status: 502,
    });
  });
});

describe('limits', () => {
  it('413 for a body that says it is too long, and for one that turns out to be', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], 'limits: { bodyBytes: 100 }');
    const declared = new RawClient(port).send(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n',
    );
    expect(await declared.closed()).toMatch(/^HTTP\/1\.1 413 /);
    const chunked = new RawClient(port).send(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n' +
        'x'.repeat(64) +
        '\r\n',
    );
    await until('the first part upstream', () => origin.streams.length > 0);
    chunked.send(`40\r\n${'x'.repeat(64)}\r\n0\r\n\r\n`);
    expect(await chunked.closed()).toMatch(/^HTTP\/1\.1 413 /);
    expect(origin.requests).toEqual([]);
  });

  it('431 for too many fields, and every field counts', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], 'limits: { fields: 10 }');
    const fields = (n: number): string =>
      Array.from({ length: n }, (_, i) => `X-${i}: 1\r\n`).join('');
    const over = new RawClient(port).send(`GET / HTTP/1.1\r\nHost: a\r\n${fields(10)}\r\n`);
    expect(await over.closed()).toMatch(/^HTTP\/1\.1 431 /);
    const within = new RawClient(port).send(`GET / HTTP/1.1\r\nHost: a\r\n${fields(9)}\r\n`);
    await within.sees('ok');
    expect(origin.requests[0]).toContain('X-8: 1');
  });

  it('closes connections beyond limits.connections, and counts them', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], 'limits: { connections: 2 }');
    const { port } = gate;
    const first = new RawClient(port).send(GET);
    const second = new RawClient(port).send(GET);
    await first.sees('ok');
    await second.sees('ok');
    await new RawClient(port).closed();
    expect(await gate.metrics()).toMatch(
      /zonegate_client_connections_refused_total\{limit="total"\} 1/,
    );
  });

  it('counts connections by address, but not those of listed proxies', async () => {
    const origin = await Origin.start();
    const strict = await plainGate([origin], 'limits: { connectionsPerClient: 1 }');
    const first = new RawClient(strict.port).send(GET);
    await first.sees('ok');
    await new RawClient(strict.port).closed();
    first.socket.destroy();
    await until('the place to be free again', async () => {
      const again = new RawClient(strict.port).send(GET);
      await until(
        'an answer or an end',
        () => again.ended !== null || again.received.includes('ok'),
      );
      return again.received.includes('ok');
    });
    const trusting = await plainGate(
      [origin],
      'limits: { connectionsPerClient: 1 }\ntrust: { proxies: ["127.0.0.1"] }',
    );
    for (let i = 0; i < 3; i++) await new RawClient(trusting.port).send(GET).sees('ok');
  });

  it('tells a client to close after so many requests', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], 'limits: { requestsPerConnection: 3 }');
    const all = await new RawClient(port).send(GET.repeat(5)).closed();
    expect(all.split('\r\n\r\nok')).toHaveLength(4);
    expect(all.match(/Connection: close/g)).toHaveLength(1);
  });

  it('503 when the endpoint has all the connections it may have', async () => {
    const origin = await Origin.start(() => undefined);
    const { port } = await plainGate([origin], {
      gate: 'timeouts: { halfClosedMs: 0 }',
      upstreams: 'default: { endpoint: { connections: 1 } }',
    });
    new RawClient(port).send(GET);
    await until('the first request upstream', () => origin.requests.length === 1);
    const client = new RawClient(port).send(GET);
    await client.sees(/^HTTP\/1\.1 503 /);
    expect(client.received).toContain('upstream-saturated');
    expect(client.received).toMatch(/^Retry-After: 1\r$/m);
  });
});
