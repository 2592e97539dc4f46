/** Rules of the wire that a single exchange of bytes can't show: limits to the byte, connections, deadlines. */
import { spawn } from 'node:child_process';
import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unsentBytes } from '../../src/shell/http1/socket-io.ts';
import { plainGate } from '../support/gate.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/until.ts';
import { bytes, Origin, RawClient } from '../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('limits, to the byte', () => {
  const filled = (size: number): string => {
    const head = 'GET / HTTP/1.1\r\nHost: a\r\nX: ';
    return `${head}${'x'.repeat(size - head.length - 4)}\r\n\r\n`;
  };
  const target = (size: number): string =>
    `GET /${'t'.repeat(size - 1)} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const fields = (count: number): string =>
    `GET / HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(count - 1)}\r\n`;

  it.each([
    ['a head of 32768 bytes', filled(32_768), 200],
    ['a head of 32769 bytes', filled(32_769), 431],
    ['a target of 8192 bytes', target(8192), 200],
    ['a target of 8193 bytes', target(8193), 414],
    ['100 fields', fields(100), 200],
    ['101 fields', fields(101), 431],
  ])('%s', async (_, request, status) => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(request);
    await client.sees(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(origin.requests).toHaveLength(status === 200 ? 1 : 0);
    if (status !== 200) await client.closed();
  });
});

describe('upstream connections', () => {
  /** Longer than any wait of a test, so that only the rule can end them. */
  const keeps = 'timeouts: { upstreamIdleMs: 60000 }';

  it('one that gave a bad answer is ended', async () => {
    const origin = await Origin.start(bytes('HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'));
    const { port } = await plainGate([origin], keeps);
    await new RawClient(port).send(GET).sees(/^HTTP\/1\.1 502 /);
    await until('the upstream connection to end', () => origin.sockets.size === 0);
  });

  it('one that answered before it had the whole request is ended', async () => {
    const origin = await Origin.start();
    origin.server.removeAllListeners('connection');
    let ended = 0;
    origin.server.on('connection', (s) => {
      s.once('data', () => s.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
      s.on('close', () => ended++);
      s.on('error', () => undefined);
    });
    const { port } = await plainGate([origin], keeps);
    const client = new RawClient(port).send(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf',
    );
    await client.closed();
    await until('the upstream connection to end', () => ended === 1);
  });

  it('an idle one is ended after upstreamIdleMs', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], 'timeouts: { upstreamIdleMs: 300 }');
    await new RawClient(port).send(GET).sees('ok');
    expect(origin.sockets.size).toBe(1);
    await until('the upstream connection to end', () => origin.sockets.size === 0);
  });
});

describe('deadlines of the upstream', () => {
  it('504 when it does not accept the connection in time', async () => {
    const port = await freePort();
    await fullListener(port);
    const gate = await plainGate([port], 'timeouts: { connectMs: 200 }');
    const client = new RawClient(gate.port).send(GET);
    await client.sees(/^HTTP\/1\.1 504 /);
    expect(client.received).toContain('error=connection_timeout');
  });

  it('504 when it does not take the request body', async () => {
    const origin = await Origin.start();
    origin.server.removeAllListeners('connection');
    origin.server.on('connection', (s) => s.on('error', () => undefined).pause());
    const { port } = await plainGate([origin], 'timeouts: { idleMs: 400, lingerMs: 200 }');
    const client = new RawClient(port).send(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n',
    );
    client.socket.write(Buffer.alloc(40_000_000));
    await client.sees(/^HTTP\/1\.1 504 /);
    expect(client.received).toContain('error=connection_write_timeout');
  });
});

describe('the client’s connection', () => {
  it('is ended when it stays idle after an answer', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], 'timeouts: { keepAliveMs: 300, headMs: 60000 }');
    const client = new RawClient(port).send(GET);
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/);
    expect(client.ended).toBe('fin');
  });

  it('is not read on while the answer before is awaited', async () => {
    const origin = await Origin.start(() => undefined);
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(GET);
    await until('the first request upstream', () => origin.requests.length === 1);
    const more = Buffer.from(GET.repeat(2_000_000), 'latin1');
    client.socket.write(more);
    let before = -1;
    let still = 0;
    await until('the gate to stop reading', () => {
      const now = unsentBytes(client.socket);
      still = now === before ? still + 1 : 0;
      before = now;
      return now < more.length && still > 30;
    });
    // What the gate and the kernel hold is far less than what was offered.
    expect(before).toBeGreaterThan(more.length / 2);
    expect(origin.requests).toHaveLength(1);
    client.socket.destroy();
    origin.stop();
  });

  it('hears no 100 for a request that the gate answers itself', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(
      'PUT / HTTP/1.1\r\nHost: a\r\nCDN-Loop: zonegate-i1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    );
    expect((await client.closed()).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 508']);
    expect(origin.requests).toEqual([]);
  });
});

/** A process that listens, accepts nothing, and has its queue of connections full. */
async function fullListener(port: number): Promise<void> {
  const listen = `require('node:net').createServer().listen({ host: '127.0.0.1', port: ${port}, backlog: 1 }, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', listen]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (d: Buffer) => (out += d.toString()));
  await until('the listener', () => out.includes('up'));
  child.kill('SIGSTOP');
  let queued = 0;
  for (let i = 0; i < 8; i++) {
    const socket = net.connect(port, '127.0.0.1', () => queued++);
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
  }
  let before = -1;
  await until('the queue to be full', () => {
    const still = queued > 0 && queued === before;
    before = queued;
    return still;
  });
}
