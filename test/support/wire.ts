/** Raw bytes on both ends: a client that says exactly what it is told, an origin that records and obeys. */
import net from 'node:net';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

export class RawClient {
  readonly socket: net.Socket;
  received = '';
  /** 'fin' or 'reset' once the other side has ended. */
  ended: 'fin' | 'reset' | null = null;

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.setNoDelay(true);
    this.socket.on('data', (d: Buffer) => (this.received += d.toString('latin1')));
    this.socket.on('end', () => (this.ended ??= 'fin'));
    this.socket.on('error', () => (this.ended ??= 'reset'));
    this.socket.on('close', () => (this.ended ??= 'fin'));
    onTestFinished(() => void this.socket.destroy());
  }

  send(bytes: string): this {
    this.socket.write(bytes, 'latin1');
    return this;
  }

  /** Waits until what was received matches. */
  async sees(pattern: RegExp | string, deadlineMs?: number): Promise<string> {
    await until(
      `client to see ${String(pattern)}; it has ${JSON.stringify(this.received.slice(0, 400))}, ${this.ended ?? 'open'}`,
      () =>
        typeof pattern === 'string' ? this.received.includes(pattern) : pattern.test(this.received),
      deadlineMs,
    );
    return this.received;
  }

  /** Waits for the other side to end the connection. */
  async closed(deadlineMs?: number): Promise<string> {
    await until('the connection to end', () => this.ended !== null, deadlineMs);
    return this.received;
  }
}

type Answer = (request: string, socket: net.Socket, nth: number) => void;

/** Splits what arrives into requests by Content-Length, chunks, or no body; hands each to `answer`. */
export class Origin {
  readonly server: net.Server;
  readonly requests: string[] = [];
  readonly sockets = new Set<net.Socket>();
  /** Everything that ever arrived, one string per connection. */
  readonly streams: string[] = [];
  connections = 0;
  answer: Answer;

  constructor(answer: Answer = respond('ok')) {
    this.answer = answer;
    this.server = net.createServer((socket) => this.#serve(socket));
  }

  static async start(answer?: Answer): Promise<Origin> {
    const origin = new Origin(answer);
    await new Promise<void>((resolve) => origin.server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => origin.stop());
    return origin;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  #serve(socket: net.Socket): void {
    const stream = this.streams.push('') - 1;
    this.connections++;
    this.sockets.add(socket);
    let pending = '';
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (d: Buffer) => {
      const text = d.toString('latin1');
      this.streams[stream] = `${this.streams[stream] ?? ''}${text}`;
      pending += text;
      for (let end = wholeRequest(pending); end > 0; end = wholeRequest(pending)) {
        const request = pending.slice(0, end);
        pending = pending.slice(end);
        this.requests.push(request);
        this.answer(request, socket, this.requests.length);
      }
    });
  }

  stop(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

/** Length of the first whole request, 0 when there is none yet. */
function wholeRequest(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return 0;
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, head));
  if (length !== null) {
    const end = head + 4 + Number(length[1]);
    return text.length >= end ? end : 0;
  }
  if (!/^transfer-encoding: *chunked/im.test(text.slice(0, head))) return head + 4;
  const last = /\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(text.slice(head + 2));
  return last === null ? 0 : head + 2 + last.index + last[0].length;
}

/** Answers 200 with a body; HEAD without one. */
export const respond =
  (body: string, headers = ''): Answer =>
  (request, socket) => {
    const text = request.startsWith('HEAD ') ? '' : body;
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${headers}\r\n${text}`,
      'latin1',
    );
  };

/** Sends exactly these bytes. */
export const bytes =
  (text: string): Answer =>
  (_, socket) =>
    void socket.write(text, 'latin1');

export const headOf = (message: string): string =>
  message.slice(0, message.indexOf('\r\n\r\n') + 2);
export const bodyOf = (message: string): string => message.slice(message.indexOf('\r\n\r\n') + 4);
