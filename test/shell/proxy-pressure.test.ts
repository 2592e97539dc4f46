import { describe, expect, it } from 'vitest';
import { plainGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { bodyOf, bytes, Origin, RawClient, respond } from '../support/wire.ts';

const GET = 'GET /a?b=1 HTTP/1.1\r\nHost: a.test\r\n\r\n';

describe('under pressure, and at the edges of a message', () => {
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
    const { port } = await plainGate([origin], {
      upstreams: 'default: { endpoint: { connections: 1 } }',
    });
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

  it('nor are those lost that the gate answers itself', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const own = 'OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n';
    const client = new RawClient(port).send(GET + own + own + GET + own);
    client.socket.end();
    expect((await client.closed()).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(5);
  });

  it('an early answer runs out although the client gives up its upload', async () => {
    const origin = await Origin.start();
    origin.server.removeAllListeners('connection');
    origin.server.on('connection', (s) =>
      s.once('data', () => {
        s.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 10\r\n\r\nfirst');
        setTimeout(() => s.write('-half'), 200);
      }),
    );
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\npart',
    );
    await client.sees('first');
    client.socket.end();
    expect(bodyOf(await client.closed())).toBe('first-half');
  });

  it('a refusal has its body, whatever another connection has just asked', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], 'timeouts: { headMs: 200 }');
    const late = new RawClient(port).send('GET / HTTP/1.1\r\nHost: a\r\n');
    await new RawClient(port).send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n').sees('200 OK');
    expect(bodyOf(await late.closed())).toContain('head-timeout');
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
