import { describe, expect, it } from 'vitest';
import { plainGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { bodyOf, bytes, headOf, Origin, RawClient, respond } from '../support/wire.ts';

const GET = 'GET /a?b=1 HTTP/1.1\r\nHost: a.test\r\n\r\n';

describe.each([
  { io: 'shared buffer', env: {} },
  { io: 'data events', env: { ZONEGATE_ONREAD: 'off' } },
])('a request passes through ($io)', ({ env }) => {
  it('keeps the target, adds Via, X-Forwarded-*, ids, and drops hop-by-hop fields', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], '', env);
    const client = new RawClient(port);
    client.send(
      'GET //a/%2e%2e/b?x=%zz HTTP/1.1\r\nHost: A.test:80\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nProxy-Authorization: x\r\nUpgrade: websocket\r\nX-Kept: yes\r\n\r\n',
    );
    await client.sees('\r\n\r\nok');
    const head = headOf(origin.requests[0]!);
    expect(head).toMatch(/^GET \/\/a\/%2e%2e\/b\?x=%zz HTTP\/1\.1\r\nHost: A\.test:80\r\n/);
    expect(head).toContain('X-Kept: yes\r\n');
    expect(head).not.toMatch(/^(connection|x-hop|keep-alive|te|proxy-authorization|upgrade):/im);
    expect(head).toMatch(/^X-Forwarded-For: 127\.0\.0\.1\r$/m);
    expect(head).toMatch(/^X-Forwarded-Proto: http\r$/m);
    expect(head).toMatch(/^X-Forwarded-Host: A\.test:80\r$/m);
    expect(head).toMatch(/^Via: 1\.1 zonegate-i1\r$/m);
    expect(head).toMatch(/^CDN-Loop: zonegate-i1\r$/m);
    expect(head).toMatch(/^X-Request-Id: [0-9a-f]{32}\r$/m);
    expect(head).toMatch(/^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00\r$/m);
    expect(head).toMatch(/^X-Ldc-Zone: GZ01\r$/m);
    expect(client.received).toMatch(/^Via: 1\.1 zonegate-i1\r$/m);
  });

  it('streams a large body both ways, byte for byte', async () => {
    const big = 'z0n3'.repeat(300_000);
    const origin = await Origin.start(respond(big));
    const { port } = await plainGate([origin], '', env);
    const client = new RawClient(port);
    client
      .send(`POST /up HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${big.length}\r\n\r\n`)
      .send(big);
    await until('the whole answer', () => bodyOf(client.received).length >= big.length);
    expect(bodyOf(client.received)).toBe(big);
    expect(bodyOf(origin.requests[0]!)).toBe(big);
  });

  it('answers pipelined requests in order, and a bad later one spoils nothing before it', async () => {
    const origin = await Origin.start((request, socket) =>
      respond(request.slice(4, 6))(request, socket, 0),
    );
    const { port } = await plainGate([origin], '', env);
    const client = new RawClient(port);
    client.send(
      'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3\nHTTP/1.1\r\n\r\n',
    );
    const all = await client.closed();
    expect(all.match(/HTTP\/1\.1 (\d+)/g)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 400',
    ]);
    expect(all.indexOf('/1')).toBeLessThan(all.indexOf('/2'));
  });
});

describe('framing', () => {
  it('re-frames a chunked request and drops its extensions', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhel');
    await until('the head upstream', () => origin.streams[0]?.includes('\r\n\r\n'));
    client.send('lo\r\n3\r\n wo\r\n0\r\nX-T: 1\r\n\r\n');
    await client.sees('\r\n\r\nok');
    expect(bodyOf(origin.requests[0]!)).toMatch(/^3\r\nhel\r\n5\r\nlo wo\r\n0\r\nx-t: 1\r\n\r\n$/);
  });

  it('turns an answer that ends with its connection into chunks, and keeps the client', async () => {
    const origin = await Origin.start((_, socket) =>
      socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'),
    );
    const { port } = await plainGate([origin]);
    const client = new RawClient(port);
    client.send(GET);
    await client.sees('0\r\n\r\n');
    expect(client.received).toMatch(
      /Transfer-Encoding: chunked\r\n\r\n9\r\nall of it\r\n0\r\n\r\n$/,
    );
    client.send(GET);
    await until('a second answer', () => client.received.split('all of it').length === 3);
  });

  it('gives an HTTP/1.0 client the plain bytes and a close', async () => {
    const origin = await Origin.start(
      bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
    );
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send('GET / HTTP/1.0\r\n\r\n');
    const all = await client.closed();
    expect(all).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(all).not.toMatch(/transfer-encoding/i);
    expect(bodyOf(all)).toBe('hello');
    expect(headOf(origin.requests[0]!)).toMatch(
      /^GET \/ HTTP\/1\.1\r\nHost: any\r\n|Host: any\r\n/m,
    );
  });

  it('passes interim answers on, and never an unasked 101', async () => {
    const origin = await Origin.start(
      bytes(
        'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ),
    );
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(GET);
    await client.sees('\r\n\r\nok');
    expect(client.received).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/x>\r\n\r\nHTTP\/1\.1 200 OK/,
    );
    origin.answer = bytes('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    const second = new RawClient(port).send(GET);
    await second.sees(/^HTTP\/1\.1 502/);
  });

  it('sends no body for HEAD, 204 and 304, whatever the fields claim', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    for (const [method, status] of [
      ['HEAD', '200 OK'],
      ['GET', '204 No Content'],
      ['GET', '304 Not Modified'],
    ]) {
      origin.answer = bytes(`HTTP/1.1 ${status}\r\nContent-Length: 5\r\n\r\n`);
      const client = new RawClient(port).send(
        `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      );
      const all = await client.closed();
      expect(bodyOf(all)).toBe('');
      expect(/content-length/i.test(all)).toBe(!status!.startsWith('204'));
    }
  });
});

describe('connections', () => {
  it('uses one upstream connection for many requests', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port);
    for (let i = 1; i <= 5; i++) {
      client.send(GET);
      await until(`answer ${i}`, () => client.received.split('\r\n\r\nok').length === i + 1);
    }
    expect(origin.connections).toBe(1);
  });

  it('repeats a GET once when a pooled connection proves stale, and never a POST', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(GET);
    await client.sees('ok');
    origin.answer = (request, socket, nth) => {
      if (nth === 2) socket.destroy();
      else respond('again')(request, socket, nth);
    };
    client.send(GET);
    await client.sees('again');
    origin.answer = (_, socket) => void socket.destroy();
    client.send('POST /once HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi');
    await client.sees(/HTTP\/1\.1 502/);
    expect(origin.requests.filter((r) => r.startsWith('POST'))).toHaveLength(1);
  });

  it('tries another endpoint when one refuses the connection, POST too', async () => {
    const gone = await Origin.start();
    const { port: deadPort } = gone;
    gone.stop();
    const origin = await Origin.start();
    const { port } = await plainGate([deadPort, origin.port]);
    for (let i = 0; i < 4; i++) {
      const client = new RawClient(port).send(
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi',
      );
      await client.sees('\r\n\r\nok');
    }
    expect(origin.requests).toHaveLength(4);
  });

  it('answers a client that has closed its sending side', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(GET);
    client.socket.end();
    const all = await client.closed();
    expect(bodyOf(all)).toBe('ok');
  });

  it('cancels the upstream when the client goes away in the middle of an answer', async () => {
    const origin = await Origin.start((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
      const more = setInterval(() => socket.write('x'.repeat(65_536)), 5);
      socket.on('close', () => clearInterval(more));
    });
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(GET);
    await client.sees('xxxx');
    client.socket.destroy();
    await until('the upstream connection to end', () => origin.sockets.size === 0);
  });

  it('cancels the upstream when the client goes away in the middle of its body', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf',
    );
    await until('the head upstream', () => origin.sockets.size === 1);
    client.socket.destroy();
    await until('the upstream connection to end', () => origin.sockets.size === 0);
    expect(origin.requests).toEqual([]);
  });

  it('lets a client see that an answer was cut short', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    for (const [version, head] of [
      ['1.1', 'Content-Length: 10\r\n'],
      ['1.1', 'Transfer-Encoding: chunked\r\n'],
      ['1.0', 'Transfer-Encoding: chunked\r\n'],
    ]) {
      origin.answer = (_, socket) => socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n4\r\nhalf\r\n`);
      const client = new RawClient(port).send(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
      await client.closed();
      expect(client.received).not.toContain('0\r\n\r\n');
      // Only a reset tells an HTTP/1.0 client that a body without length is not whole.
      if (version === '1.0') expect(client.ended).toBe('reset');
    }
  });

  it('finishes an early answer and closes, when the request body is still on its way', async () => {
    const origin = await Origin.start();
    origin.server.removeAllListeners('connection');
    origin.server.on('connection', (s) =>
      s.once('data', () => s.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')),
    );
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\npart',
    );
    const all = await client.closed();
    expect(all).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(all).toMatch(/Connection: close\r\n/);
  });

  it('does not use a connection again on which the upstream said too much', async () => {
    const origin = await Origin.start(bytes('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokEXTRA'));
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(GET);
    await client.sees('ok');
    client.send(GET);
    await until('a second connection', () => origin.connections === 2);
    expect(client.received).not.toContain('EXTRA');
  });
});
