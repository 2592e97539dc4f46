/**
 * DESIGN. One request before one policy: phases in their order, what they mean under the policy's mode,
 * and what there is to tell. Pure but for the watch it is handed. A judgement may begin on the loop and
 * be continued from what a worker found (`save`, `restore`).
 */
import { type BodyReading, bodyKindOf, type ContentType, readBody } from './body/index.ts';
import type { Hit, Outcome, Stop } from './engine/hit.ts';
import type { RequestInput, ResponseInput } from './engine/input.ts';
import { fieldOf } from './engine/members.ts';
import type { TransactionState } from './engine/state.ts';
import type { Trace } from './engine/trace.ts';
import { Transaction, type Watch } from './engine/transaction.ts';
import type { Phase } from './ir.ts';
import { NATIVE_SCORE } from './native/compile-native.ts';
import type { Mode, Policy } from './policy.ts';

/** Why the firewall does not let a request go on; the codes stand in logs and metrics. */
export type RefusalCode =
  /** A rule says deny, or the anomaly score has come to its threshold. */
  | 'waf-rule'
  /** Scores of native rules, with those of CRS. */
  | 'waf-score'
  /** The body can be read in two ways. */
  | 'waf-ambiguous-body'
  | 'waf-over-budget'
  /** No thread was free for a long body, or one was lost. */
  | 'waf-not-judged';

export type Ruling =
  | { readonly kind: 'pass' }
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly code: RefusalCode;
      readonly rule: number;
    }
  | { readonly kind: 'drop'; readonly rule: number }
  | { readonly kind: 'challenge'; readonly rule: number };

const LET_PASS: Ruling = Object.freeze({ kind: 'pass' });

/** What the board orders at the moment. */
export interface Orders {
  /** Instead of the policy's; null: as declared. */
  readonly mode: Mode | null;
  readonly rulesOff: ReadonlySet<number> | null;
}
export const NO_ORDERS: Orders = Object.freeze({ mode: null, rulesOff: null });

/** To be continued elsewhere. */
export interface JudgementState {
  readonly transaction: TransactionState;
  readonly shadow: TransactionState | null;
  readonly ruling: Ruling;
  readonly fault: BodyReading['fault'];
  readonly done: boolean;
  readonly requestDone: boolean;
  readonly overBudget: boolean;
}

export class Judgement {
  readonly policy: Policy;
  readonly mode: Mode;
  readonly request: RequestInput;
  readonly type: ContentType;
  /** What would have happened in mode block; in mode block, what happens. */
  ruling: Ruling = LET_PASS;
  fault: BodyReading['fault'] = null;
  readonly #transaction: Transaction;
  readonly #shadow: Transaction | null;
  /** Its time was over before all rules were asked. */
  overBudget = false;
  /** Nothing more is judged: a rule has allowed it, switched the engine off, or it is refused. */
  #done = false;
  #requestDone = false;
  /** By a rule of the phase at hand. */
  #allowed = false;
  readonly #watch: Watch | undefined;

  /** @param tellsAll for `traces`: to explain a verdict */
  constructor(
    policy: Policy,
    request: RequestInput,
    orders: Orders,
    watch?: Watch,
    tellsAll = false,
  ) {
    this.policy = policy;
    this.mode = orders.mode ?? policy.mode;
    this.request = request;
    this.#watch = watch;
    this.type = bodyKindOf(fieldOf(request.headers, 'content-type') ?? undefined);
    this.#transaction = new Transaction(policy.program, request, orders.rulesOff, watch, tellsAll);
    this.#shadow =
      policy.shadow === null ? null : new Transaction(policy.shadow, request, null, watch);
    const processor = this.type.kind === 'none' ? '' : this.type.kind.toUpperCase();
    this.#transaction.variables.processor = processor;
    if (this.#shadow !== null) this.#shadow.variables.processor = processor;
  }

  /** A ruling is carried out: neither the mode, nor a rule, says that it is only told. */
  get blocks(): boolean {
    return this.mode === 'block' && this.#transaction.engine === 'on';
  }

  /** A body, if there is one, is judged. */
  get wantsBody(): boolean {
    return !this.#done && !this.#requestDone;
  }

  get hits(): readonly Hit[] {
    return this.#transaction.hits;
  }

  /** Every rule that matched, with what it did; none unless all is told. */
  get traces(): readonly Trace[] {
    return this.#transaction.traces ?? [];
  }

  get shadowHits(): readonly Hit[] {
    return this.#shadow?.hits ?? NO_HITS;
  }

  get labels(): readonly string[] {
    return this.#transaction.labels;
  }

  /** Of requests under CRS and native rules together. */
  get score(): number {
    const { tx } = this.#transaction;
    return tx.numberOf('blocking_inbound_anomaly_score') + tx.numberOf(NATIVE_SCORE);
  }

  get answerScore(): number {
    return this.#transaction.tx.numberOf('blocking_outbound_anomaly_score');
  }

  /** Values tested so far: the cost that does not depend on the machine. */
  get tested(): number {
    return this.#transaction.tested;
  }

  head(): Ruling {
    return this.#phase(1);
  }

  /**
   * @param bytes null: the request has no body, or none that is looked at
   * @param truncated there is more of it
   */
  body(bytes: string | null, truncated: boolean): Ruling {
    if (!this.wantsBody) return this.#now();
    if (bytes !== null || truncated) {
      const reading = bytes === null ? UNREAD : this.#read(bytes, truncated);
      this.fault = reading.fault;
      const facts = { reading, bytes: bytes ?? '', truncated };
      this.#transaction.bodyRead(facts);
      this.#shadow?.bodyRead(facts);
    }
    this.#phase(2);
    if (this.#allowed) return this.#now();
    const { inboundThreshold } = this.policy;
    const native = this.#transaction.tx.numberOf(NATIVE_SCORE) > 0;
    if (native && this.score >= inboundThreshold) this.#rule('waf-score', 403, 0);
    if (this.fault?.ambiguous === true) this.#rule('waf-ambiguous-body', 400, 0);
    return this.#now();
  }

  #read(bytes: string, truncated: boolean): BodyReading {
    const { type, policy } = this;
    const chosen = this.#transaction.variables.processor.toLowerCase();
    const kind =
      chosen === 'urlencoded' || chosen === 'multipart' || chosen === 'json' || chosen === 'xml'
        ? chosen
        : 'none';
    return readBody(kind, bytes, type, policy.body.limits, truncated);
  }

  answerHead(head: ResponseInput): Ruling {
    if (this.#done) return this.#now();
    this.#requestDone = true;
    const answer = { head, body: '' };
    this.#transaction.variables.answered(answer);
    this.#shadow?.variables.answered(answer);
    return this.#phase(3);
  }

  /** @param body text as far as it is inspected; '' where it is not */
  answerBody(head: ResponseInput, body: string): Ruling {
    if (this.#done) return this.#now();
    const answer = { head, body };
    this.#transaction.variables.answered(answer);
    this.#shadow?.variables.answered(answer);
    return this.#phase(4);
  }

  /** Rules that only report. */
  finish(): void {
    if (this.hits.length > 0) this.#transaction.run(5);
    if (this.shadowHits.length > 0) this.#shadow?.run(5);
  }

  /** Nobody has judged the body: a thread was lost, or there was no room. */
  notJudged(): Ruling {
    if (this.policy.onOverBudget === 'block') this.#rule('waf-not-judged', 503, 0);
    this.#done = true;
    return this.#now();
  }

  save(): JudgementState {
    return {
      transaction: this.#transaction.save(),
      shadow: this.#shadow?.save() ?? null,
      ruling: this.ruling,
      fault: this.fault,
      done: this.#done,
      requestDone: this.#requestDone,
      overBudget: this.overBudget,
    };
  }

  /** @returns what is to be done now */
  restore(state: JudgementState): Ruling {
    this.#transaction.restore(state.transaction);
    if (state.shadow !== null) this.#shadow?.restore(state.shadow);
    this.ruling = state.ruling;
    this.fault = state.fault;
    this.#done = state.done;
    this.#requestDone = state.requestDone;
    this.overBudget = state.overBudget;
    return this.#now();
  }

  #phase(phase: Phase): Ruling {
    if (this.#done || (this.#requestDone && phase < 3)) return this.#now();
    const outcome = this.#transaction.run(phase, this.mode === 'block');
    const { stop } = this.#transaction;
    if (stop !== null) this.#stop(stop);
    this.#take(outcome);
    this.#judgeBeside(phase);
    if (this.#transaction.engine === 'off') this.#done = true;
    return this.#now();
  }

  #take(outcome: Outcome): void {
    switch (outcome.kind) {
      case 'pass':
      case 'stop':
        return;
      case 'allow':
        this.#allowed = true;
        if (outcome.scope === 'all') this.#done = true;
        else this.#requestDone = true;
        return;
      case 'over-budget':
        this.overBudget = true;
        if (this.policy.onOverBudget === 'block') this.#rule('waf-over-budget', 503, 0);
        this.#done = true;
    }
  }

  /** What it finds is counted, and nothing else: the time it takes is not the request's. */
  #judgeBeside(phase: Phase): void {
    const shadow = this.#shadow;
    if (shadow === null) return;
    if (this.#watch?.apart === undefined) shadow.run(phase, false);
    else this.#watch.apart(() => shadow.run(phase, false));
  }

  #stop({ kind, status, rule }: Stop): void {
    if (kind === 'deny') this.#rule('waf-rule', status, rule);
    else if (this.ruling.kind === 'pass') this.ruling = { kind, rule };
  }

  /** The first reason to refuse is the one that counts. */
  #rule(code: RefusalCode, status: number, rule: number): void {
    if (this.ruling.kind === 'pass') this.ruling = { kind: 'refuse', status, code, rule };
  }

  #now(): Ruling {
    if (!this.blocks) return LET_PASS;
    if (this.ruling.kind !== 'pass') this.#done = true;
    return this.ruling;
  }
}

/** A body that nobody looks at, but that rules may know of. */
const UNREAD: BodyReading = Object.freeze({
  kind: 'none',
  args: [],
  files: [],
  partHeaders: [],
  xml: null,
  multipart: null,
  fault: null,
  rest: '',
});

const NO_HITS: readonly Hit[] = Object.freeze([]);
