/**
 * By when one exchange must have come further, and whether what stands still may do so any longer. The
 * client connection keeps the deadline, on the coarse clock; the exchange acts on what is judged here.
 */
import type net from 'node:net';
import type { GateSettings } from '../../gate/compile-gate.ts';
import { REFUSAL, type Refusal } from '../http1/refusals.ts';
import { deliveredBytes } from '../http1/socket-io.ts';
import type { ClientConnection } from './client-connection.ts';
import type { CoarseClock } from './clock.ts';
import { Pace } from './pace.ts';
import { WriteProgress } from './write-progress.ts';

/** A slow body is judged over so long, or over timeouts.idleMs where that is shorter. */
const MAX_BODY_WINDOW_MS = 5000;

export class Deadlines {
  readonly #client: ClientConnection;
  readonly #clock: CoarseClock;
  readonly #toUpstream = new WriteProgress();
  readonly #pace = new Pace();
  #gate: GateSettings;
  /** When the request must be over; Infinity for whenever it is. */
  #endsMs = Infinity;
  #firstByteByMs = Infinity;
  #movedAtMs = 0;
  /** The client holds its body back until it is asked for it. */
  #holdsBody = false;
  #throttledUntilMs = 0;
  #sentThisSpell = 0;

  constructor(client: ClientConnection, clock: CoarseClock, gate: GateSettings) {
    this.#client = client;
    this.#clock = clock;
    this.#gate = gate;
  }

  /** Another request begins. */
  start(gate: GateSettings): void {
    this.#gate = gate;
    this.#endsMs = Infinity;
    this.#throttledUntilMs = 0;
  }

  /** However far it comes, it must be over by then. */
  endWithin(ms: number): void {
    this.#endsMs = this.#clock.nowMs + ms;
  }

  get isOver(): boolean {
    return this.#clock.nowMs >= this.#endsMs;
  }

  expectWithin(ms: number): void {
    this.#client.deadlineMs = Math.min(this.#clock.nowMs + ms, this.#endsMs);
  }

  /** Something has moved: it may stand still for so long from now. */
  moved(sending: boolean): void {
    const { timeouts, limits } = this.#gate;
    const nowMs = this.#clock.nowMs;
    this.#movedAtMs = nowMs;
    const paced = sending && limits.bodyMinBytesPerS > 0 && !this.#holdsBody;
    this.expectWithin(
      paced
        ? Math.min(timeouts.idleMs, this.#pace.leftMs(nowMs, bodyWindowMs(timeouts.idleMs)))
        : timeouts.idleMs,
    );
  }

  /** @param held the client waits to be asked for its body, and is not slow until it sends */
  holdBody(held: boolean): void {
    this.#holdsBody = held;
  }

  /** A body is judged by what comes from now on. @param bytes of it so far */
  paceFrom(bytes: number): void {
    this.#pace.begin(this.#clock.nowMs, bytes);
  }

  /** Some of the request body has come. @param bytes of it before */
  bodyArrives(bytes: number): void {
    if (!this.#holdsBody) return;
    this.#holdsBody = false;
    this.paceFrom(bytes);
  }

  upstreamFull(socket: net.Socket): void {
    this.#toUpstream.begin(socket);
  }

  /**
   * Either the upstream does not take the body, or the client does not send it.
   * @param total bytes of the body so far
   * @returns null: it may go on
   */
  judgeBody(upstream: net.Socket | undefined, total: number): Refusal | 'not-taken' | null {
    const { limits, timeouts } = this.#gate;
    const nowMs = this.#clock.nowMs;
    const leftMs = this.#movedAtMs + timeouts.idleMs - nowMs;
    if (upstream?.writableNeedDrain === true) {
      if (this.#toUpstream.moved(upstream)) this.moved(true);
      else if (leftMs > 0) this.expectWithin(leftMs);
      else return 'not-taken';
      return null;
    }
    if (leftMs <= 0) return REFUSAL.bodyTimeout;
    const windowMs = bodyWindowMs(timeouts.idleMs);
    const { bodyMinBytesPerS } = limits;
    if (!this.#holdsBody && this.#pace.tooSlow(nowMs, total, windowMs, bodyMinBytesPerS))
      return REFUSAL.bodyTooSlow;
    this.expectWithin(Math.min(leftMs, this.#pace.leftMs(nowMs, windowMs)));
    return null;
  }

  /**
   * The request is out.
   * @param ms the first byte may take; less for a client that has ended its side
   * @param hedgeMs when another endpoint is asked, if that is earlier
   */
  expectAnswer(ms: number, hedgeMs: number): void {
    const nowMs = this.#clock.nowMs;
    const { halfClosedMs } = this.#gate.timeouts;
    this.#firstByteByMs = nowMs + (this.#client.halfClosed ? Math.min(ms, halfClosedMs) : ms);
    this.expectWithin(Math.min(this.#firstByteByMs, hedgeMs) - nowMs);
  }

  /** @returns whether the first byte may still come; then it is waited for */
  answerMayCome(): boolean {
    const leftMs = this.#firstByteByMs - this.#clock.nowMs;
    if (leftMs <= 0) return false;
    this.expectWithin(leftMs);
    return true;
  }

  answerBegins(): void {
    this.#sentThisSpell = 0;
    this.moved(false);
  }

  /** The client takes no more for now. */
  clientFull(): void {
    this.#throttledUntilMs = 0;
    this.paceFrom(deliveredBytes(this.#client.socket));
  }

  get throttled(): boolean {
    return this.#throttledUntilMs > 0;
  }

  /** After each piece of an answer it waits as long as that should take. @param total sent so far */
  throttle(total: number, bytesPerS: number): void {
    const piece = total - this.#sentThisSpell;
    this.#sentThisSpell = total;
    this.#throttledUntilMs = this.#clock.nowMs + (piece * 1000) / bytesPerS;
    this.expectWithin(this.#throttledUntilMs - this.#clock.nowMs);
  }

  /** Either the client does not take the answer, or the upstream does not send it. */
  judgeAnswer(): 'goes-on' | 'throttle-over' | 'not-taken' | 'not-sent' {
    const { socket } = this.#client;
    const { limits, timeouts } = this.#gate;
    const nowMs = this.#clock.nowMs;
    if (this.throttled && nowMs >= this.#throttledUntilMs) {
      this.#throttledUntilMs = 0;
      this.moved(false);
      return 'throttle-over';
    }
    if (!socket.writableNeedDrain) return 'not-sent';
    const least = Math.max(limits.readMinBytesPerS, 1 / timeouts.idleMs);
    if (this.#pace.tooSlow(nowMs, deliveredBytes(socket), timeouts.idleMs, least))
      return 'not-taken';
    this.moved(false);
    return 'goes-on';
  }
}

const bodyWindowMs = (idleMs: number): number => Math.min(idleMs, MAX_BODY_WINDOW_MS);
