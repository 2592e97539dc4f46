/** Targets that hang, die, reset, babble or never end: requests don't notice, and each is counted as what it is. */
import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mirroringGate, total } from '../../support/mirror.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';
import { Origin, RawClient, respond } from '../../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** @param babble once a request has come */
async function target(babble: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => babble(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as net.AddressInfo).port;
}

const forEver = (socket: net.Socket): void => {
  const piece = 'x'.repeat(65_536);
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  socket.write('HTTP/1.1 200 OK\r\n\r\n');
  more();
};

const cases: readonly [string, (socket: net.Socket) => void, string][] = [
  ['never answers', () => undefined, 'timed-out'],
  ['closes', (s) => void s.end(), 'failed'],
  ['resets', (s) => void s.resetAndDestroy(), 'failed'],
  ['babbles', (s) => void s.write('SSH-2.0-OpenSSH_9.6\r\n'), 'failed'],
  [
    'ends half-way',
    (s) => void s.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
    'failed',
  ],
  ['says 100 for ever', (s) => void s.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)), 'failed'],
  ['switches protocols', (s) => void s.write('HTTP/1.1 101 Oh\r\nUpgrade: x\r\n\r\n'), 'failed'],
  [
    'has no end to its head',
    (s) => void s.write(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}`),
    'failed',
  ],
  ['has no end to its body', forEver, 'answer-too-large'],
];

describe('a target that', () => {
  it.each(cases)('%s leaves requests alone', async (_, babble, how) => {
    const origin = await Origin.start(respond('real'));
    const gate = await mirroringGate(origin, await target(babble), ', timeoutMs: 300');
    for (let i = 0; i < 3; i++) {
      const sentMs = performance.now();
      await new RawClient(gate.port).send(GET).sees('real');
      expect(performance.now() - sentMs).toBeLessThan(250);
    }
    const rule = await gate.settled();
    expect(rule).toMatchObject({ drawn: 3, sent: 3, failed: { [how]: 3 } });
    expect(origin.requests).toHaveLength(3);
    expect(await gate.metrics()).toContain('zonegate_mirror_buffer_bytes 0');
  });

  it('is dead is soon left alone, and asked again later', async () => {
    const origin = await Origin.start(respond('real'));
    const port = await freePort();
    const gate = await mirroringGate(origin, port);
    const client = new RawClient(gate.port);
    await until('the address to be left alone', async () => {
      client.received = '';
      await client.send(GET).sees('real');
      return (await gate.rule()).dropped.down! > 0;
    });
    const rule = await gate.settled();
    expect(rule.failed.failed).toBe(5);
    const back = net.createServer((socket) => void socket.end(OK));
    await new Promise<void>((resolve) => back.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void back.close());
    await until('it to be asked again', async () => {
      client.received = '';
      await client.send(GET).sees('real');
      return (await gate.rule()).answered['2xx']! > 0;
    });
  });

  it('hangs costs no memory: what is over the cap is dropped, and nothing stays', async () => {
    const origin = await Origin.start(respond('real'));
    const hung = await target(() => undefined);
    const gate = await mirroringGate(
      origin,
      hung,
      ', limits: { inFlight: 5, rps: 100000 }, timeoutMs: 500',
    );
    const client = new RawClient(gate.port);
    const rounds = 400;
    for (let i = 0; i < rounds; i++) {
      client.received = '';
      await client.send(GET).sees('real');
    }
    const rule = await gate.settled();
    expect(rule.drawn).toBe(rounds);
    expect(rule.sent + total(rule.dropped)).toBe(rounds);
    expect(rule.dropped['in-flight']! + rule.dropped.down!).toBeGreaterThan(rounds / 2);
    expect(rule.dropped['in-flight']).toBeGreaterThan(0);
    expect(rule.failed['timed-out']).toBe(rule.sent);
    expect(await gate.metrics()).toContain('zonegate_mirror_buffer_bytes 0');
    expect(await gate.metrics()).toContain('zonegate_mirror_in_flight{rule="m"} 0');
  });

  it('hangs is tried by one copy at a time, until one is answered', async () => {
    const origin = await Origin.start(respond('real'));
    let hangs = true;
    const hung = await Origin.start((request, socket, nth) => {
      if (!hangs) respond('copy')(request, socket, nth);
    });
    const gate = await mirroringGate(origin, hung, ', timeoutMs: 150');
    const client = new RawClient(gate.port);
    const ask = async (): Promise<void> => {
      client.received = '';
      await client.send(GET).sees('real');
    };
    for (let i = 0; i < 5; i++) await ask();
    await gate.settled();
    const before = hung.requests.length;
    const endMs = performance.now() + 2500;
    while (performance.now() < endMs) {
      await ask();
      expect((await gate.rule()).inFlight).toBeLessThanOrEqual(1);
    }
    const probes = hung.requests.length - before;
    expect(probes).toBeGreaterThan(0);
    expect(probes).toBeLessThanOrEqual(3);
    hangs = false;
    await until('it to be asked again', async () => {
      await ask();
      return (await gate.rule()).answered['2xx']! > 0;
    });
    await until('what was refused a moment ago to be past', async () => {
      const { down } = (await gate.rule()).dropped;
      await ask();
      return (await gate.rule()).dropped.down === down;
    });
    const { sent } = await gate.settled();
    for (let i = 0; i < 5; i++) await ask();
    expect((await gate.settled()).sent).toBe(sent + 5);
  });

  it('hangs takes no copies from another that does not', async () => {
    const origin = await Origin.start(respond('real'));
    const hung = await target(() => undefined);
    const well = await Origin.start(respond('copy'));
    const both = `, to: { addresses: ["127.0.0.1:${hung}", "127.0.0.1:${well.port}"] }`;
    const gate = await mirroringGate(origin, hung, ', limits: { inFlight: 20 }, timeoutMs: 200', {
      to: both,
    });
    const client = new RawClient(gate.port);
    const ask = async (): Promise<void> => {
      client.received = '';
      await client.send(GET).sees('real');
    };
    for (let i = 0; i < 10; i++) await ask();
    await gate.settled();
    const before = await gate.rule();
    for (let i = 0; i < 100; i++) await ask();
    const rule = await gate.settled();
    expect(rule.answered['2xx']! - before.answered['2xx']!).toBeGreaterThanOrEqual(98);
  });

  it('takes no bytes holds no more than the budget', async () => {
    const origin = await Origin.start(respond('real'));
    const server = net.createServer({ pauseOnConnect: true }, (s) =>
      s.on('error', () => undefined),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as net.AddressInfo;
    const size = 1_000_000;
    const gate = await mirroringGate(
      origin,
      port,
      `, match: { methods: [POST] }, limits: { bodyBytes: ${size} }, timeoutMs: 400`,
      { document: 'bufferBytes: 2500000' },
    );
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`;
    for (let i = 0; i < 4; i++)
      await new RawClient(gate.port).send(head + 'x'.repeat(size)).sees('real');
    const held = await gate.metrics();
    const bytes = Number(/zonegate_mirror_buffer_bytes (\d+)/.exec(held)![1]);
    expect(bytes).toBeLessThanOrEqual(2_500_000);
    const rule = await gate.settled();
    expect(rule.dropped.buffer).toBeGreaterThan(0);
    expect(await gate.metrics()).toContain('zonegate_mirror_buffer_bytes 0');
  });
});

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
