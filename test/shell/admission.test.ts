/** Connections that are not taken, and bodies and readers that are too slow. */
import { describe, expect, it } from 'vitest';
import { plainGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { bytes, Origin, RawClient } from '../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';

describe('new connections', () => {
  it('beyond a listener’s own number are closed', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { listener: ', connections: 1' });
    const first = new RawClient(gate.port).send(GET);
    await first.sees('ok');
    await new RawClient(gate.port).closed();
    expect(await gate.metrics()).toContain('refused_total{limit="listener"} 1');
    first.socket.destroy();
    await until('the place to be free', async () => {
      const next = new RawClient(gate.port).send(GET);
      await until('an answer or an end', () => next.received !== '' || next.ended !== null);
      return next.received.includes('ok');
    });
  });

  it('faster than limits.acceptsPerS are closed', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], 'limits: { acceptsPerS: 3 }');
    const clients = Array.from({ length: 12 }, () => new RawClient(gate.port).send(GET));
    await until('all to be answered or closed', () =>
      clients.every((c) => c.received !== '' || c.ended !== null),
    );
    const served = clients.filter((c) => c.received.includes('ok')).length;
    expect(served).toBeGreaterThanOrEqual(3);
    // A new second may begin while they come.
    expect(served).toBeLessThanOrEqual(6);
    expect(await gate.metrics()).toMatch(/refused_total\{limit="rate"\} [1-9]/);
  });
});

describe('a slow body', () => {
  const head = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\n';

  it('that trickles is cut with 408, though it never stands still', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], 'limits: { bodyMinBytesPerS: 1000 }');
    const client = new RawClient(port).send(head);
    const trickle = setInterval(() => client.send('xx'), 100);
    await client.sees('body-too-slow', 12_000);
    clearInterval(trickle);
    expect(client.received).toMatch(/^HTTP\/1\.1 408 /);
    expect(origin.requests.length).toBe(0);
  }, 20_000);

  it('that is fast enough is not, and an upstream that is slow is no fault of the client', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], 'limits: { bodyMinBytesPerS: 1000 }');
    origin.server.on('connection', (socket) => {
      socket.pause();
      setTimeout(() => socket.resume(), 7000);
    });
    const large = 8_000_000;
    const client = new RawClient(port);
    client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${large}\r\n\r\n`);
    client.send('x'.repeat(large));
    await client.sees('ok', 20_000);
  }, 30_000);
});

describe('a slow reader', () => {
  it('that takes next to nothing is cut by a reset, and its upstream connection with it', async () => {
    const origin = await Origin.start(
      bytes(`HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n${'x'.repeat(60_000_000)}`),
    );
    const gate = await plainGate(
      [origin],
      'limits: { readMinBytesPerS: 1000000 }\ntimeouts: { idleMs: 1000 }',
    );
    const client = new RawClient(gate.port).send(GET);
    await client.sees('200 OK');
    client.socket.pause();
    await until('the gate to give up', async () =>
      (await gate.metrics()).includes('zonegate_client_connections 0'),
    );
    expect(await gate.metrics()).toContain('zonegate_requests_ended_total{by="client"} 1');
    await until('the upstream to be free', () => origin.sockets.size === 0);
  });
});
