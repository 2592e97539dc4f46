/** A WebSocket library on both ends; the gate between them passes bytes that it doesn't read. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type PerMessageDeflateOptions, WebSocket, WebSocketServer } from 'ws';
import { plainGate } from '../support/gate.ts';
import { twoGates } from '../support/two-gates.ts';
import { until } from '../support/until.ts';

/** Around each length field of a frame, and around the gate's read buffer. */
const SIZES = [0, 1, 125, 126, 65_535, 65_536, 1024 * 1024];

interface Way {
  readonly port: number;
  readonly admins: readonly number[];
}
const WAYS: readonly (readonly [string, (origin: number) => Promise<Way>])[] = [
  [
    'one gate',
    async (origin) => {
      const { port, admin } = await plainGate([origin]);
      return { port, admins: [admin] };
    },
  ],
  ['two gates', twoGates],
];

interface Message {
  readonly data: Buffer;
  readonly binary: boolean;
}

/** Both ends of one connection, opened over the gates. */
class Pair {
  readonly client: WebSocket;
  readonly server: WebSocket;
  /** Bytes that the origin has read from the socket under the WebSocket. */
  readonly originRead: () => number;
  readonly admins: readonly number[];
  /** Everything that either library has complained of. */
  readonly errors: Error[] = [];

  constructor(client: WebSocket, server: WebSocket, originRead: () => number, way: Way) {
    this.client = client;
    this.server = server;
    this.originRead = originRead;
    this.admins = way.admins;
    for (const end of [client, server]) end.on('error', (e) => this.errors.push(e));
  }

  async tunnels(): Promise<string[]> {
    const texts = await Promise.all(
      this.admins.map(async (a) => (await fetch(`http://127.0.0.1:${a}/metrics`)).text()),
    );
    return texts.map((t) => /^zonegate_tunnels (\d+)$/m.exec(t)![1]!);
  }
}

async function pair(
  way: (typeof WAYS)[number][1],
  perMessageDeflate: PerMessageDeflateOptions | false = false,
): Promise<Pair> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, 'listening');
  const gates = await way((server.address() as AddressInfo).port);
  const accepted = new Promise<{ end: WebSocket; read: () => number }>((resolve) =>
    server.once('connection', (end, request) =>
      resolve({ end, read: () => request.socket.bytesRead }),
    ),
  );
  const client = new WebSocket(`ws://127.0.0.1:${gates.port}/socket?a=b`, {
    perMessageDeflate: perMessageDeflate !== false,
  });
  onTestFinished(() => client.terminate());
  await once(client, 'open');
  const { end, read } = await accepted;
  return new Pair(client, end, read, gates);
}

const nextMessage = (end: WebSocket): Promise<Message> =>
  new Promise((resolve) =>
    end.once('message', (data, binary) => resolve({ data: data as Buffer, binary })),
  );
const closing = (end: WebSocket): Promise<[number, string]> =>
  new Promise((resolve) => end.once('close', (code, reason) => resolve([code, reason.toString()])));
const echo = (end: WebSocket): void =>
  void end.on('message', (data, binary) => end.send(data, { binary }));

describe.each(WAYS)('a WebSocket through %s', (_, way) => {
  it('echoes text and binary messages of every size', async () => {
    const { client, server, errors } = await pair(way);
    expect(client.extensions).toBe('');
    echo(server);
    for (const size of SIZES) {
      const back = nextMessage(client);
      const sent = randomBytes(size);
      client.send(sent);
      const { data, binary } = await back;
      expect([size, binary, data.equals(sent)]).toEqual([size, true, true]);
      const text = 'zonegate → 单元 '.repeat(Math.ceil(size / 19)).slice(0, size);
      const textBack = nextMessage(client);
      client.send(text);
      const answer = await textBack;
      expect([size, answer.binary, answer.data.toString() === text]).toEqual([size, false, true]);
    }
    expect(errors).toEqual([]);
  });

  it('keeps the order of many messages in flight, and of the fragments of one', async () => {
    const { client, server, errors } = await pair(way);
    echo(server);
    const got: string[] = [];
    client.on('message', (data: Buffer) => got.push(data.toString()));
    const sent = Array.from({ length: 500 }, (__, i) => `${i}:${'x'.repeat((i * 37) % 2000)}`);
    for (const text of sent) client.send(text);
    client.send('frag', { fin: false });
    client.send('men', { fin: false });
    client.send('ted', { fin: true });
    await until('every message back', () => got.length === sent.length + 1);
    expect(got).toEqual([...sent, 'fragmented']);
    expect(errors).toEqual([]);
  });

  it('carries ping and pong in both directions', async () => {
    const { client, server } = await pair(way);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      const heard = once(to, 'ping');
      const answered = once(from, 'pong');
      from.ping('are you there');
      expect(String((await heard)[0])).toBe('are you there');
      expect(String((await answered)[0])).toBe('are you there');
    }
  });

  it.each(['client', 'server'] as const)('is closed with code and reason by the %s', async (by) => {
    const both = await pair(way);
    const ends = [closing(both.client), closing(both.server)];
    expect(await both.tunnels()).toEqual(both.admins.map(() => '1'));
    both[by].close(4001, 'moved to another city');
    expect(await Promise.all(ends)).toEqual([
      [4001, 'moved to another city'],
      [4001, 'moved to another city'],
    ]);
    expect(both.errors).toEqual([]);
    await until('no tunnel to be left', async () => (await both.tunnels()).every((n) => n === '0'));
  });

  it('shows an end without a closing frame as 1006', async () => {
    const { client, server } = await pair(way);
    const end = closing(server);
    client.terminate();
    expect(await end).toEqual([1006, '']);
  });

  it('negotiates permessage-deflate, and what is compressed stays so', async () => {
    const { client, server, originRead, errors } = await pair(way, { threshold: 0 });
    expect(client.extensions).toMatch(/^permessage-deflate/);
    echo(server);
    for (const size of SIZES) {
      const before = originRead();
      const text = 'zonegate:'.repeat(Math.ceil(size / 9)).slice(0, size);
      const back = nextMessage(client);
      client.send(text);
      expect((await back).data.toString() === text).toBe(true);
      expect(originRead() - before).toBeLessThan(20 + size / 20);
      const noise = randomBytes(size);
      const noiseBack = nextMessage(client);
      client.send(noise);
      expect((await noiseBack).data.equals(noise)).toBe(true);
    }
    expect(errors).toEqual([]);
  });
});
