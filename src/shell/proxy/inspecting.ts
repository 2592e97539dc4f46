/**
 * One request as its inspector looks at it: what is held back meanwhile, and the question that is open.
 *
 *   begin ──▶ (delayed) ──▶ reading ──▶ judging ──▶ passed ──▶ reading and judging of the answer ──▶ over
 *
 * The exchange acts on what is said, whether at once or later.
 */
import type { Forward } from '../../decide/decision.ts';
import type { ListenerKind, RequestFacts } from '../../model/facts.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { type BodyReader, MALFORMED } from '../http1/body.ts';
import { READ_BUFFER_BYTES } from '../http1/read-buffers.ts';
import { REFUSAL, type Refusal } from '../http1/refusals.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Deadlines } from './deadlines.ts';
import type { Gateway } from './gateway.ts';
import { HeldBody, isEnough, SLACK_BYTES } from './held-body.ts';
import type { InspectedRequest, Inspection, Inspector, Verdict } from './inspector.ts';
import { Question } from './question.ts';
import type { RequestRecord } from './record.ts';
import type { SenderFacts } from './sender.ts';

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** Whose request it is. */
interface Inspected {
  readonly client: ClientConnection;
  readonly gateway: Gateway;
  readonly record: RequestRecord;
  readonly snapshot: Snapshot;
  readonly requestBody: BodyReader;
  readonly bodyLimit: number;
  refuseLate(refusal: Refusal): void;
  /** What is held has no room. */
  shedHeld(): void;
  judged(what: Verdict): void;
  pauseUpstream(): void;
}

export class Inspecting implements InspectedRequest {
  readonly #exchange: Inspected;
  readonly #deadlines: Deadlines;
  decision!: Forward;
  sender!: SenderFacts;
  hasBody = false;
  /** Of the request: until it is sent. */
  readonly body: HeldBody;
  /** Of the answer: until that may go on. */
  readonly answer: HeldBody;
  #inspection: Inspection | null = null;
  /** The request waits so long, before anything else; 0 for nearly all. */
  delayMs = 0;
  /** The body is being read. */
  reads = false;
  /** The gate has asked the client for its body: the upstream need not. */
  saidContinue = false;
  #expectsContinue = false;
  #bodyBegun = false;
  #wanted = 0;
  #answerWanted = 0;
  /** From the start to where the request was held back; -1: it was not, or has passed. */
  #sinceMs = -1;
  readonly #question: Question;

  constructor(exchange: Inspected, deadlines: Deadlines) {
    this.#exchange = exchange;
    this.#deadlines = deadlines;
    this.#question = new Question((what) => exchange.judged(what));
    this.body = new HeldBody(exchange.gateway.held);
    this.answer = new HeldBody(exchange.gateway.held);
  }

  get snapshot(): Snapshot {
    return this.#exchange.snapshot;
  }

  get head(): RequestHead {
    return this.#exchange.gateway.requestHead;
  }

  get facts(): RequestFacts {
    return this.#exchange.gateway.facts;
  }

  get record(): RequestRecord {
    return this.#exchange.record;
  }

  get listener(): ListenerKind {
    return this.#exchange.client.listener.from;
  }

  get remote(): string {
    return this.#exchange.client.remote;
  }

  /** The request is one that is looked at. */
  get active(): boolean {
    return this.#inspection !== null;
  }

  /** What it will say comes later. */
  get judging(): boolean {
    return this.#question.isOpen;
  }

  /** Its body is wanted, and not sent on before it has been looked at. */
  get holds(): boolean {
    return this.#wanted > 0;
  }

  get lines(): string {
    return this.#inspection?.lines ?? '';
  }

  get answerLines(): string {
    return this.#inspection?.answerLines ?? '';
  }

  /** @returns what is known from the head alone; null: it is not looked at */
  begin(inspector: Inspector, decision: Forward, sender: SenderFacts): Verdict | null {
    this.decision = decision;
    this.sender = sender;
    this.hasBody = !this.#exchange.requestBody.done;
    const inspection = inspector.begin(this);
    if (inspection === null) return null;
    this.#inspection = inspection;
    const { first } = inspection;
    this.delayMs = first.kind === 'delay' ? first.ms : 0;
    this.#wanted = this.hasBody ? inspection.wantsBytes : 0;
    this.saidContinue = false;
    this.#bodyBegun = false;
    this.#expectsContinue = false;
    if (this.#wanted > 0) this.#takeExpectation();
    return first;
  }

  /** Whoever reads the body is the one to ask for it (RFC 9110 10.1.1); the upstream gets all of it unasked. */
  #takeExpectation(): void {
    const { head } = this;
    this.#expectsContinue = head.expectsContinue;
    head.expectsContinue = false;
  }

  /** The request is held back from here to `passed`. */
  holdBack(): void {
    this.#sinceMs = this.record.elapsedMs();
    if (this.delayMs > 0) this.#deadlines.expectWithin(this.delayMs);
  }

  beginReading(): void {
    this.reads = true;
    this.#deadlines.paceFrom(this.#exchange.requestBody.total);
    this.#deadlines.moved(true);
  }

  /** Only a client that has sent nothing of it waits to be asked. */
  askForBody(): void {
    if (!this.reads || !this.#expectsContinue || this.#bodyBegun) return;
    this.#expectsContinue = false;
    this.saidContinue = true;
    this.#exchange.client.socket.write(CONTINUE, 'latin1');
  }

  /** More of the request body. @returns how far it has read */
  read(buf: Buffer, from: number, end: number): number {
    const { requestBody, bodyLimit } = this.#exchange;
    if (!this.reads) return from;
    this.#bodyBegun = true;
    let at = from;
    while (at < end && !this.#hasEnough()) {
      const left = Math.max(SLACK_BYTES, this.#wanted - this.body.length);
      at = requestBody.read(buf, at, Math.min(end, at + left));
      const tooLong = requestBody.total > bodyLimit;
      if (at === MALFORMED || tooLong) {
        this.#exchange.refuseLate(tooLong ? REFUSAL.bodyTooLong : REFUSAL.badChunk);
        return end;
      }
      if (!this.body.add(buf, requestBody.payload, this.#wanted + SLACK_BYTES)) {
        this.#exchange.shedHeld();
        return at;
      }
    }
    if (this.#hasEnough()) this.#judgeBody();
    else this.#deadlines.moved(true);
    return at;
  }

  #hasEnough(): boolean {
    return isEnough(this.#exchange.requestBody, this.body.length, this.#wanted);
  }

  #judgeBody(): void {
    const { requestBody, client } = this.#exchange;
    this.reads = false;
    if (requestBody.done) client.requestBodyDone();
    const what = this.#ask('body', this.body, this.#wanted, requestBody.done);
    if (what !== null) this.#exchange.judged(what);
    else if (!requestBody.done) client.pause();
  }

  /** The request may go on. */
  passed(): void {
    this.record.inspectedMs = this.#heldMs;
    this.#sinceMs = -1;
    this.delayMs = 0;
    this.#wanted = 0;
  }

  get #heldMs(): number {
    return this.record.elapsedMs() - this.#sinceMs;
  }

  /** @returns null: it may go on */
  answerHead(status: number, head: ResponseHead): Verdict | null {
    const what = this.#inspection!.answerHead(status, head);
    return what.kind === 'answer' || what.kind === 'cut' ? what : null;
  }

  /** Asked once, before the body of an answer. */
  holdsAnswer(): boolean {
    this.#answerWanted = this.#inspection!.wantsAnswerBytes;
    return this.#answerWanted > 0;
  }

  /** What the body's reader has just found. @returns false: there is no room */
  holdAnswer(buf: Buffer, body: BodyReader): boolean {
    return this.answer.add(buf, body.payload, this.#answerWanted + READ_BUFFER_BYTES);
  }

  /** Asks if there is enough of the answer, unless that is done already. */
  judgeAnswer(body: BodyReader): void {
    const exchange = this.#exchange;
    const enough = isEnough(body, this.answer.length, this.#answerWanted);
    if (!this.judging) {
      this.#deadlines.moved(false);
      if (!enough) return;
      const what = this.#ask('answerBody', this.answer, this.#answerWanted, body.done);
      if (what !== null) {
        exchange.judged(what);
        return;
      }
    }
    if (!body.done) exchange.pauseUpstream();
  }

  /** @returns null: it will be said later */
  #ask(step: 'body' | 'answerBody', held: HeldBody, wanted: number, done: boolean): Verdict | null {
    const bytes = held.bytes(wanted);
    const what = this.#question.ask(this.#inspection!, step, bytes, done && held.length <= wanted);
    if (what === null) this.#deadlines.moved(false);
    return what;
  }

  /** Harmless for a request that is not looked at. */
  over(): void {
    const inspection = this.#inspection;
    if (inspection === null) return;
    this.#inspection = null;
    this.#question.forget();
    this.reads = false;
    if (this.#sinceMs >= 0) this.record.inspectedMs = this.#heldMs;
    this.#sinceMs = -1;
    this.delayMs = 0;
    this.#wanted = 0;
    this.body.drop();
    this.answer.drop();
    inspection.over();
  }
}
