/**
 * One copy on its way: sent once, its answer read and thrown away, or kept for comparison. A deadline for
 * all of it, looked at on the ticks of the coarse clock. It never goes anywhere else, whatever happens.
 */

import { BodyReader, MALFORMED } from '../http1/body.ts';
import { lastChunk } from '../http1/body-writer.ts';
import type { Spans } from '../http1/chunked.ts';
import { UNFRAMED } from '../http1/framing.ts';
import { INCOMPLETE, REFUSED } from '../http1/head.ts';
import { ResponseHead } from '../http1/response-head.ts';
import type { UpstreamConnection, UpstreamUser } from '../upstream/connection.ts';
import type { PooledEndpoint } from './copy-pool.ts';
import type { Failure } from './counts.ts';

const MAX_INTERIM = 16;
/** Used up within one call, as all parsers are. */
const head = new ResponseHead();

/** What is sent, whole. */
export interface Outgoing {
  /** Latin1, with the empty line. */
  readonly head: string;
  readonly body: readonly Buffer[];
  readonly chunked: boolean;
  readonly isHead: boolean;
  readonly answerBytes: number;
  readonly deadlineMs: number;
}

/** Who hears of it. */
export interface SenderOwner {
  readonly nowMs: number;
  answerBegins(head: ResponseHead): void;
  answerBytes(buf: Buffer, payload: Spans): void;
  /** @param status of the whole answer, or why there was none */
  sent(sender: CopySender, outcome: number | Failure): void;
  /** A bug. */
  failed(error: unknown): void;
}

export class CopySender implements UpstreamUser {
  readonly deadlineMs: number;
  readonly #pooled: PooledEndpoint;
  readonly #out: Outgoing;
  readonly #owner: SenderOwner;
  readonly #body = new BodyReader();
  #connection: UpstreamConnection | null = null;
  #held: Buffer | null = null;
  #headSeen = false;
  #reused = false;
  #status = 0;
  #reusable = false;
  #interim = 0;
  #over = false;

  constructor(pooled: PooledEndpoint, out: Outgoing, owner: SenderOwner) {
    this.#pooled = pooled;
    this.#out = out;
    this.#owner = owner;
    this.deadlineMs = out.deadlineMs;
  }

  /** @returns false: there is no room for another connection, and nothing was done */
  start(): boolean {
    const { endpoint } = this.#pooled;
    const idle = endpoint.takeIdle(this);
    const got = idle ?? endpoint.dial(this);
    if (typeof got === 'string') return false;
    this.#connection = got;
    this.#reused = idle !== null;
    if (idle !== null) this.upstreamReady(idle);
    return true;
  }

  upstreamReady({ socket }: UpstreamConnection): void {
    const { head: text, body, chunked } = this.#out;
    if (body.length === 0 && !chunked) {
      socket.write(text, 'latin1');
      return;
    }
    socket.cork();
    socket.write(text, 'latin1');
    const length = body.reduce((sum, b) => sum + b.length, 0);
    if (chunked && length > 0) socket.write(`${length.toString(16)}\r\n`, 'latin1');
    for (const piece of body) socket.write(piece);
    if (chunked) socket.write(`${length > 0 ? '\r\n' : ''}${lastChunk('')}`, 'latin1');
    socket.uncork();
  }

  upstreamDrained(): void {
    // All of it was written at once.
  }

  upstreamBytes(_: UpstreamConnection, buf: Buffer, length: number): void {
    try {
      this.#bytes(buf, length);
    } catch (error) {
      this.#owner.failed(error);
      this.#finish('failed');
    }
  }

  #bytes(buf: Buffer, length: number): void {
    if (this.#headSeen) {
      this.#bodyBytes(buf, 0, length);
      return;
    }
    const whole = this.#held === null ? buf : Buffer.concat([this.#held, buf.subarray(0, length)]);
    const end = this.#held === null ? length : whole.length;
    this.#held = null;
    this.#headBytes(whole, end);
  }

  #headBytes(buf: Buffer, end: number): void {
    let at = 0;
    for (;;) {
      if (at === end) return;
      const after = head.parse(buf, at, end);
      if (after === INCOMPLETE) {
        this.#held = Buffer.from(buf.subarray(at, end));
        return;
      }
      const switches = after !== REFUSED && head.status === 101;
      if (after === REFUSED || switches || (head.status < 200 && ++this.#interim > MAX_INTERIM)) {
        this.#finish('failed');
        return;
      }
      at = after;
      if (head.status >= 200) break;
    }
    this.#headSeen = true;
    this.#status = head.status;
    const bodyless = this.#out.isHead || head.status === 204 || head.status === 304;
    if (bodyless) this.#body.startNone();
    else this.#body.start(head.framing, true);
    const suspect = head.status === 204 && head.framing !== UNFRAMED && head.framing !== 0;
    this.#reusable =
      !head.close && (head.minorVersion === 1 || head.keepAlive) && this.#body.kind !== 'close';
    if (suspect) this.#reusable = false;
    this.#owner.answerBegins(head);
    this.#bodyBytes(buf, at, end);
  }

  #bodyBytes(buf: Buffer, from: number, end: number): void {
    const body = this.#body;
    let at = from;
    while (at < end && !body.done) {
      at = body.read(buf, at, end);
      if (at === MALFORMED) {
        this.#finish('failed');
        return;
      }
      if (body.total > this.#out.answerBytes) {
        this.#finish('answer-too-large');
        return;
      }
      this.#owner.answerBytes(buf, body.payload);
    }
    if (!body.done) return;
    // Bytes after the answer belong to nobody.
    if (at < end) this.#reusable = false;
    this.#finish(this.#status);
  }

  upstreamEnded(_: UpstreamConnection, error: Error | null): void {
    this.#connection = null;
    // A reset is no end: a body that only the connection measures may lack its tail.
    const whole = error === null && this.#headSeen && this.#body.endOfStream();
    this.#finish(whole ? this.#status : 'failed');
  }

  timeOut(): void {
    this.#finish('timed-out');
  }

  /** People have stopped the load test that it belongs to. */
  stopped(): void {
    this.#finish('stopped');
  }

  /** Once, however it went. */
  #finish(outcome: number | Failure): void {
    if (this.#over) return;
    this.#over = true;
    const connection = this.#connection;
    this.#connection = null;
    const { nowMs } = this.#owner;
    // That a kept connection has died says nothing of who is there.
    const stale = this.#reused && !this.#headSeen && connection === null;
    if (outcome === 'timed-out' || (outcome === 'failed' && !stale)) this.#pooled.failed(nowMs);
    else if (typeof outcome === 'number') this.#pooled.succeeded();
    if (connection !== null) {
      if (typeof outcome === 'number' && this.#reusable)
        connection.endpoint.giveBack(connection, nowMs);
      else connection.discard();
    }
    this.#owner.sent(this, outcome);
  }
}
