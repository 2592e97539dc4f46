import { describe, expect, it } from 'vitest';
import { plainGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { bodyOf, bytes, Origin, RawClient, respond } from '../support/wire.ts';

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
    expect(await gate.metrics()).toMatch(/zonegate_client_connections_refused_total 1/);
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
    const { port } = await plainGate(
      [origin],
      'limits: { upstreamConnections: 1 }\ntimeouts: { halfClosedMs: 0 }',
    );
    new RawClient(port).send(GET);
    await until('the first request upstream', () => origin.requests.length === 1);
    const client = new RawClient(port).send(GET);
    await client.sees(/^HTTP\/1\.1 503 /);
    expect(client.received).toContain('upstream-saturated');
    expect(client.received).toMatch(/^Retry-After: 1\r$/m);
  });
});

describe('what reviewers have found', () => {
  const big = 'x'.repeat(3_000_000);

  it('an answer is not cut by the time to linger, and a stuck reader gets a reset, not an end', async () => {
    const origin = await Origin.start((_, socket) =>
      socket.end(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`,
      ),
    );
    const { port } = await plainGate([origin], 'timeouts: { lingerMs: 100, idleMs: 1500 }');
    const slow = new RawClient(port).send('GET / HTTP/1.0\r\n\r\n');
    slow.socket.pause();
    await until('the answer to be sent', () => origin.sockets.size === 0);
    const since = performance.now();
    await until('longer than the time to linger', () => performance.now() - since > 700);
    slow.socket.resume();
    expect(bodyOf(await slow.closed())).toHaveLength(big.length);
    expect(slow.ended).toBe('fin');
    // More than the kernel's buffers of both ends hold.
    const flood = 'x'.repeat(40_000_000);
    origin.answer = (_, socket) => void socket.end(`HTTP/1.1 200 OK\r\n\r\n${flood}`);
    const stuck = new RawClient(port).send('GET / HTTP/1.0\r\n\r\n');
    stuck.socket.pause();
    const asked = performance.now();
    await until('longer than twice the idle time', () => performance.now() - asked > 4500);
    stuck.socket.resume();
    await stuck.closed();
    expect(stuck.ended).toBe('reset');
  });

  it('a reset by the upstream is no end of a body that only the connection measures', async () => {
    const origin = await Origin.start((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nhalf of it');
      setTimeout(() => socket.resetAndDestroy(), 50);
    });
    const { port } = await plainGate([origin]);
    const modern = new RawClient(port).send(GET);
    expect(await modern.closed()).not.toContain('0\r\n\r\n');
    const old = new RawClient(port).send('GET / HTTP/1.0\r\n\r\n');
    await old.closed();
    expect(old.ended).toBe('reset');
  });

  it('a client that asks and asks without reading is held back', async () => {
    const origin = await Origin.start(respond('y'.repeat(20_000)));
    const { port } = await plainGate([origin]);
    const greedy = new RawClient(port);
    greedy.socket.pause();
    greedy.send(GET.repeat(5000));
    await until('the gate to stop asking', () => {
      const before = origin.requests.length;
      return new Promise<boolean>((resolve) =>
        setTimeout(() => resolve(before > 0 && before === origin.requests.length), 300),
      );
    });
    expect(origin.requests.length).toBeLessThan(1000);
    greedy.socket.resume();
    await until('every answer', () => origin.requests.length === 5000);
  });

  it('nor does one that gets only answers of the gate itself', async () => {
    const origin = await Origin.start();
    const { port, metrics } = await gateWithMetrics(origin);
    const greedy = new RawClient(port);
    greedy.socket.pause();
    const asked = 60_000;
    greedy.send('GET / HTTP/1.1\r\nHost: a\r\nCDN-Loop: zonegate-i1\r\n\r\n'.repeat(asked));
    const answered = async (): Promise<number> =>
      Number(
        /zonegate_gate_answers_total\{code="loop-detected"\} (\d+)/.exec(await metrics())?.[1] ?? 0,
      );
    let before = -1;
    await until('the gate to stop answering', async () => {
      const now = await answered();
      const still = now > 0 && now === before;
      before = now;
      return still;
    });
    expect(before).toBeLessThan(asked);
    greedy.socket.resume();
    await until('every answer', async () => (await answered()) === asked, 20_000);
  });

  it('a chunked body that comes with its head is measured too', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], 'limits: { bodyBytes: 100 }');
    const client = new RawClient(port).send(
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nc8\r\n${'x'.repeat(200)}\r\n0\r\n\r\n`,
    );
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 413 /);
    expect(origin.requests).toEqual([]);
  });

  it('a 204 that promises a body spoils its connection', async () => {
    const origin = await Origin.start(
      bytes('HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n'),
    );
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(GET);
    await client.sees('204 No Content');
    client.send(GET);
    await until('a second connection', () => origin.connections === 2);
  });

  it('a connection that has ended leaves its place at once', async () => {
    const origin = await Origin.start(
      bytes('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'),
    );
    const { port } = await plainGate([origin], 'limits: { upstreamConnections: 1 }');
    const client = new RawClient(port).send(GET + GET + GET);
    await until('three answers', () => client.received.split('\r\n\r\nok').length === 4);
    expect(client.received).not.toContain('503');
  });

  it('a half-closed client gets all its pipelined answers', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(GET + GET);
    client.socket.end();
    expect((await client.closed()).split('\r\n\r\nok')).toHaveLength(3);
  });

  it('a host that is only a dot is none', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    expect(await new RawClient(port).send('GET / HTTP/1.1\r\nHost: .\r\n\r\n').closed()).toMatch(
      /^HTTP\/1\.1 400 /,
    );
  });

  it('a loop is seen through other entries and lines of CDN-Loop', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(
      'GET / HTTP/1.1\r\nHost: a\r\nCDN-Loop: foo\r\nConnection: cdn-loop\r\nCDN-Loop: bar, zonegate-i1\r\n\r\n',
    );
    await client.sees(/^HTTP\/1\.1 508 /);
  });

  it('a lone line end after a request is nobody’s head', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], 'timeouts: { headMs: 100, keepAliveMs: 400 }');
    const client = new RawClient(port).send(`${GET}\r\n`);
    expect((await client.closed()).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  });
});

async function gateWithMetrics(origin: Origin) {
  const gate = await plainGate([origin]);
  return { port: gate.port, metrics: () => gate.metrics() };
}
