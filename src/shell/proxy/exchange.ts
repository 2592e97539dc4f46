/**
 * One request and its answer: asks the core once, carries the decision out, tells the hooks how it
 * went. Reused for every request of its connection.
 *
 *   idle ──start──▶ dialling ──▶ sending ──▶ waiting ──first byte──▶ answering ──▶ idle
 *                      └───────────┴─── fail: another endpoint, an answer of ours, or a break
 *
 * Over 300 lines: it is one state machine, and the ways it can end must be seen together.
 */

import type { Decision, Forward } from '../../decide/decision.ts';
import { decide } from '../../decide/index.ts';
import { EPOCH_HEADER, gateToken } from '../../peer/index.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { BodyReader, MALFORMED } from '../http1/body.ts';
import { writeParts } from '../http1/body-writer.ts';
import { REFUSAL, type Refusal } from '../http1/refusals.ts';
import { Attempts } from './attempts.ts';
import type { ClientConnection } from './client-connection.ts';
import {
  ANSWER,
  answer,
  type GateAnswer,
  OPTIONS_ANSWERED,
  proxyErrorOf,
  renderAnswer,
  renderOptions,
} from './gate-answer.ts';
import type { Gateway } from './gateway.ts';
import { endOf, Opening } from './opening.ts';
import { type EndedBy, RequestRecord } from './record.ts';
import { ResponseRelay } from './response-relay.ts';
import { senderOf } from './sender.ts';
import { Tunnel, type TunnelEnding, type TunnelOwner } from './tunnel.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream.ts';
import { WriteProgress } from './write-progress.ts';

type Stage = 'idle' | 'dialling' | 'sending' | 'waiting' | 'answering';

export class Exchange implements UpstreamUser, TunnelOwner {
  readonly client: ClientConnection;
  readonly gateway: Gateway;
  readonly record = new RequestRecord();
  readonly requestBody = new BodyReader();
  forward: Forward | null = null;
  /** The one that was current at the start, to the end. */
  snapshot: Snapshot;
  /** A cookie written now may say Secure. */
  secureCookie = false;
  /** The client has said `TE: trailers`. */
  takesTrailers = false;
  /** What the upstream may switch the connection to; '' for nothing. */
  upgradeTo = '';
  readonly #relay: ResponseRelay;
  readonly #attempts = new Attempts();
  readonly #opening = new Opening();
  #stage: Stage = 'idle';
  #upstream: UpstreamConnection | null = null;
  readonly #toUpstream = new WriteProgress();
  readonly #toClient = new WriteProgress();
  #reused = false;
  #acceptsHtml = false;
  #trailerDrops: readonly string[] = NOTHING;
  #tunnel: Tunnel | null = null;

  constructor(client: ClientConnection, gateway: Gateway) {
    this.client = client;
    this.gateway = gateway;
    this.snapshot = gateway.hooks.current();
    this.#relay = new ResponseRelay(this);
  }

  get viaPeer(): boolean {
    return this.forward?.targets[0].via === 'peer';
  }

  get toPeer(): boolean {
    return this.forward?.from === 'peer';
  }

  /** Takes a parsed head. @returns how far it has read: the rest is the next request's. */
  start(buf: Buffer, bodyStart: number, end: number): number {
    const { gateway, client } = this;
    const head = gateway.requestHead;
    const snapshot = gateway.hooks.current();
    this.snapshot = snapshot;
    this.forward = null;
    this.record.begin(client.remote);
    this.#relay.reset();
    this.#attempts.count = 0;
    this.requestBody.start(head.framing, false);
    const lastOne = client.served + 1 >= snapshot.gate.limits.requestsPerConnection;
    client.closing = head.close || lastOne || (head.minorVersion === 0 && !head.keepAlive);
    const refusal = this.#overLimit();
    if (refusal !== null) return this.#refuse(refusal, end);
    if (head.maxForwards === 0) return this.#answerOptions(bodyStart);
    const decision = this.#ask();
    if (decision.kind === 'respond') {
      client.exchangeStarted(false);
      const extra = decision.from === 'peer' ? `${EPOCH_HEADER}: ${decision.epoch}\r\n` : '';
      this.#answer(
        answer(
          decision.status,
          decision.reason.code,
          decision.reason.means,
          proxyErrorOf(decision.status),
        ),
        extra,
      );
      return bodyStart;
    }
    this.forward = decision;
    // Trailers must be no way around what is taken out of the head.
    this.#trailerDrops =
      head.nominated.length === 0
        ? decision.dropHeaders
        : [...decision.dropHeaders, ...head.nominated];
    const sender = senderOf(head, client.remote, decision.from, snapshot.gate);
    this.record.client = sender.client;
    const { secure } = snapshot.gate.cookie;
    this.secureCookie = secure === 'always' || (secure === 'auto' && sender.https);
    const asked = head.upgradeTo;
    this.upgradeTo = snapshot.gate.upgrades.includes(asked) ? asked : '';
    this.#opening.make(decision, sender, snapshot, gateway, this.record, this.upgradeTo);
    const used = this.#opening.addBody(this.requestBody, buf, bodyStart, end, this.#trailerDrops);
    if (used === MALFORMED) return this.#refuse(REFUSAL.badChunk, end);
    if (this.requestBody.total > snapshot.gate.limits.bodyBytes)
      return this.#refuse(REFUSAL.bodyTooLong, end);
    client.exchangeStarted(!this.requestBody.done);
    if (!this.requestBody.done) client.pause();
    this.#attempts.begin(decision.targets[0], decision.route.app, snapshot, gateway.upstreams);
    this.#dial(false, ANSWER.connectRefused);
    return used;
  }

  #answerOptions(bodyStart: number): number {
    const { client, gateway, record } = this;
    record.describe(gateway.requestHead, gateway.requestHead.path);
    record.requestId = gateway.ids.next();
    record.gateCode = OPTIONS_ANSWERED;
    record.status = 200;
    client.exchangeStarted(false);
    if (!this.requestBody.done || gateway.draining || record.minorVersion === 0)
      client.closing = true;
    client.socket.write(renderOptions(record.requestId, client.closing), 'latin1');
    this.#end('gate');
    client.exchangeEnded();
    return bodyStart;
  }

  #overLimit(): Refusal | null {
    const { requestHead } = this.gateway;
    const { gate } = this.snapshot;
    if (requestHead.hasUnderscore && gate.headers.underscore === 'refuse')
      return REFUSAL.underscoreField;
    return requestHead.framing > gate.limits.bodyBytes ? REFUSAL.bodyTooLong : null;
  }

  #ask(): Decision {
    const { gateway, client, record } = this;
    const { facts, requestHead: head } = gateway;
    facts.listener = client.listener;
    facts.remote = client.remote;
    facts.path = head.path;
    facts.query = head.query;
    facts.receivedAtMs = record.startedAtMs;
    facts.dice = Math.random();
    const decision = decide(facts, this.snapshot);
    record.decision = decision;
    record.describe(head, facts.path);
    this.#acceptsHtml = prefersHtml(head.find('accept'));
    this.takesTrailers = head.takesTrailers;
    return decision;
  }

  /**
   * Gets a connection and sends, or dials and waits.
   * @param fresh the pooled one has just proved stale: a new one to the same endpoint
   * @param otherwise what to answer when nothing is left to try
   */
  #dial(fresh: boolean, otherwise: GateAnswer): void {
    const attempt = this.#attempts.next(this.gateway.upstreams, this, fresh);
    if (attempt === 'saturated' || attempt === 'exhausted') {
      this.fail(attempt === 'saturated' ? ANSWER.saturated : otherwise);
      return;
    }
    this.#upstream = attempt;
    this.record.endpoint = attempt.pool.address.text;
    this.#reused = attempt.connected;
    if (attempt.connected) {
      this.#send(attempt);
      return;
    }
    this.#stage = 'dialling';
    this.#expectWithin(this.snapshot.gate.timeouts.connectMs);
  }

  upstreamReady(): void {
    this.record.connectedMs = this.record.elapsedMs();
    this.#send(this.#upstream!);
  }

  #send(upstream: UpstreamConnection): void {
    upstream.socket.write(this.#opening.text, 'latin1');
    if (this.requestBody.done) {
      this.#requestSent();
      return;
    }
    this.#opening.clear();
    this.#stage = 'sending';
    this.#expectWithin(this.snapshot.gate.timeouts.idleMs);
    this.client.resume();
  }

  #requestSent(): void {
    this.client.requestBodyDone();
    if (this.#stage === 'answering') return;
    this.#stage = 'waiting';
    const { firstByteMs, halfClosedMs } = this.snapshot.gate.timeouts;
    this.#expectWithin(this.client.halfClosed ? Math.min(firstByteMs, halfClosedMs) : firstByteMs);
  }

  #expectWithin(ms: number): void {
    this.client.deadlineMs = this.gateway.clock.nowMs + ms;
  }

  #moved(): void {
    this.#expectWithin(this.snapshot.gate.timeouts.idleMs);
  }

  /** More of the request body. @returns how far it has read: past the body the next request begins. */
  requestBytes(buf: Buffer, from: number, end: number): number {
    const { requestBody } = this;
    let at = from;
    while (at < end && !requestBody.done) {
      at = requestBody.read(buf, at, end);
      const tooLong = requestBody.total > this.snapshot.gate.limits.bodyBytes;
      if (at === MALFORMED || tooLong || this.#upstream === null) {
        this.refuseLate(tooLong ? REFUSAL.bodyTooLong : REFUSAL.badChunk);
        return end;
      }
      const chunked = requestBody.kind === 'chunked';
      const { socket } = this.#upstream;
      if (
        !writeParts(
          socket,
          '',
          buf,
          requestBody.payload,
          chunked,
          endOf(requestBody, this.#trailerDrops),
        )
      ) {
        this.client.pause();
        this.#toUpstream.begin(socket);
      }
    }
    if (requestBody.done) this.#requestSent();
    else this.#moved();
    return at;
  }

  upstreamDrained(): void {
    this.#moved();
    if (!this.requestBody.done) this.client.resume();
    else if (this.#stage === 'waiting') this.#requestSent();
  }

  upstreamBytes(buf: Buffer, length: number): void {
    if (this.record.firstByteMs < 0) this.record.firstByteMs = this.record.elapsedMs();
    this.#relay.bytes(buf, length);
  }

  upstreamEnded(error: Error | null): void {
    this.#upstream = null;
    if (this.#stage !== 'dialling') {
      this.#relay.ended(error);
      return;
    }
    const timedOut = error !== null && 'code' in error && error.code === 'ETIMEDOUT';
    this.#dial(false, timedOut ? ANSWER.connectTimeout : ANSWER.connectRefused);
  }

  /** The connection went before the final head. One more try only where nothing can happen twice. */
  upstreamLost(begun: boolean): void {
    const again = !begun && this.#reused && this.#opening.whole && isIdempotent(this.record.method);
    if (again) this.#dial(true, ANSWER.cutOff);
    else this.fail(begun ? ANSWER.badAnswer : ANSWER.cutOff);
  }

  answerBegins(status: number): void {
    this.record.status = status;
    this.#stage = 'answering';
    this.#moved();
  }

  /** @param more the client takes more at once */
  answerMoved(more: boolean): void {
    this.#moved();
    if (more) return;
    this.#upstream?.socket.pause();
    this.#toClient.begin(this.client.socket);
  }

  clientDrained(): void {
    if (this.#stage !== 'answering') return;
    this.#moved();
    this.#upstream?.socket.resume();
  }

  /** The upstream has agreed to another protocol; its 101 has gone to the client. */
  switchProtocols(): void {
    const upstream = this.#upstream!;
    this.#upstream = null;
    this.#stage = 'idle';
    this.#opening.clear();
    const { tunnelIdleMs } = this.snapshot.gate.timeouts;
    this.#tunnel = new Tunnel(this.client, upstream, this, tunnelIdleMs);
    this.client.tunnelBegins(this.#tunnel);
  }

  tunnelEnded(ending: TunnelEnding): void {
    const { record } = this;
    record.requestBytes = this.#tunnel?.bytesUp ?? 0;
    record.responseBytes = this.#tunnel?.bytesDown ?? 0;
    this.#tunnel = null;
    this.#finishRecord(ending === 'both-ended' ? 'done' : ending);
  }

  answerEnds(): void {
    const upstream = this.#upstream;
    const clean = this.#relay.reusable && this.requestBody.done;
    this.#upstream = null;
    if (!this.requestBody.done) this.client.closing = true;
    if (upstream !== null) {
      if (clean) upstream.pool.giveBack(upstream);
      else upstream.discard();
    }
    this.#end('done');
    this.client.exchangeEnded();
  }

  /** A failure on the upstream's side: an answer of our own while none has begun, else a break. */
  fail(what: GateAnswer): void {
    if (this.#relay.headSent) {
      this.breakOff('upstream');
      return;
    }
    if (this.record.endedBy === 'done') this.record.endedBy = 'upstream';
    this.#answer(what, '');
  }

  /** Refused while the upstream already has a part: it gets a cut connection, never a whole request. */
  refuseLate(refusal: Refusal): void {
    if (this.#relay.headSent) {
      this.breakOff('client');
      return;
    }
    this.record.endedBy = 'client';
    this.client.closing = true;
    this.#answer(answer(refusal.status, refusal.code, refusal.means, 'http_request_error'), '');
  }

  /** The client has ended its side within its request. An answer that has begun may run out. */
  requestCutShort(): void {
    if (!this.#relay.headSent) {
      this.refuseLate(REFUSAL.bodyCutShort);
      return;
    }
    this.client.closing = true;
    this.#expectWithin(this.snapshot.gate.timeouts.halfClosedMs);
  }

  breakOff(by: EndedBy): void {
    this.#end(by);
    this.client.breakOff(this.#relay.endsByClose);
  }

  clientGone(): void {
    if (this.#stage !== 'idle') this.#end('client');
  }

  clientHalfClosed(): void {
    if (this.#stage === 'waiting') this.#requestSent();
  }

  onDeadline(): void {
    switch (this.#stage) {
      case 'dialling':
        this.#dropUpstream();
        this.#dial(false, ANSWER.connectTimeout);
        return;
      case 'sending':
        if (this.#upstream?.socket.writableNeedDrain !== true) this.refuseLate(REFUSAL.bodyTimeout);
        else if (this.#toUpstream.moved(this.#upstream.socket)) this.#moved();
        else this.fail(ANSWER.writeTimeout);
        return;
      case 'waiting':
        if (this.client.halfClosed) this.record.endedBy = 'client';
        this.fail(this.client.halfClosed ? ANSWER.halfClosed : ANSWER.firstByteTimeout);
        return;
      case 'answering':
        if (!this.client.socket.writableNeedDrain) this.breakOff('upstream');
        else if (this.#toClient.moved(this.client.socket)) this.#moved();
        else this.breakOff('client');
        return;
      case 'idle':
    }
  }

  /** Refused before anything was sent on. */
  #refuse(refusal: Refusal, end: number): number {
    this.client.refuse(refusal, this.gateway.requestHead.method === 'HEAD');
    return end;
  }

  #answer(what: GateAnswer, extra: string): void {
    const { client, gateway, record } = this;
    record.gateCode = what.code;
    record.status = what.status;
    if (!this.requestBody.done || record.minorVersion === 0) client.closing = true;
    if (record.requestId === '') record.requestId = gateway.ids.next();
    if (client.alive) {
      client.socket.write(
        renderAnswer(what, {
          gate: gateToken(gateway.idc),
          requestId: record.requestId,
          html: this.#acceptsHtml,
          close: client.closing || gateway.draining,
          omitBody: record.method === 'HEAD',
          extra,
        }),
        'latin1',
      );
    }
    this.#end(record.endedBy === 'done' ? 'gate' : record.endedBy);
    client.exchangeEnded();
  }

  #dropUpstream(): void {
    this.#upstream?.discard();
    this.#upstream = null;
  }

  #end(by: EndedBy): void {
    this.#dropUpstream();
    this.#stage = 'idle';
    this.#opening.clear();
    this.record.requestBytes = this.requestBody.total;
    this.record.responseBytes = this.#relay.body.total;
    this.#finishRecord(by);
  }

  #finishRecord(by: EndedBy): void {
    const { record } = this;
    record.endedBy = by;
    record.attempts = this.#attempts.count;
    record.durationMs = record.elapsedMs();
    this.gateway.hooks.record(record);
  }
}

const NOTHING: readonly string[] = Object.freeze([]);

const isIdempotent = (method: string): boolean =>
  method === 'GET' ||
  method === 'HEAD' ||
  method === 'OPTIONS' ||
  method === 'PUT' ||
  method === 'DELETE';

const prefersHtml = (accept: string | undefined): boolean =>
  accept?.includes('text/html') === true && !accept.includes('json');
