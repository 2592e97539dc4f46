/** Plays one wire case between a client and an origin of its own, through a gate. */
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { decode, judge } from '../fuzz/strict.ts';
import { readAnswers } from './answers.ts';
import { until } from './until.ts';
import {
  bytesOf,
  judgeCase,
  type OriginScript,
  type Outcome,
  type Step,
  stepsOf,
  type WireCase,
} from './wire-case.ts';

const PROBE = 'GET /probe HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';
const PROBE_ANSWER: OriginScript = { send: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nprobe' };
const CASE_MS = 8000;

/** What arrived on one connection during one case. */
interface Stream {
  text: string;
  /** Bytes of the new protocol begin here; -1 while none is spoken. */
  tunnelFrom: number;
  answered: number;
  headAnswered: boolean;
}

/** Answers as the case at hand says, and keeps what came. */
export class ScriptedOrigin {
  readonly #server = net.createServer((socket) => this.#serve(socket));
  readonly #sockets = new Set<net.Socket>();
  #script: OriginScript = {};
  #streams: Stream[] = [];

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as net.AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  begin(script: OriginScript): void {
    this.#script = script;
    this.#streams = [];
  }

  /** What the origin saw since `begin`; a fault is what no strict reader would have read. */
  seen(): Pick<Outcome, 'requests' | 'begun'> & { fault: string | null } {
    const requests: { head: string; body: string }[] = [];
    const begun: string[] = [];
    for (const stream of this.#streams) {
      const text = stream.tunnelFrom < 0 ? stream.text : stream.text.slice(0, stream.tunnelFrom);
      const { ends, used, fault } = judge(text);
      if (fault !== null) return { requests, begun, fault };
      for (const [i, end] of ends.entries())
        requests.push(decode(text.slice(ends[i - 1] ?? 0, end)));
      if (used < text.length) begun.push(text.slice(used).split('\r\n\r\n')[0]!);
    }
    return { requests, begun, fault: null };
  }

  #serve(socket: net.Socket): void {
    let stream: Stream | null = null;
    let streams = this.#streams;
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (d: Buffer) => {
      if (stream === null || streams !== this.#streams) {
        streams = this.#streams;
        stream = { text: '', tunnelFrom: -1, answered: 0, headAnswered: false };
        streams.push(stream);
      }
      stream.text += d.toString('latin1');
      this.#react(socket, stream, d.toString('latin1'));
    });
  }

  #react(socket: net.Socket, stream: Stream, arrived: string): void {
    const script = this.#script;
    if (stream.tunnelFrom >= 0) {
      if (script.echo_tunnel === true) socket.write(`TUN:${arrived}`, 'latin1');
      return;
    }
    const { ends, used } = judge(stream.text);
    const head = stream.text.slice(used).split('\r\n\r\n');
    if (script.when === 'head') {
      if (stream.headAnswered || (ends.length === 0 && head.length === 1)) return;
      stream.headAnswered = true;
      void this.#answer(socket, stream, script, stream.text);
      return;
    }
    if (head.length > 1 && /^expect: *100-continue/im.test(head[0]!) && head[1] === '')
      socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    while (stream.answered < ends.length) {
      const request = stream.text.slice(ends[stream.answered - 1] ?? 0);
      stream.answered++;
      void this.#answer(socket, stream, script, request);
    }
  }

  async #answer(
    socket: net.Socket,
    stream: Stream,
    script: OriginScript,
    request: string,
  ): Promise<void> {
    const steps = script.send === undefined ? [usual(request)] : stepsOf(script.send);
    for (const step of steps) {
      const bytes = bytesOf(step);
      if (bytes !== null) socket.write(bytes, 'latin1');
      else if (typeof step === 'object' && 'pause' in step) await pause(step.pause);
      if (bytes?.startsWith('HTTP/1.1 101 ') === true) stream.tunnelFrom = stream.text.length;
    }
    if (script.after === 'close') socket.end();
    if (script.after === 'reset') setTimeout(() => socket.resetAndDestroy(), 60);
  }
}

const usual = (request: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Origin: 1\r\n\r\n${request.startsWith('HEAD ') ? '' : 'ok'}`;

/** One connection of a client, from its first byte to its end. */
class Client {
  readonly socket: net.Socket;
  received = '';
  ended: 'fin' | 'reset' | null = null;
  /** The gate ended it while we had not. */
  closed = false;
  finished = false;

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.socket.on('data', (d: Buffer) => (this.received += d.toString('latin1')));
    this.socket.on('end', () => this.#over('fin'));
    this.socket.on('error', () => this.#over('reset'));
    this.socket.on('close', () => this.#over('fin'));
  }

  #over(how: 'fin' | 'reset'): void {
    if (this.ended !== null) return;
    this.ended = how;
    this.closed = !this.finished;
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      const bytes = bytesOf(step);
      if (bytes !== null) {
        if (this.ended === null) this.socket.write(bytes, 'latin1');
      } else if (typeof step === 'object' && 'pause' in step) await pause(step.pause);
      else if (typeof step === 'object' && 'reset' in step) this.socket.resetAndDestroy();
      else this.socket.end();
    }
  }

  /** Nothing more will come after this but what is under way. */
  async finish(): Promise<void> {
    this.finished = true;
    this.socket.end();
    await until('the gate to end the connection', () => this.ended !== null, CASE_MS);
  }
}

/** @returns null when the case went as it should, else what went wrong */
export async function runCase(
  c: WireCase,
  gatePort: number,
  origin: ScriptedOrigin,
): Promise<string | null> {
  const wrong = await exchange(c, gatePort, origin);
  if (wrong !== null) return wrong;
  if (c.follow !== undefined) {
    const { send, accept } = c.follow;
    const later = {
      ...c,
      send,
      method: 'GET',
      accept: [accept],
      origin: c.follow.origin ?? PROBE_ANSWER,
    };
    const bad = await exchange(later, gatePort, origin);
    if (bad !== null) return `the request after it: ${bad}`;
  }
  const plain = { ...c, send: PROBE, method: 'GET', origin: PROBE_ANSWER };
  const bad = await exchange(
    { ...plain, accept: [{ status: 200, body: 'probe' }] },
    gatePort,
    origin,
  );
  return bad === null ? null : `a plain request after it: ${bad}`;
}

async function exchange(
  c: Omit<WireCase, 'follow'>,
  gatePort: number,
  origin: ScriptedOrigin,
): Promise<string | null> {
  origin.begin(c.origin ?? {});
  const client = new Client(gatePort);
  const methods = typeof c.method === 'string' ? [c.method] : (c.method ?? []);
  const outcome = (): Outcome & { fault: string | null } => {
    const { answers, interim, fault, tunnel } = readAnswers(client.received, methods, client.ended);
    const seen = origin.seen();
    const { received, closed } = client;
    return {
      received,
      answers,
      interim,
      closed,
      ...seen,
      fault: seen.fault ?? (tunnel === '' ? fault : null),
    };
  };
  await client.play(stepsOf(c.send));
  // Until an acceptable outcome stands; then our end makes the gate say all it still has to say.
  const patience = performance.now() + CASE_MS / 2;
  await until(
    'an outcome',
    () =>
      client.ended !== null ||
      judgeCase(c.accept, outcome()) === null ||
      performance.now() > patience,
  );
  if (client.ended === null) await client.finish();
  client.socket.destroy();
  const result = outcome();
  return result.fault ?? judgeCase(c.accept, result);
}
