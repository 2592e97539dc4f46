/**
 * One client connection: finds heads in what arrives, runs one exchange at a time, in order.
 *
 *   IDLE ──first byte──▶ HEAD ──head whole──▶ BODY ──body whole──▶ WAIT ──answer whole──▶ IDLE
 *     └──────────────── refusal, last answer, drain ──▶ LINGER ──▶ CLOSED
 *
 * Pipelined requests wait, unread, for the answer before them; so an answer can't overtake another,
 * and a bad later request can't spoil an earlier one. A client that does not take its answers gets no
 * more of them.
 *
 * Slightly over 300 lines: it is one state machine.
 */
import type net from 'node:net';
import type { Listener } from '../../gate/compile-gate.ts';
import { gateToken } from '../../peer/index.ts';
import type { Target } from '../../snapshot/index.ts';
import { INCOMPLETE, REFUSED } from '../http1/head.ts';
import type { ReadBuffers } from '../http1/read-buffers.ts';
import { REFUSAL, type Refusal } from '../http1/refusals.ts';
import { type SocketOwner, unsentBytes } from '../http1/socket-io.ts';
import { Exchange } from './exchange.ts';
import { answer, renderAnswer } from './gate-answer.ts';
import type { Gateway } from './gateway.ts';
import type { Tunnel } from './tunnel.ts';
import { WriteProgress } from './write-progress.ts';

type Phase = 'idle' | 'head' | 'body' | 'wait' | 'tunnel' | 'linger' | 'closed';

/** After a refusal so much more is read and thrown away before the connection is cut. */
const LINGER_BYTES = 8 * 1024 * 1024;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

export interface ClientRegistry {
  add(client: ClientConnection): void;
  remove(client: ClientConnection): void;
  /** Its connection is a tunnel from now on. */
  tunnelBegan(client: ClientConnection): void;
}

export class ClientConnection implements SocketOwner {
  readonly socket: net.Socket;
  readonly buffers: ReadBuffers;
  readonly gateway: Gateway;
  readonly listener: Listener;
  readonly remote: string;
  /** The same, as the socket gives it. */
  readonly address: string;
  /** Requests begun. */
  served = 0;
  /** On the coarse clock. */
  deadlineMs: number;
  /** Place in the registry. */
  index = -1;
  /** Close after the answer in hand. */
  closing = false;
  halfClosed = false;
  /** Set once the connection speaks another protocol. */
  tunnel: Tunnel | null = null;
  readonly exchange: Exchange;
  readonly #registry: ClientRegistry;
  #phase: Phase = 'idle';
  #held: Buffer | null = null;
  readonly #progress = new WriteProgress();
  #parsedLength = 0;
  #reading = true;
  #parsing = false;
  #lingerLeft = LINGER_BYTES;

  constructor(
    socket: net.Socket,
    buffers: ReadBuffers,
    gateway: Gateway,
    listener: Listener,
    registry: ClientRegistry,
  ) {
    this.socket = socket;
    this.buffers = buffers;
    this.gateway = gateway;
    this.listener = listener;
    this.address = socket.remoteAddress ?? '';
    this.remote = plainAddress(this.address);
    this.#registry = registry;
    this.exchange = new Exchange(this, gateway);
    this.deadlineMs = gateway.clock.nowMs + gateway.hooks.current().gate.timeouts.headMs;
    registry.add(this);
  }

  get idle(): boolean {
    return this.#phase === 'idle';
  }

  get alive(): boolean {
    return this.#phase !== 'closed' && !this.socket.destroyed;
  }

  onBytes(buf: Buffer, length: number): void {
    switch (this.#phase) {
      case 'idle':
      case 'head':
        this.#headBytes(buf, length);
        return;
      case 'body':
        this.#bodyBytes(buf, length);
        return;
      case 'wait':
        this.#hold(buf, 0, length);
        this.pause();
        return;
      case 'tunnel':
        this.tunnel?.clientBytes(buf, 0, length);
        return;
      case 'linger':
        this.#lingerLeft -= length;
        if (this.#lingerLeft < 0) this.socket.destroy();
        return;
      case 'closed':
    }
  }

  #headBytes(buf: Buffer, length: number): void {
    const held = this.#held;
    if (held === null) {
      this.#takeHeads(buf, 0, length);
      return;
    }
    const whole = Buffer.concat([held, buf.subarray(0, length)]);
    this.#held = null;
    // Looking again only when the end is there, or much has come, keeps dribbled heads linear.
    const ended = whole.indexOf(END_OF_HEAD, Math.max(0, held.length - 3)) >= 0;
    if (ended || whole.length > this.#parsedLength * 1.25 + 1024)
      this.#takeHeads(whole, 0, whole.length);
    else this.#held = whole;
  }

  #bodyBytes(buf: Buffer, length: number): void {
    const parsing = this.#parsing;
    // The exchange may end inside the call, and what is left then begins the next request.
    this.#parsing = true;
    const used = this.exchange.requestBytes(buf, 0, length);
    this.#parsing = parsing;
    if (used < length && (this.#isActive() || this.#isBetween())) this.#hold(buf, used, length);
    if (!parsing && this.#isBetween()) this.#goOn();
  }

  #takeHeads(buf: Buffer, from: number, to: number): void {
    const { gateway } = this;
    this.#parsing = true;
    let at = from;
    while (at < to && this.#isBetween() && !this.socket.writableNeedDrain) {
      const after = gateway.requestHead.parse(buf, at, to, gateway.hooks.current().gate.limits);
      if (after === INCOMPLETE) {
        // An empty line in front of a request is not yet one.
        if (buf[at] !== 0x0d) this.#startHead();
        this.#hold(buf, at, to);
        this.#parsedLength = to - at;
        break;
      }
      if (after === REFUSED) {
        this.refuse(gateway.requestHead.refusal, gateway.requestHead.method === 'HEAD');
        break;
      }
      at = this.exchange.start(buf, after, to);
    }
    this.#parsing = false;
    if (at < to && (this.#isActive() || this.#isStalled())) {
      this.#hold(buf, at, to);
      if (this.#phase === 'wait') this.pause();
    } else if (this.#phase === 'wait') this.resume();
    if (this.#isStalled()) this.#stall();
  }

  /** Reads no further until the answers have left. */
  #stall(): void {
    this.pause();
    this.#progress.begin(this.socket);
    this.deadlineMs = this.gateway.clock.nowMs + this.gateway.hooks.current().gate.timeouts.idleMs;
  }

  /** Between requests, but the client does not take the answers it has: it gets no more. */
  #isStalled(): boolean {
    return this.#isBetween() && this.socket.writableNeedDrain;
  }

  #isActive(): boolean {
    return this.#phase === 'body' || this.#phase === 'wait';
  }

  #isBetween(): boolean {
    return this.#phase === 'idle' || this.#phase === 'head';
  }

  #startHead(): void {
    if (this.#phase === 'head') return;
    this.#phase = 'head';
    this.deadlineMs = this.gateway.clock.nowMs + this.gateway.hooks.current().gate.timeouts.headMs;
  }

  #hold(buf: Buffer, from: number, to: number): void {
    const more = Buffer.from(buf.subarray(from, to));
    this.#held = this.#held === null ? more : Buffer.concat([this.#held, more]);
  }

  /** The exchange has begun; its body comes next, or nothing. */
  exchangeStarted(bodyFollows: boolean): void {
    this.served++;
    this.#phase = bodyFollows ? 'body' : 'wait';
  }

  /** What the client has sent ahead is the first of the new protocol. */
  tunnelBegins(tunnel: Tunnel): void {
    this.tunnel = tunnel;
    this.#phase = 'tunnel';
    const held = this.#held;
    this.#held = null;
    this.resume();
    if (held !== null) tunnel.clientBytes(held, 0, held.length);
    if (this.halfClosed) tunnel.clientFinished();
    this.#registry.tunnelBegan(this);
  }

  /** The upstream takes the body now: first what is here already. */
  bodyWanted(): void {
    const held = this.#held;
    if (held !== null && this.#phase === 'body') {
      this.#held = null;
      this.#bodyBytes(held, held.length);
    }
    if (this.#phase === 'body' && this.exchange.takesBody) this.resume();
  }

  requestBodyDone(): void {
    if (this.#phase !== 'body') return;
    this.#phase = 'wait';
    // So that its going away is seen.
    if (this.#held === null) this.resume();
  }

  /** The answer is out, and the next request may be read, or the connection closed. */
  exchangeEnded(): void {
    if (!this.alive) return;
    const last = this.halfClosed && this.#held === null && !this.#parsing;
    if (this.closing || this.gateway.draining || last) {
      this.finish();
      return;
    }
    this.#phase = 'idle';
    this.deadlineMs =
      this.gateway.clock.nowMs + this.gateway.hooks.current().gate.timeouts.keepAliveMs;
    if (!this.#parsing) this.#goOn();
  }

  /** The next request, if it is here already; else more bytes. */
  #goOn(): void {
    const held = this.#held;
    if (held !== null && !this.socket.writableNeedDrain) {
      this.#held = null;
      this.#takeHeads(held, 0, held.length);
    }
    if (!this.#isBetween()) return;
    if (this.#isStalled()) this.#stall();
    else if (this.halfClosed) this.finish();
    else this.resume();
  }

  /** Ends our side, and reads on for a while so that the client gets to see the last answer. */
  finish(): void {
    if (!this.alive || this.#phase === 'linger') return;
    this.#phase = 'linger';
    this.#held = null;
    this.socket.end();
    this.resume();
    const { idleMs } = this.gateway.hooks.current().gate.timeouts;
    if (this.socket.writableLength === 0) this.#linger();
    else {
      // The answer is still leaving; the time to linger begins when it is out.
      this.#progress.begin(this.socket);
      this.deadlineMs = this.gateway.clock.nowMs + idleMs;
      this.socket.once('finish', () => this.#linger());
    }
  }

  #linger(): void {
    this.deadlineMs =
      this.gateway.clock.nowMs + this.gateway.hooks.current().gate.timeouts.lingerMs;
  }

  /** Cuts the connection so that no client can take the answer for whole. */
  breakOff(reset: boolean): void {
    // Bytes that nobody takes would else stay in the kernel for as long as the client likes.
    if (reset || unsentBytes(this.socket) > 0) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  /** Where its request, or its tunnel, is served; null between requests. */
  get busyWith(): Target | null {
    const busy = this.#isActive() || this.#phase === 'tunnel';
    return busy ? (this.exchange.forward?.targets[0] ?? null) : null;
  }

  /** The group that serves it takes nothing new, and its time is over. */
  endDrained(): void {
    if (this.#isActive()) this.exchange.endDrained();
    else this.cut();
  }

  /** The gate can't wait any longer. What is under way is recorded, and can't be taken for whole. */
  cut(): void {
    if (this.#isActive()) this.exchange.breakOff('gate');
    else if (this.#phase === 'tunnel') this.tunnel?.cut();
    else if (unsentBytes(this.socket) > 0) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  /** @param isHead the request was a HEAD, so the answer has no body */
  refuse(refusal: Refusal, isHead: boolean): void {
    const { gateway } = this;
    gateway.hooks.refused(refusal, this.remote);
    this.socket.write(
      renderAnswer(answer(refusal.status, refusal.code, refusal.means, 'http_request_error'), {
        gate: gateToken(gateway.idc),
        requestId: gateway.ids.next(),
        html: false,
        close: true,
        omitBody: isHead,
        own: null,
        extra: '',
      }),
      'latin1',
    );
    this.finish();
  }

  pause(): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.socket.pause();
  }

  resume(): void {
    if (this.#reading || this.socket.destroyed) return;
    this.#reading = true;
    this.socket.resume();
  }

  onDrain(): void {
    if (this.#phase === 'tunnel') this.tunnel?.clientDrained();
    else if (this.#isActive()) this.exchange.clientDrained();
    else if (this.#isBetween()) this.#goOn();
  }

  /** The client has closed its sending side: it may still wait for its answer. */
  onEnd(): void {
    this.halfClosed = true;
    switch (this.#phase) {
      case 'idle':
      case 'head':
        // Requests that wait for room are still owed an answer.
        if (!this.#isStalled()) this.finish();
        return;
      case 'body':
        this.exchange.requestCutShort();
        return;
      case 'wait':
        this.exchange.clientHalfClosed();
        return;
      case 'tunnel':
        this.tunnel?.clientFinished();
        return;
      case 'linger':
      case 'closed':
    }
  }

  onClose(): void {
    if (this.#phase === 'closed') return;
    const active = this.#isActive();
    const tunnel = this.#phase === 'tunnel' ? this.tunnel : null;
    this.#phase = 'closed';
    this.#held = null;
    this.#registry.remove(this);
    if (active) this.exchange.clientGone();
    tunnel?.clientGone();
  }

  onDeadline(): void {
    const stuck = !this.#isActive() && this.#phase !== 'tunnel' && unsentBytes(this.socket) > 0;
    if (stuck) {
      // What the client was promised has not left: extend while it moves, and never end it cleanly.
      if (this.#progress.moved(this.socket)) {
        this.deadlineMs =
          this.gateway.clock.nowMs + this.gateway.hooks.current().gate.timeouts.idleMs;
      } else this.socket.resetAndDestroy();
      return;
    }
    switch (this.#phase) {
      case 'idle':
        this.finish();
        return;
      case 'head':
        this.refuse(REFUSAL.headTimeout, false);
        return;
      case 'body':
      case 'wait':
        this.exchange.onDeadline();
        return;
      case 'tunnel':
        this.tunnel?.onDeadline();
        return;
      case 'linger':
        this.socket.destroy();
        return;
      case 'closed':
    }
  }
}

/** An IPv4 client of a dual-stack listener shows as ::ffff:a.b.c.d. */
const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
