/**
 * The answer's way: upstream bytes → checked head and body → (looked at) → client.
 *
 * Slightly over 300 lines: where an answer is held back can't be told apart from how it passes.
 */
import { clearCookieText, setCookieText } from '../../cookie/attributes.ts';
import { correct } from '../../decide/route-cookie.ts';
import { laneCookieOf } from '../../decide/visitor.ts';
import {
  CORRECTION_SHARD_HEADER,
  CORRECTION_UID_HEADER,
  EPOCH_HEADER,
  gateToken,
} from '../../peer/index.ts';
import { BodyReader, MALFORMED } from '../http1/body.ts';
import { lastChunk, writeParts } from '../http1/body-writer.ts';
import { UNFRAMED } from '../http1/framing.ts';
import { INCOMPLETE, REFUSED } from '../http1/head.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import { withoutTrailers } from '../http1/trailers.ts';
import type { Exchange } from './exchange.ts';
import { ANSWER } from './gate-answer.ts';
import { correctionOf, editResponse, missingDate } from './response-edits.ts';

const MAX_INTERIM = 16;

export class ResponseRelay {
  readonly #exchange: Exchange;
  readonly body = new BodyReader();
  /** The final head has gone to the client. */
  headSent = false;
  /** Anything at all has come back. */
  begun = false;
  /** The upstream connection may be used again after this answer. */
  reusable = false;
  /** The answer ends with the connection, so a break must be a reset. */
  endsByClose = false;
  #chunked = false;
  #held: Buffer | null = null;
  /** As the client will get it, once the answer has been looked at; null: nothing is held back. */
  #heldHead: string | null = null;
  #interim = 0;
  /** Fields that the answer's Connection names: not for the client, as trailers neither. */
  #nominated: readonly string[] = [];

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  reset(): void {
    this.headSent = false;
    this.begun = false;
    this.reusable = false;
    this.endsByClose = false;
    this.#chunked = false;
    this.#held = null;
    this.#heldHead = null;
    this.#interim = 0;
    this.body.startNone();
  }

  bytes(buf: Buffer, length: number): void {
    this.begun = true;
    if (this.headSent) {
      this.#bodyBytes(buf, 0, length);
      return;
    }
    if (this.#heldHead !== null) {
      const at = this.body.read(buf, 0, length);
      if (at === MALFORMED) this.#exchange.fail(ANSWER.badAnswer);
      else this.#hold(buf, at, length);
      return;
    }
    if (this.#held === null) {
      this.#headBytes(buf, length);
      return;
    }
    const whole = Buffer.concat([this.#held, buf.subarray(0, length)]);
    this.#held = null;
    this.#headBytes(whole, whole.length);
  }

  #headBytes(buf: Buffer, end: number): void {
    const exchange = this.#exchange;
    const head = exchange.gateway.responseHead;
    let at = 0;
    for (;;) {
      if (at === end) return;
      const after = head.parse(buf, at, end);
      if (after === INCOMPLETE) {
        this.#held = Buffer.from(buf.subarray(at, end));
        return;
      }
      if (after === REFUSED || (head.status === 101 && !this.#maySwitch(head))) {
        exchange.fail(ANSWER.badAnswer);
        return;
      }
      at = after;
      if (head.status === 101) {
        this.#switch(head, buf, at, end);
        return;
      }
      if (head.status >= 200) break;
      if (++this.#interim > MAX_INTERIM) {
        exchange.fail(ANSWER.badAnswer);
        return;
      }
      this.#sendInterim(head);
    }
    this.#finalHead(head, buf, at, end);
  }

  /** 101 must be to what was asked for (RFC 9110 15.2.2). */
  #maySwitch(head: ResponseHead): boolean {
    const { upgradeTo } = this.#exchange;
    return upgradeTo !== '' && head.upgrade && head.find('upgrade')?.toLowerCase() === upgradeTo;
  }

  #switch(head: ResponseHead, buf: Buffer, at: number, end: number): void {
    const exchange = this.#exchange;
    const added = `Via: 1.1 ${gateToken(exchange.gateway.idc)}\r\nConnection: Upgrade\r\nUpgrade: ${exchange.upgradeTo}\r\n`;
    exchange.answerBegins(101);
    exchange.client.socket.write(
      editResponse(head, { toPeer: false, dropLength: true, added }),
      'latin1',
    );
    // The first bytes of the new protocol may come with the head.
    const early = at < end ? Buffer.from(buf.subarray(at, end)) : null;
    exchange.switchProtocols();
    if (early !== null) exchange.client.tunnel?.earlyBytes(early);
  }

  /** 1xx go on, but not to HTTP/1.0 clients (RFC 9110 15.2). */
  #sendInterim(head: ResponseHead): void {
    const exchange = this.#exchange;
    if (exchange.record.minorVersion === 0 || !exchange.client.alive) return;
    // The gate has asked for the body itself.
    if (head.status === 100 && exchange.inspected?.saidContinue === true) return;
    exchange.client.socket.write(
      editResponse(head, { toPeer: false, dropLength: true, added: '' }),
      'latin1',
    );
  }

  #finalHead(head: ResponseHead, buf: Buffer, at: number, end: number): void {
    const exchange = this.#exchange;
    const { client } = exchange;
    const { status } = head;
    if (exchange.repeatsElsewhere(status)) return;
    exchange.answerBegins(status);
    this.#nominated = head.nominated;
    if (
      status === 421 &&
      exchange.viaPeer &&
      head.hasInternal &&
      head.find(EPOCH_HEADER) !== undefined
    ) {
      exchange.gateway.hooks.newerBoard(-1);
      exchange.fail(ANSWER.peerRefused);
      return;
    }
    const { inspected } = exchange;
    const against = inspected === null ? null : inspected.answerHead(status, head);
    if (against !== null) {
      exchange.judged(against);
      return;
    }
    const bodyless = exchange.record.method === 'HEAD' || status === 204 || status === 304;
    if (bodyless) this.body.startNone();
    else this.body.start(head.framing, true);
    const { kind } = this.body;
    // Fields of a 204 that promise a body: the bytes may come yet, and would answer the next request.
    const suspect = status === 204 && head.framing !== UNFRAMED && head.framing !== 0;
    this.reusable =
      !head.close && (head.minorVersion === 1 || head.keepAlive) && kind !== 'close' && !suspect;
    const oneZero = exchange.record.minorVersion === 0;
    this.#chunked = !oneZero && (kind === 'chunked' || kind === 'close');
    this.endsByClose = oneZero && (kind === 'chunked' || kind === 'close');
    const used = this.body.read(buf, at, end);
    if (used === MALFORMED) {
      exchange.fail(ANSWER.badAnswer);
      return;
    }
    if (this.endsByClose || exchange.gateway.draining) client.closing = true;
    if (this.body.done && !exchange.requestBody.done) client.closing = true;
    exchange.copy?.answerBegins(head);
    const text = editResponse(head, {
      toPeer: exchange.toPeer,
      dropLength: status === 204,
      added: this.#added(head),
    });
    if (inspected !== null && kind !== 'none' && inspected.holdsAnswer()) {
      this.#heldHead = text;
      this.#hold(buf, used, end);
      return;
    }
    this.headSent = true;
    this.#pass(text, buf, used, end);
  }

  /** The answer has begun, and nothing of it has gone on. */
  get holds(): boolean {
    return this.#heldHead !== null;
  }

  /** Keeps what the body reader has just found, and all else of this read. */
  #hold(buf: Buffer, used: number, end: number): void {
    const exchange = this.#exchange;
    const { inspected } = exchange;
    let at = used;
    for (;;) {
      exchange.copy?.answerBytes(buf, this.body.payload);
      if (inspected?.holdAnswer(buf, this.body) !== true) {
        exchange.shedHeld();
        return;
      }
      if (this.body.done || at === end) break;
      at = this.body.read(buf, at, end);
      if (at === MALFORMED) {
        exchange.fail(ANSWER.badAnswer);
        return;
      }
    }
    if (at < end) this.reusable = false;
    inspected.judgeAnswer(this.body);
  }

  /** What was held back may go on, and all that comes after it. */
  passed(): void {
    const exchange = this.#exchange;
    const head = this.#heldHead;
    const held = exchange.inspected?.answer;
    if (head === null || held === undefined) return;
    this.#heldHead = null;
    this.headSent = true;
    const more = held.writeTo(exchange.client.socket, head, this.#chunked, this.#end());
    if (this.body.done) exchange.answerEnds();
    else exchange.answerReleased(more);
  }

  #bodyBytes(buf: Buffer, from: number, end: number): void {
    const used = this.body.read(buf, from, end);
    if (used === MALFORMED) this.#exchange.breakOff('upstream');
    else this.#pass('', buf, used, end);
  }

  /** Sends what the body reader has just found; goes on while one buffer holds more than it lists. */
  #pass(head: string, buf: Buffer, used: number, end: number): void {
    const exchange = this.#exchange;
    exchange.copy?.answerBytes(buf, this.body.payload);
    const more = writeParts(
      exchange.client.socket,
      head,
      buf,
      this.body.payload,
      this.#chunked,
      this.#end(),
    );
    const buffers = exchange.upstreamBuffers;
    if (this.body.done) {
      buffers?.bodyDone(exchange.client.socket.writableLength === 0);
      // Bytes after the message belong to nobody: the connection is spoilt.
      if (used < end) this.reusable = false;
      exchange.answerEnds();
      return;
    }
    if (used < end) {
      this.#bodyBytes(buf, used, end);
      return;
    }
    buffers?.bodyRead(end);
    exchange.answerMoved(more);
  }

  /** What ends the answer on the wire; '' while more is to come, or where its length ends it. */
  #end(): string {
    if (!this.#chunked || !this.body.done) return '';
    const { takesTrailers } = this.#exchange;
    return lastChunk(takesTrailers ? withoutTrailers(this.body.trailers, this.#nominated) : '');
  }

  /** The upstream will send no more. */
  ended(error: Error | null): void {
    const exchange = this.#exchange;
    if (this.#heldHead !== null) {
      this.#heldEnded(error);
      return;
    }
    if (!this.headSent) {
      exchange.upstreamLost(this.begun);
      return;
    }
    // A reset is no end: a body that only the connection measures may lack its tail.
    if (error !== null || !this.body.endOfStream()) {
      exchange.breakOff('upstream');
      return;
    }
    if (this.#chunked && exchange.client.alive)
      exchange.client.socket.write(lastChunk(''), 'latin1');
    exchange.answerEnds();
  }

  #heldEnded(error: Error | null): void {
    // All of it is here: its connection is needed no more.
    if (this.body.done) return;
    if (error !== null || !this.body.endOfStream()) this.#exchange.upstreamLost(true);
    else this.#exchange.inspected?.judgeAnswer(this.body);
  }

  /** Lines the gate adds, each with CRLF. */
  #added(head: ResponseHead): string {
    const exchange = this.#exchange;
    const { client } = exchange;
    let added = `Via: 1.${head.minorVersion} ${gateToken(exchange.gateway.idc)}\r\n`;
    added += missingDate(head, Date.now());
    const { inspected } = exchange;
    if (inspected !== null) added += inspected.answerLines;
    if (this.#chunked) added += 'Transfer-Encoding: chunked\r\n';
    const cookie = this.#cookie(head);
    // A shared cache must not hand one user's cookie to the next (RFC 9111 7.3).
    const lane = this.#laneCookie(head);
    if (cookie !== null) added += `Set-Cookie: ${cookie}\r\n`;
    if (lane !== null) added += `Set-Cookie: ${lane}\r\n`;
    if (cookie !== null || lane !== null) added += 'Cache-Control: private\r\n';
    if (client.closing) added += 'Connection: close\r\n';
    else if (exchange.record.minorVersion === 0) added += 'Connection: keep-alive\r\n';
    return added;
  }

  #laneCookie(head: ResponseHead): string | null {
    const { forward, snapshot, secureCookie } = this.#exchange;
    if (forward === null || !snapshot.placement.lanes.needVisitors) return null;
    // Nobody's session, whomever the application names.
    if (forward.lane?.kind === 'stress' || forward.copyMark !== null) return null;
    const named = head.hasInternal ? correctionOf(head, CORRECTION_UID_HEADER) : null;
    const value =
      (named === null ? null : laneCookieOf(named, forward, snapshot)) ?? forward.laneCookieToSet;
    if (value === null) return null;
    const { cookie } = snapshot.gate;
    const lane = { ...cookie, name: cookie.laneName, maxAgeS: cookie.laneMaxAgeS };
    return setCookieText(lane, value, secureCookie);
  }

  #cookie(head: ResponseHead): string | null {
    const exchange = this.#exchange;
    const { forward, snapshot } = exchange;
    if (forward === null) return null;
    const { cookie } = snapshot.gate;
    if (head.hasInternal) {
      const uid = correctionOf(head, CORRECTION_UID_HEADER);
      const shard = correctionOf(head, CORRECTION_SHARD_HEADER);
      if (uid !== null || shard !== null) {
        const correction = correct(forward, uid, shard, exchange.record.startedAtMs, snapshot);
        if (correction.kind === 'none') return null;
        if (correction.kind === 'set') {
          exchange.record.cookieWritten = 'corrected';
          return setCookieText(cookie, correction.value, exchange.secureCookie);
        }
        if (correction.kind === 'unreadable') exchange.record.cookieWritten = 'unreadable';
        if (correction.kind === 'clear') {
          exchange.record.cookieWritten = 'cleared';
          return clearCookieText(cookie, exchange.secureCookie);
        }
      }
    }
    if (forward.clearsCookie) {
      exchange.record.cookieWritten = 'cleared';
      return clearCookieText(cookie, exchange.secureCookie);
    }
    if (forward.cookieToSet === null) return null;
    exchange.record.cookieWritten = 'set';
    return setCookieText(cookie, forward.cookieToSet, exchange.secureCookie);
  }
}
