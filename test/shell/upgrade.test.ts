import { describe, expect, it } from 'vitest';
import { plainGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { bodyOf, bytes, headOf, Origin, RawClient, respond } from '../support/wire.ts';

const ASK =
  'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n';
const AGREE =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: y\r\n\r\n';

/** Agrees to switch, then sends everything back with a mark. */
async function echoOrigin(first = '') {
  const origin = await Origin.start((_, socket) => {
    socket.write(AGREE + first, 'latin1');
    socket.removeAllListeners('data');
    socket.on('data', (d: Buffer) => socket.write(`<${d.toString('latin1')}>`, 'latin1'));
    socket.on('end', () => socket.end());
  });
  return origin;
}

describe('an upgrade', () => {
  it('becomes a tunnel, and what was sent ahead on either side arrives first', async () => {
    const origin = await echoOrigin('hello');
    const { port, metrics } = await plainGateWithMetrics(origin);
    const client = new RawClient(port).send(`${ASK}early`);
    await client.sees('<early>');
    expect(headOf(origin.requests[0]!)).toMatch(/^Connection: Upgrade\r\nUpgrade: websocket\r$/m);
    const head = headOf(client.received);
    expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(head.match(/^(Connection|Upgrade): .*$/gm)).toEqual([
      'Connection: Upgrade',
      'Upgrade: websocket',
    ]);
    expect(bodyOf(client.received)).toBe('hello<early>');
    client.send('GET / HTTP/1.1\r\n\r\n');
    await client.sees('<GET / HTTP/1.1\r\n\r\n>');
    expect(await metrics()).toMatch(/zonegate_tunnels 1/);
    client.socket.end();
    await client.closed();
    expect(client.ended).toBe('fin');
    await until('the tunnel to be counted', async () =>
      /zonegate_requests_total\{[^}]*status="1xx"[^}]*\} 1/.test(await metrics()),
    );
  });

  it('carries large data both ways with back-pressure', async () => {
    const origin = await echoOrigin();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(ASK);
    await client.sees('\r\n\r\n');
    const big = 'w'.repeat(3_000_000);
    client.send(big);
    await until(
      'all of it back',
      () => bodyOf(client.received).replaceAll(/[<>]/g, '').length === big.length,
    );
  });

  it('is over for both when one side breaks', async () => {
    const origin = await echoOrigin();
    const { port } = await plainGate([origin]);
    const gone = new RawClient(port).send(`${ASK}x`);
    await gone.sees('<x>');
    gone.socket.resetAndDestroy();
    await until('the upstream side to end', () => origin.sockets.size === 0);
    const left = new RawClient(port).send(`${ASK}x`);
    await left.sees('<x>');
    for (const socket of origin.sockets) socket.resetAndDestroy();
    await left.closed();
  });

  it('loses nothing of what was sent ahead, however much', async () => {
    const origin = await Origin.start();
    origin.answer = (_, socket) => {
      let got = 0;
      socket.removeAllListeners('data');
      socket.on('data', (d: Buffer) => {
        got += d.length;
        if (got >= early.length) socket.write(`all ${got}`);
      });
      // The client's bytes pile up at the gate until the upstream agrees.
      setTimeout(() => socket.write(AGREE, 'latin1'), 200);
    };
    const early = 'e'.repeat(2_000_000);
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(ASK + early);
    await client.sees(`all ${early.length}`);
  });

  it('ends with a reset for the client when the upstream resets', async () => {
    const origin = await echoOrigin();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(`${ASK}x`);
    await client.sees('<x>');
    for (const socket of origin.sockets) socket.resetAndDestroy();
    await client.closed();
    expect(client.ended).toBe('reset');
  });

  it('is over once both sides have ended, even if one never reads', async () => {
    const origin = await Origin.start((_, socket) => {
      socket.write(AGREE, 'latin1');
      socket.end('d'.repeat(20_000_000));
    });
    const gate = await plainGate([origin], 'timeouts: { tunnelIdleMs: 300 }');
    const client = new RawClient(gate.port).send(ASK);
    client.socket.pause();
    client.socket.end();
    await until('the tunnel to be gone', async () =>
      /zonegate_client_connections 0\b/.test(await gate.metrics()),
    );
  });

  it('ends when nothing moves for too long', async () => {
    const origin = await echoOrigin();
    const { port } = await plainGate([origin], 'timeouts: { tunnelIdleMs: 300 }');
    await new RawClient(port).send(ASK).closed();
  });

  it('that the upstream declines is an ordinary request', async () => {
    const origin = await Origin.start(respond('no'));
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(ASK);
    await client.sees('\r\n\r\nno');
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('a second answer', () => client.received.split('\r\n\r\nno').length === 3);
  });

  it.each([
    ['to a protocol that is not declared', ASK.replaceAll('websocket', 'h2c')],
    [
      'with a body',
      ASK.replace('GET', 'POST').replace('\r\n\r\n', '\r\nContent-Length: 2\r\n\r\nhi'),
    ],
    ['from HTTP/1.0', ASK.replace('HTTP/1.1', 'HTTP/1.0')],
    ['that Connection does not name', ASK.replace('keep-alive, Upgrade', 'keep-alive')],
  ])('%s is not passed on', async (_, request) => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    await new RawClient(port).send(request).sees('ok');
    expect(origin.requests[0]).not.toMatch(/^Upgrade:/im);
  });

  it('to something else than was asked for is a bad answer', async () => {
    const origin = await Origin.start(bytes(AGREE.replace('Upgrade: websocket', 'Upgrade: h2c')));
    const { port } = await plainGate([origin]);
    await new RawClient(port).send(ASK).sees(/^HTTP\/1\.1 502 /);
  });
});

describe('trailers', () => {
  const CHUNKED =
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n';

  it('of a request go on, but not those that would change it', async () => {
    const origin = await Origin.start();
    origin.answer = () => undefined;
    const { port } = await plainGate([origin]);
    new RawClient(port).send(
      `${CHUNKED}X-Checksum: 9\r\nContent-Length: 3\r\nX-Ldc-Zone: z\r\nAuthorization: me\r\nHost: b\r\n\r\n`,
    );
    await until(
      'the end upstream',
      () => origin.streams[0]?.endsWith('\r\n\r\n') === true && origin.streams[0].includes('hello'),
    );
    expect(bodyOf(origin.streams[0]!)).toBe('5\r\nhello\r\n0\r\nx-checksum: 9\r\n\r\n');
  });

  it('are no way around what is taken out of the head', async () => {
    const origin = await Origin.start();
    origin.answer = () => undefined;
    const { port } = await plainGate([origin]);
    new RawClient(port).send(
      `${CHUNKED.replace('Host: a', 'Host: a\r\nConnection: X-Hop')}X-Hop: 1\r\nX-Forwarded-Server: s\r\nProxy: p\r\nX-Fine: f\r\n\r\n`,
    );
    await until(
      'the end upstream',
      () => origin.streams[0]?.includes('x-fine: f\r\n\r\n') === true,
    );
    expect(bodyOf(origin.streams[0]!)).toBe('5\r\nhello\r\n0\r\nx-fine: f\r\n\r\n');
  });

  it('of an answer go to a client that says it reads them', async () => {
    const origin = await Origin.start(
      bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n'),
    );
    const { port } = await plainGate([origin]);
    const reader = new RawClient(port).send(
      'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE, close\r\n\r\n',
    );
    expect(bodyOf(await reader.closed())).toBe('2\r\nok\r\n0\r\nx-t: 1\r\n\r\n');
    expect(origin.requests[0]).toMatch(/^TE: trailers\r\nConnection: TE\r$/m);
    const other = new RawClient(port).send(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    const unlisted = new RawClient(port).send(
      'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close\r\n\r\n',
    );
    expect(bodyOf(await unlisted.closed())).toBe('2\r\nok\r\n0\r\n\r\n');
    expect(bodyOf(await other.closed())).toBe('2\r\nok\r\n0\r\n\r\n');
  });
});

describe('Max-Forwards', () => {
  const ask = (n: string, method = 'OPTIONS'): string =>
    `${method} / HTTP/1.1\r\nHost: a\r\nMax-Forwards: ${n}\r\n\r\n`;

  it('0 on OPTIONS: the gate answers itself; more: one less goes on', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(ask('0'));
    await client.sees(/^HTTP\/1\.1 200 OK\r\nDate: .*\r\nAllow: GET, /);
    expect(origin.requests).toEqual([]);
    client.send(ask('7'));
    await client.sees('\r\n\r\nok');
    expect(origin.requests[0]!.match(/^Max-Forwards: .*$/gm)).toEqual(['Max-Forwards: 6']);
    client.send(ask('0', 'GET'));
    await until('the GET upstream', () => origin.requests.length === 2);
    expect(origin.requests[1]).toContain('Max-Forwards: 0');
  });
});

async function plainGateWithMetrics(origin: Origin) {
  const gate = await plainGate([origin]);
  return { port: gate.port, metrics: () => gate.metrics() };
}
