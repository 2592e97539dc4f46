/**
 * One request and its answer: asks the core once, carries the decision out, tells the hooks how it
 * went. Reused for every request of its connection.
 *
 *   idle ──start──▶ (inspecting) ──▶ (delayed) ──▶ (queued) ──▶ dialling ──▶ sending ──▶ waiting ──first byte──▶ answering ──▶ idle
 *                        └───────────────┴─────────────┴───────────┴──────────┴─── fail: another endpoint, an answer of ours, or a break
 *
 * Over 300 lines: it is one state machine, and the ways it can end must be seen together.
 */

import type { Decision, Forward } from '../../decide/decision.ts';
import { decide } from '../../decide/index.ts';
import type { Priority } from '../../model/priority.ts';
import { EPOCH_HEADER, gateToken } from '../../peer/index.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { Fault } from '../../zone/compile-faults.ts';
import { BodyReader, MALFORMED } from '../http1/body.ts';
import { writeParts } from '../http1/body-writer.ts';
import { READ_BUFFER_BYTES, type ReadBuffers } from '../http1/read-buffers.ts';
import { REFUSAL, type Refusal } from '../http1/refusals.ts';
import type { UpstreamConnection, UpstreamUser } from '../upstream/connection.ts';
import { type Attempt, Attempts } from './attempts.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Copy } from './copier.ts';
import { Deadlines } from './deadlines.ts';
import { Entry } from './entry.ts';
import {
  ANSWER,
  answer,
  answerOf,
  faultAnswer,
  type GateAnswer,
  OPTIONS_ANSWERED,
  renderAnswer,
  renderOptions,
} from './gate-answer.ts';
import type { Gateway } from './gateway.ts';
import { Hedge } from './hedge.ts';
import type { HeldBody } from './held-body.ts';
import { Inspecting } from './inspecting.ts';
import type { Inspector, OwnPage, Verdict } from './inspector.ts';
import { endOf, Opening, REPLAY_BYTES } from './opening.ts';
import { type EndedBy, RequestRecord } from './record.ts';
import { repeatsRouting } from './repeated.ts';
import { ResponseRelay } from './response-relay.ts';
import { ringKey } from './ring-key.ts';
import { type SenderFacts, senderOf } from './sender.ts';
import { byHealth } from './spill.ts';
import { Tunnel, type TunnelEnding, type TunnelOwner } from './tunnel.ts';
import { countsAsWrite } from './writes-under-way.ts';

type Stage =
  | 'idle'
  | 'inspecting'
  | 'delayed'
  | 'queued'
  | 'dialling'
  | 'sending'
  | 'waiting'
  | 'answering';

const UNSERVED_MS = 1000;

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
  /** Told of what passes; null: the request is not mirrored. */
  copy: Copy | null = null;
  readonly #relay: ResponseRelay;
  readonly #attempts: Attempts;
  readonly #opening = new Opening();
  readonly #entry: Entry;
  readonly #hedge: Hedge;
  #stage: Stage = 'idle';
  #upstream: UpstreamConnection | null = null;
  readonly #deadlines: Deadlines;
  /** From the start to being let in; 0 when that was at once. */
  #enteredMs = 0;
  /** While it is under way: a freeze of its shard has to wait for it. */
  #write: Forward | null = null;
  /** While it is under way, of a load test. */
  #stress: Forward | null = null;
  /** The connection that has just ended. */
  #lost: UpstreamConnection | null = null;
  #acceptsHtml = false;
  #trailerDrops: readonly string[] = NOTHING;
  #tunnel: Tunnel | null = null;
  /** null until one of the connection's requests is looked at. */
  #inspecting: Inspecting | null = null;

  constructor(client: ClientConnection, gateway: Gateway) {
    this.client = client;
    this.gateway = gateway;
    this.#attempts = new Attempts(gateway.upstreams);
    this.#entry = new Entry(this, this.#attempts);
    this.#hedge = new Hedge(this, this.#attempts, this.#opening);
    this.snapshot = gateway.hooks.current();
    this.#deadlines = new Deadlines(client, gateway.clock, this.snapshot.gate);
    this.#relay = new ResponseRelay(this);
  }

  get viaPeer(): boolean {
    return this.forward?.targets[0].via === 'peer';
  }

  get toPeer(): boolean {
    return this.forward?.from === 'peer';
  }

  get priority(): Priority {
    if (this.forward?.lane?.kind === 'stress') return 'sheddable';
    return this.forward?.route.priority ?? 'normal';
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
    this.#deadlines.start(snapshot.gate);
    this.requestBody.start(head.framing, false);
    const lastOne = client.served + 1 >= snapshot.gate.limits.requestsPerConnection;
    client.closing = head.close || lastOne || (head.minorVersion === 0 && !head.keepAlive);
    this.#enteredMs = 0;
    if (head.hasUnderscore && snapshot.gate.headers.underscore === 'refuse')
      return this.#refuse(REFUSAL.underscoreField, end);
    if (head.maxForwards === 0) return this.#answerOptions(bodyStart);
    const decision = this.#ask();
    if (decision.kind === 'respond') {
      client.exchangeStarted(false);
      const extra = decision.from === 'peer' ? `${EPOCH_HEADER}: ${decision.epoch}\r\n` : '';
      this.#answer(answerOf(decision), extra);
      return bodyStart;
    }
    const healthy = byHealth(decision, gateway.upstreams, snapshot);
    if (healthy === null) {
      client.exchangeStarted(false);
      this.#answer(ANSWER.noHealthy, '');
      return bodyStart;
    }
    this.forward = healthy;
    this.record.decision = healthy;
    return this.#open(healthy, buf, bodyStart, end);
  }

  /** Prepares what is to be sent, then looks for somebody to send it to. */
  #open(decision: Forward, buf: Buffer, bodyStart: number, end: number): number {
    const { gateway, client, snapshot, requestBody } = this;
    const head = gateway.requestHead;
    if (head.framing > this.bodyLimit) return this.#refuse(REFUSAL.bodyTooLong, end);
    if (decision.lane?.kind === 'stress') {
      if (!this.#letsStressIn(decision)) return bodyStart;
    } else if (gateway.pressure.sheds(decision.route.priority)) {
      client.exchangeStarted(false);
      gateway.pressure.shed[decision.route.priority]++;
      this.#answer(ANSWER.shed, '');
      return bodyStart;
    }
    if (repeatsRouting(head, snapshot, decision.route.identity)) {
      gateway.repeatedRouting++;
      if (snapshot.gate.headers.repeated === 'refuse')
        return this.#refuse(REFUSAL.repeatedRouting, end);
    }
    // Trailers must be no way around what is taken out of the head.
    this.#trailerDrops =
      head.nominated.length === 0
        ? decision.dropHeaders
        : [...decision.dropHeaders, ...head.nominated];
    const sender = senderOf(head, client.remote, decision.from, snapshot.gate);
    this.record.client = sender.client;
    // RFC 9110 7.4: not over a connection that is none.
    if (head.saysHttps && !sender.https) return this.#refuse(REFUSAL.insecureScheme, end);
    const { secure } = snapshot.gate.cookie;
    this.secureCookie = secure === 'always' || (secure === 'auto' && sender.https);
    const { inspector } = gateway;
    if (inspector !== null && !this.#passesHead(inspector, decision, sender)) return bodyStart;
    const { inspected } = this;
    const holds = inspected?.holds === true;
    const asked = head.upgradeTo;
    this.upgradeTo = snapshot.gate.upgrades.includes(asked) ? asked : '';
    this.#deadlines.holdBody(head.expectsContinue);
    this.#opening.make(decision, sender, snapshot, gateway, this.record, this.upgradeTo);
    if (inspected !== null && !holds) this.#opening.addLines(inspected.lines);
    if (decision.mirrors !== null && !holds) this.#beginCopy(decision);
    const large = !holds && !requestBody.done && end - bodyStart > REPLAY_BYTES;
    let used = bodyStart;
    if (large) this.#opening.leaveBody();
    else if (!holds)
      used = this.#opening.addBody(requestBody, buf, bodyStart, end, this.#trailerDrops, this.copy);
    if (used === MALFORMED) return this.#refuse(REFUSAL.badChunk, end);
    if (requestBody.total > this.bodyLimit) return this.#refuse(REFUSAL.bodyTooLong, end);
    if (countsAsWrite(decision)) {
      this.#write = decision;
      gateway.writes.begin(decision);
    }
    client.exchangeStarted(!requestBody.done);
    if (!requestBody.done) client.pause();
    const { requestMs } = decision.route;
    if (requestMs !== null) this.#deadlines.endWithin(requestMs);
    const [target] = decision.targets;
    const way = gateway.upstreams.wayOf(target, decision.route.app, snapshot);
    if (way === undefined) this.fail(ANSWER.noEndpoint);
    else {
      const key = ringKey(way.roster.policy.balance, decision, head, sender.client);
      this.#attempts.begin(way, key, decision.lane?.kind === 'stress');
      if (inspected !== null && (holds || inspected.delayMs > 0)) {
        this.#stage = 'inspecting';
        inspected.holdBack();
      } else this.#beginFault(decision.fault);
    }
    if (holds) return inspected.delayMs > 0 ? used : this.#readToInspect(buf, bodyStart, end);
    // The request itself is on its way by now, if it can be.
    if (requestBody.done) this.copy?.requestDone();
    return large ? this.#beginBody(buf, bodyStart, end) : used;
  }

  /** @returns false: it has been answered, or cut */
  #passesHead(inspector: Inspector, decision: Forward, sender: SenderFacts): boolean {
    this.#inspecting ??= new Inspecting(this, this.#deadlines);
    const first = this.#inspecting.begin(inspector, decision, sender);
    if (first === null || first.kind === 'pass' || first.kind === 'delay') return true;
    const { client, gateway } = this;
    client.exchangeStarted(false);
    this.record.requestId =
      decision.handedId ??
      gateway.ids.keepOrNext(gateway.requestHead.find('x-request-id'), sender.trusted);
    this.judged(first);
    return false;
  }

  /** null: nobody looks at the request. */
  get inspected(): Inspecting | null {
    return this.#inspecting?.active === true ? this.#inspecting : null;
  }

  /** The body, as far as it is here; it will be read on until enough of it is. */
  #readToInspect(buf: Buffer, from: number, end: number): number {
    const { inspected } = this;
    // Answered already: nobody is known who could take it.
    if (this.#stage !== 'inspecting' || inspected === null) return from;
    inspected.beginReading();
    const used = from === end ? from : this.requestBytes(buf, from, end);
    inspected.askForBody();
    if (this.takesBody) this.client.resume();
    return used;
  }

  /** By the inspector: at once, or later; of the request, or of its answer. */
  judged(what: Verdict): void {
    if (what.kind === 'answer') {
      if (what.close) this.client.closing = true;
      this.#answer(what.answer, what.lines, what.body);
    } else if (what.kind === 'cut') {
      this.record.status = 0;
      this.#end('gate');
      this.client.breakOff(true);
    } else if (this.#stage === 'inspecting') this.#passed();
    else this.#relay.passed();
  }

  /** The body that was held back is the first of what goes on. */
  #passed(): void {
    const { requestBody, inspected, forward } = this;
    if (inspected === null || forward === null) return;
    const held = inspected.body;
    this.#opening.addLines(inspected.lines);
    if (forward.mirrors !== null) this.#beginCopy(forward);
    const { copy } = this;
    if (copy !== null) held.tell(copy);
    if (requestBody.done && held.length <= REPLAY_BYTES) {
      this.#opening.addHeld(requestBody, held.text, this.#trailerDrops);
      held.drop();
    } else this.#opening.leaveBody();
    if (!requestBody.done) this.client.pause();
    this.#letOn(inspected);
    // It may be over by now, and the next request under way.
    if (copy !== null && copy === this.copy && requestBody.done) copy.requestDone();
  }

  #letOn(inspected: Inspecting): void {
    inspected.passed();
    // What an inspector adds says nothing of the zone.
    this.#enteredMs = this.record.elapsedMs();
    this.#beginFault(this.forward!.fault);
  }

  #inspectionStands(inspected: Inspecting): void {
    if (inspected.judging) this.#answer(ANSWER.inspectionLate, '');
    else if (inspected.reads) {
      const amiss = this.#deadlines.judgeBody(undefined, this.requestBody.total);
      if (amiss !== null && amiss !== 'not-taken') this.refuseLate(amiss);
    } else if (inspected.holds) {
      inspected.beginReading();
      this.client.bodyWanted();
      inspected.askForBody();
    } else this.#letOn(inspected);
  }

  /** What is held back for the inspector has no room. */
  shedHeld(): void {
    const { pressure, held } = this.gateway;
    held.refused++;
    pressure.shed[this.priority]++;
    this.#answer(ANSWER.shed, '');
  }

  /** @returns false: it has been answered */
  #letsStressIn(decision: Forward): boolean {
    const { gateway, client } = this;
    const { stress } = gateway;
    const why = gateway.pressure.shedsStress
      ? stress.refuse(decision.lane!.name, 'pressure')
      : stress.begin(this, decision, this.snapshot);
    if (why === null) {
      this.#stress = decision;
      return true;
    }
    client.exchangeStarted(false);
    this.#answer(why === 'pressure' ? ANSWER.stressShed : ANSWER.stressOverQuota, '');
    return false;
  }

  /** People have stopped its load test, while it is under way. */
  stopStress(why: GateAnswer): void {
    if (this.#tunnel !== null) this.#tunnel.cut();
    else if (this.#relay.headSent) this.breakOff('gate');
    else if (this.#stage !== 'idle') this.#answer(why, '');
  }

  /** What becomes a tunnel, or goes on to another gate, is not mirrored here. */
  #beginCopy(decision: Forward): void {
    const { gateway, record, snapshot } = this;
    if (gateway.copier === null || this.upgradeTo !== '' || this.viaPeer) return;
    const { edited: head, text: whole } = this.#opening;
    const { method, requestId } = record;
    const chunked = this.requestBody.kind === 'chunked';
    const request = { decision, snapshot, method, requestId, head, whole, chunked };
    this.copy = gateway.copier.begin(request);
  }

  #copyOver(): void {
    this.copy?.over();
    this.copy = null;
  }

  /** A large body: on its way at once if there is somebody who takes it, else held for later. */
  #beginBody(buf: Buffer, from: number, end: number): number {
    if (this.#stage === 'sending') return this.requestBytes(buf, from, end);
    // Answered already, and then nothing more is read; or not yet sent to anybody.
    return this.#stage === 'idle' ? end : from;
  }

  /** More of the body may come now; else it will be said when. */
  get takesBody(): boolean {
    if (this.#stage === 'sending') return this.#upstream?.socket.writableNeedDrain !== true;
    return this.#stage === 'inspecting' && this.#inspecting?.reads === true;
  }

  get bodyLimit(): number {
    return this.forward?.route.bodyBytes ?? this.snapshot.gate.limits.bodyBytes;
  }

  /** A drill may hold the request back, or answer it; nearly always there is none. */
  #beginFault(fault: Fault | null): void {
    if (fault === null) this.#enter();
    else if (fault.delayMs === 0) this.#faultDue(fault);
    else {
      this.#stage = 'delayed';
      this.#deadlines.expectWithin(fault.delayMs);
    }
  }

  #faultDue({ delayMs, abort }: Fault): void {
    // What a drill adds says nothing of the zone.
    if (delayMs > 0) this.#enteredMs = this.record.elapsedMs();
    if (abort === null) this.#enter();
    else this.#answer(faultAnswer(abort), '');
  }

  /** Into the zone, or into the line before it. */
  #enter(): void {
    if (!this.#entry.begin()) return;
    this.#stage = 'queued';
    // The line itself tells when it has been too long; this is for a line that nobody serves.
    this.#deadlines.expectWithin(this.#attempts.roster.policy.queueMs + UNSERVED_MS);
  }

  /** @param waited it has stood in the line */
  entered(attempt: UpstreamConnection, waited: boolean): void {
    if (waited) {
      this.#enteredMs = this.record.elapsedMs();
      this.record.queuedMs = this.#enteredMs - Math.max(0, this.record.inspectedMs);
    }
    this.#attempts.enter(this.gateway.clock.nowMs);
    this.#use(attempt);
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

  #ask(): Decision {
    const { gateway, client, record } = this;
    const { facts, requestHead: head } = gateway;
    facts.listener = client.listener.from;
    facts.remote = client.remote;
    facts.path = head.path;
    facts.query = head.query;
    facts.receivedAtMs = record.startedAtMs;
    facts.dice = Math.random();
    const decision = decide(facts, this.snapshot);
    record.decision = decision;
    if (decision.kind === 'forward' && decision.handedBoard > this.snapshot.board.epoch)
      gateway.hooks.newerBoard(decision.handedBoard);
    record.describe(head, facts.path);
    this.#acceptsHtml = prefersHtml(head.find('accept'));
    this.takesTrailers = head.takesTrailers;
    return decision;
  }

  /** Sends on it, or waits until it is connected. */
  #use(upstream: UpstreamConnection): void {
    this.#upstream = upstream;
    this.record.goesTo(upstream.endpoint.address.text);
    if (upstream.connected) {
      this.#send(upstream);
      return;
    }
    this.#stage = 'dialling';
    this.#deadlines.expectWithin(this.snapshot.gate.timeouts.connectMs);
  }

  /** The endpoint did not accept a connection: nothing was sent, so any request may go elsewhere. */
  #dialFailed(upstream: UpstreamConnection, otherwise: GateAnswer): void {
    this.#attempts.failed(upstream.endpoint);
    const attempt = this.#attempts.mayTryOther ? this.#attempts.next(this) : 'exhausted';
    if (typeof attempt !== 'string') this.#use(attempt);
    else this.fail(attempt === 'exhausted' ? otherwise : ANSWER.saturated);
  }

  upstreamReady(connection: UpstreamConnection): void {
    if (this.#isStranger(connection)) return;
    if (connection === this.#hedge.second) {
      this.#hedge.send(connection);
      return;
    }
    this.record.connectedMs = this.record.elapsedMs();
    this.#send(connection);
  }

  #send(upstream: UpstreamConnection): void {
    const held = this.#inspecting?.body;
    if (held === undefined || held.length === 0)
      upstream.socket.write(this.#opening.text, 'latin1');
    else this.#sendHeld(upstream, held);
    if (this.requestBody.done) {
      this.#requestSent();
      return;
    }
    this.#opening.clear();
    this.#stage = 'sending';
    this.#deadlines.paceFrom(this.requestBody.total);
    this.#moved();
    this.client.bodyWanted();
  }

  /** From now on as with any large body: it can't be sent again. */
  #sendHeld({ socket }: UpstreamConnection, held: HeldBody): void {
    const { requestBody } = this;
    const end = endOf(requestBody, this.#trailerDrops);
    const chunked = requestBody.kind === 'chunked';
    if (!held.writeTo(socket, this.#opening.text, chunked, end))
      this.#deadlines.upstreamFull(socket);
  }

  #requestSent(): void {
    this.client.requestBodyDone();
    if (this.#stage === 'answering') return;
    const again = this.#stage === 'waiting';
    this.#stage = 'waiting';
    if (!again) this.#hedge.plan(this.record.method, this.upgradeTo, this.gateway.clock.nowMs);
    const { firstByteMs } = this.snapshot.gate.timeouts;
    this.#deadlines.expectAnswer(this.forward?.route.firstByteMs ?? firstByteMs, this.#hedge.dueMs);
  }

  #moved(): void {
    this.#deadlines.moved(this.#stage === 'sending');
  }

  /** More of the request body. @returns how far it has read: past the body the next request begins. */
  requestBytes(buf: Buffer, from: number, end: number): number {
    const { requestBody } = this;
    if (this.#stage === 'inspecting') return this.#inspectBytes(buf, from, end);
    this.#deadlines.bodyArrives(requestBody.total);
    let at = from;
    while (at < end && !requestBody.done) {
      // What was held may be more than one read, and one piece is never larger than that.
      at = requestBody.read(buf, at, Math.min(end, at + READ_BUFFER_BYTES));
      this.client.buffers.bodyRead(requestBody.payload.bytes);
      const tooLong = requestBody.total > this.bodyLimit;
      if (at === MALFORMED || tooLong || this.#upstream === null) {
        this.refuseLate(tooLong ? REFUSAL.bodyTooLong : REFUSAL.badChunk);
        return end;
      }
      this.copy?.requestBytes(buf, requestBody.payload);
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
        this.#deadlines.upstreamFull(socket);
      }
    }
    if (requestBody.done) {
      this.client.buffers.bodyDone(this.#upstream?.socket.writableLength === 0);
      this.#requestSent();
      this.copy?.requestDone();
    } else this.#moved();
    return at;
  }

  /** What has passed meanwhile goes on at once, with the rest of this read. */
  #inspectBytes(buf: Buffer, from: number, end: number): number {
    const at = this.#inspecting!.read(buf, from, end);
    return this.#stage === 'sending' && at < end ? this.requestBytes(buf, at, end) : at;
  }

  upstreamDrained(connection: UpstreamConnection): void {
    if (connection !== this.#upstream) return;
    // While the upstream was slow, nothing could be asked of the client.
    this.#deadlines.paceFrom(this.requestBody.total);
    this.#moved();
    if (!this.requestBody.done) this.client.resume();
    else if (this.#stage === 'waiting') this.#requestSent();
  }

  upstreamBytes(connection: UpstreamConnection, buf: Buffer, length: number): void {
    if (this.#isStranger(connection)) return;
    // Whoever has begun is not late, however long he takes.
    this.#hedge.dueMs = Infinity;
    if (this.#hedge.second !== null) this.#settleHedge(connection);
    if (this.record.firstByteMs < 0) this.record.firstByteMs = this.record.elapsedMs();
    this.#relay.bytes(buf, length);
  }

  /** Given up before; whatever it says is not of this request. */
  #isStranger(connection: UpstreamConnection): boolean {
    if (connection === this.#upstream || connection === this.#hedge.second) return false;
    connection.discard();
    return true;
  }

  /** Both were asked; the one that answers first is taken, the other cut. */
  #settleHedge(winner: UpstreamConnection): void {
    const first = this.#upstream;
    const loser = this.#hedge.settle(winner, first);
    this.#upstream = winner;
    if (loser !== null && winner !== first) this.record.goesTo(winner.endpoint.address.text);
    loser?.discard();
  }

  upstreamEnded(connection: UpstreamConnection, error: Error | null): void {
    if (this.#isStranger(connection)) return;
    if (this.#hedge.second !== null) {
      this.#oneOfTwoEnded(connection);
      return;
    }
    this.#upstream = null;
    if (this.#stage !== 'dialling') {
      this.#lost = connection;
      this.#relay.ended(error);
      return;
    }
    const timedOut = error !== null && 'code' in error && error.code === 'ETIMEDOUT';
    this.#dialFailed(connection, timedOut ? ANSWER.connectTimeout : ANSWER.connectRefused);
  }

  #oneOfTwoEnded(connection: UpstreamConnection): void {
    if (!connection.reused) this.#attempts.failed(connection.endpoint);
    const other = this.#hedge.settle(connection, this.#upstream);
    if (other === null) return;
    if (other !== this.#upstream) this.record.goesTo(other.endpoint.address.text);
    this.#upstream = other;
    if (other.connected) return;
    this.#stage = 'dialling';
    this.#deadlines.expectWithin(this.snapshot.gate.timeouts.connectMs);
  }

  /** The connection went before the final head. One more try only where nothing can happen twice. */
  upstreamLost(begun: boolean): void {
    const lost = this.#lost;
    this.#lost = null;
    // That a pooled connection has died says nothing of its endpoint.
    const stale = !begun && lost?.reused === true;
    if (lost !== null && !stale) this.#attempts.failed(lost.endpoint);
    if (begun || !this.#mayRepeat()) this.fail(begun ? ANSWER.badAnswer : ANSWER.cutOff);
    else this.#repeat(stale ? this.#attempts.again(this) : this.#attempts.next(this));
  }

  #mayRepeat(): boolean {
    return (
      this.#opening.whole &&
      isIdempotent(this.record.method) &&
      this.#attempts.mayRepeat(this.gateway.clock.nowMs)
    );
  }

  #repeat(attempt: Attempt): void {
    const repeat = this.#attempts.asRepeat(attempt);
    if (typeof repeat !== 'string') this.#startOver(repeat);
    else this.fail(repeat === 'exhausted' ? ANSWER.cutOff : ANSWER.saturated);
  }

  #startOver(upstream: UpstreamConnection): void {
    this.#relay.reset();
    this.record.firstByteMs = -1;
    this.#use(upstream);
  }

  /** An answer that the policy would rather have from somebody else. @returns it is being asked for */
  repeatsElsewhere(status: number): boolean {
    const { retries } = this.#attempts.roster.policy;
    if (this.viaPeer || retries?.statuses.includes(status) !== true) return false;
    const upstream = this.#upstream;
    if (upstream === null || !this.#mayRepeat()) return false;
    const other = this.#attempts.asRepeat(this.#attempts.next(this));
    if (typeof other === 'string') return false;
    this.#judge(upstream, status);
    upstream.discard();
    this.#startOver(other);
    return true;
  }

  #judge(upstream: UpstreamConnection, status: number): void {
    const ms = this.record.firstByteMs - this.#enteredMs;
    this.#attempts.answered(upstream.endpoint, status, ms, this.gateway.clock.nowMs);
  }

  get upstreamBuffers(): ReadBuffers | undefined {
    return this.#upstream?.buffers;
  }

  answerBegins(status: number): void {
    this.record.status = status;
    this.#stage = 'answering';
    if (this.#upstream !== null) this.#judge(this.#upstream, status);
    this.#deadlines.answerBegins();
  }

  /** @param more the client takes more at once */
  answerMoved(more: boolean): void {
    this.#moved();
    if (!more) {
      this.#upstream?.socket.pause();
      this.#deadlines.clientFull();
    } else if (this.forward?.fault != null) this.#throttle(this.forward.fault.bytesPerS);
  }

  /** As much of the answer as its inspector wants is here. */
  pauseUpstream(): void {
    this.#upstream?.socket.pause();
  }

  /** The answer was held back, and goes on now. @param more the client takes more at once */
  answerReleased(more: boolean): void {
    this.answerMoved(more);
    if (more && !this.#deadlines.throttled) this.#upstream?.socket.resume();
  }

  clientDrained(): void {
    if (this.#stage !== 'answering' || this.#deadlines.throttled || this.#relay.holds) return;
    this.#moved();
    this.#upstream?.socket.resume();
  }

  /** A drill lets the answer through slowly. */
  #throttle(bytesPerS: number | null): void {
    if (bytesPerS === null) return;
    this.#upstream?.socket.pause();
    this.#deadlines.throttle(this.#relay.body.total, bytesPerS);
  }

  /** The upstream has agreed to another protocol; its 101 has gone to the client. */
  switchProtocols(): void {
    // What is sent in a tunnel is not looked at, and no freeze waits for it.
    this.#writeOver();
    const upstream = this.#upstream!;
    this.#upstream = null;
    this.#stage = 'idle';
    this.#opening.clear();
    const { tunnelIdleMs } = this.snapshot.gate.timeouts;
    // It may live for days, and is no measure of how much the zone can take.
    this.#attempts.leave();
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
      if (clean) upstream.endpoint.giveBack(upstream, this.gateway.clock.nowMs);
      else upstream.discard();
    }
    this.copy?.answerDone();
    this.#end('done');
    this.client.exchangeEnded();
  }

  /** A failure on the upstream's side: an answer of our own while none has begun, else a break. */
  fail(what: GateAnswer): void {
    if (this.#relay.headSent) {
      this.breakOff('upstream');
      return;
    }
    if (what === ANSWER.badAnswer && this.#upstream !== null)
      this.#attempts.failed(this.#upstream.endpoint);
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
    this.#deadlines.expectWithin(this.snapshot.gate.timeouts.halfClosedMs);
  }

  /** The group that was to answer has been taken out of service, and its time is over. */
  endDrained(): void {
    if (this.#relay.headSent) this.breakOff('gate');
    else this.#answer(ANSWER.drained, '');
  }

  breakOff(by: EndedBy): void {
    const culprit = this.#upstream ?? this.#lost;
    if (by === 'upstream' && culprit !== null) this.#attempts.failed(culprit.endpoint);
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
    if (this.#deadlines.isOver && this.#stage !== 'idle') {
      this.#requestIsOver();
      return;
    }
    switch (this.#stage) {
      case 'inspecting':
        this.#inspectionStands(this.#inspecting!);
        return;
      case 'delayed':
        this.#faultDue(this.forward!.fault!);
        return;
      case 'dialling':
        this.#connectTimedOut();
        return;
      case 'sending':
        this.#bodyStands();
        return;
      case 'waiting':
        this.#answerIsLate();
        return;
      case 'answering':
        if (this.#relay.holds) this.#heldAnswerStands();
        else this.#answerStands();
        return;
      case 'queued':
        this.#entry.waitedTooLong();
        return;
      case 'idle':
    }
  }

  /** Whose fault it is that the route's time is over: the upstream's only if it is what was waited for. */
  #requestIsOver(): void {
    if (this.#relay.headSent) {
      this.breakOff(this.#waitsForClient ? 'client' : 'upstream');
      return;
    }
    const waited = this.#stage === 'waiting' || this.#stage === 'dialling';
    if (waited) this.#upstreamTimedOut();
    if (this.#stage === 'inspecting')
      this.record.endedBy = this.#inspecting?.reads === true ? 'client' : 'gate';
    this.fail(ANSWER.requestTimeout);
  }

  get #waitsForClient(): boolean {
    return this.client.socket.writableNeedDrain || !this.requestBody.done;
  }

  #connectTimedOut(): void {
    const upstream = this.#upstream;
    this.#dropUpstream();
    if (upstream !== null) this.#dialFailed(upstream, ANSWER.connectTimeout);
  }

  #bodyStands(): void {
    const amiss = this.#deadlines.judgeBody(this.#upstream?.socket, this.requestBody.total);
    if (amiss === null) return;
    if (amiss === 'not-taken') {
      this.#upstreamTimedOut();
      this.fail(ANSWER.writeTimeout);
    } else this.refuseLate(amiss);
  }

  #answerIsLate(): void {
    const { nowMs } = this.gateway.clock;
    if (this.#deadlines.answerMayCome()) {
      if (nowMs >= this.#hedge.dueMs) this.#hedge.ask(nowMs);
    } else if (this.client.halfClosed) {
      this.record.endedBy = 'client';
      this.fail(ANSWER.halfClosed);
    } else {
      this.#upstreamTimedOut();
      this.fail(ANSWER.firstByteTimeout);
    }
  }

  #answerStands(): void {
    switch (this.#deadlines.judgeAnswer()) {
      case 'throttle-over':
        this.#upstream?.socket.resume();
        return;
      case 'not-sent':
        this.breakOff(this.#waitsForClient ? 'client' : 'upstream');
        return;
      case 'not-taken':
        this.breakOff('client');
        return;
      case 'goes-on':
    }
  }

  #heldAnswerStands(): void {
    if (this.#inspecting?.judging === true) this.#answer(ANSWER.inspectionLate, '');
    else if (this.#waitsForClient) this.refuseLate(REFUSAL.bodyTimeout);
    else {
      this.#upstreamTimedOut();
      this.fail(ANSWER.firstByteTimeout);
    }
  }

  #upstreamTimedOut(): void {
    if (this.#upstream === null) return;
    const ms = this.record.elapsedMs() - this.#enteredMs;
    this.#attempts.timedOut(this.#upstream.endpoint, ms, this.gateway.clock.nowMs);
  }

  /** Refused before anything was sent on. */
  #refuse(refusal: Refusal, end: number): number {
    this.#writeOver();
    this.#stressOver();
    this.#copyOver();
    this.#inspecting?.over();
    this.client.refuse(refusal, this.gateway.requestHead.method === 'HEAD');
    return end;
  }

  #answer(what: GateAnswer, extra: string, own: OwnPage | null = null): void {
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
          own,
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
    this.#hedge.drop();
  }

  #end(by: EndedBy): void {
    this.#dropUpstream();
    this.#copyOver();
    this.#lost = null;
    if (this.#stage === 'queued') this.#entry.forget();
    this.#stage = 'idle';
    this.#opening.clear();
    this.#attempts.leave();
    this.record.requestBytes = this.requestBody.total;
    this.record.responseBytes = this.#relay.headSent ? this.#relay.body.total : 0;
    this.#finishRecord(by);
  }

  #writeOver(): void {
    if (this.#write === null) return;
    this.gateway.writes.end(this.#write);
    this.#write = null;
  }

  #stressOver(): void {
    if (this.#stress === null) return;
    this.gateway.stress.end(this, this.#stress);
    this.#stress = null;
  }

  #finishRecord(by: EndedBy): void {
    const { record } = this;
    this.#writeOver();
    this.#stressOver();
    this.#inspecting?.over();
    record.endedBy = by;
    record.attempts = this.#attempts.count;
    record.durationMs = record.elapsedMs();
    this.gateway.hooks.record(record);
    // Pieces of the head hold all of it, and a kept connection may be idle for long.
    record.path = '';
    record.traceparent = '';
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
