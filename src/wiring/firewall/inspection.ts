/**
 * One request on its way through the firewall. Phase 1 and requests without a body are judged inside of
 * `begin`; short bodies on the loop; long ones by a worker, from the state that phase 1 has left.
 */
import type { ResponseHead } from '../../shell/http1/response-head.ts';
import type { Inspection, SayLater, Verdict } from '../../shell/proxy/inspector.ts';
import { inflateBody } from '../../shell/waf/inflate.ts';
import type { Judged, JudgePool } from '../../shell/waf/pool.ts';
import type { ResponseInput } from '../../waf/engine/input.ts';
import { fieldOf, headerOf } from '../../waf/engine/members.ts';
import type { Judgement, Orders, Ruling } from '../../waf/judge.ts';
import { responseInput } from './input-of.ts';
import {
  answerVerdictOf,
  BODY_TOO_LONG,
  inflateVerdict,
  PASSED,
  refuse,
  verdictOf,
} from './verdicts.ts';

/** What the inspection of one request can call on. */
export interface Bench {
  readonly pool: JudgePool;
  readonly digest: string;
  readonly orders: Orders;
  /** Shared by all of a request: it may take its time in several pieces. */
  readonly stopwatch: Stopwatch;
  /** For rules that ask for a challenge. */
  challenge(): Verdict;
  /** The request is over; take what is to be told. */
  over(inspection: WafInspection): void;
}

/** CPU time of one request, as its budget counts it. */
export interface Stopwatch {
  /** Milliseconds so far, by phase; [0] is workers' time. */
  readonly spentMs: [number, number, number, number, number];
  timed(phase: 1 | 2 | 3 | 4, judge: () => Ruling): Ruling;
}

export class WafInspection implements Inspection {
  readonly judgement: Judgement;
  readonly bench: Bench;
  readonly first: Verdict;
  readonly answerLines = '';
  readonly wantsBytes: number;
  wantsAnswerBytes = 0;
  /** How the body was treated, for metrics. */
  truncated = false;
  /** Judged by a worker. */
  byWorker = false;
  /** A body that nobody judged, and the policy says what that means. */
  unjudged = false;
  /** Why the body as such is refused, or would be in mode block: the answer's code; null: it is not. */
  bodyRefusal: string | null = null;
  #answer: ResponseInput | null = null;
  #takeBack: (() => void) | null = null;
  #isOver = false;

  constructor(judgement: Judgement, bench: Bench, hasBody: boolean) {
    this.judgement = judgement;
    this.bench = bench;
    const ruling = this.#timed(1, () => judgement.head());
    const { body } = judgement.policy;
    const looks = hasBody && ruling.kind === 'pass' && judgement.wantsBody;
    this.wantsBytes = looks ? body.inspectBytes : 0;
    if (looks) this.first = PASSED;
    else {
      const whole =
        ruling.kind === 'pass' ? this.#timed(2, () => judgement.body(null, false)) : ruling;
      this.first = this.#verdict(whole);
    }
  }

  /** Labels that rules have put on the request. */
  get lines(): string {
    const { labels } = this.judgement;
    return labels.length === 0 ? '' : `X-Ldc-Labels: ${labels.join(', ')}\r\n`;
  }

  body(bytes: Buffer, whole: boolean, later: SayLater): Verdict | null {
    const { judgement } = this;
    const { overLimit, inflatedBytes } = judgement.policy.body;
    if (!whole) {
      this.truncated = true;
      if (overLimit === 'reject') {
        const refused = this.#refuseBody(refuse(BODY_TOO_LONG));
        if (refused !== null) return refused;
      }
      if (overLimit === 'pass')
        return this.#verdict(this.#timed(2, () => judgement.body(null, true)));
    }
    const coding = fieldOf(judgement.request.headers, 'content-encoding') ?? '';
    if (coding === '' || coding.toLowerCase() === 'identity')
      return this.#judge(bytes, !whole, later);
    if (inflatedBytes === 'refuse' || !whole) {
      const refused = this.#refuseBody(inflateVerdict('unsupported'));
      return refused ?? this.#verdict(this.#timed(2, () => judgement.body(null, true)));
    }
    inflateBody(coding, bytes, inflatedBytes, (inflated) => {
      // The client has gone meanwhile: nobody waits for a verdict.
      if (this.#isOver) return;
      if (!inflated.ok) {
        const refused = this.#refuseBody(inflateVerdict(inflated.error));
        later(refused ?? this.#verdict(judgement.body(null, true)));
        return;
      }
      const verdict = this.#judge(inflated.value, false, later);
      if (verdict !== null) later(verdict);
    });
    return null;
  }

  /** @returns null: the mode lets it go on, and it is only told */
  #refuseBody(what: Verdict): Verdict | null {
    if (what.kind === 'answer') this.bodyRefusal = what.answer.code;
    return this.judgement.blocks ? what : null;
  }

  #judge(bytes: Buffer, truncated: boolean, later: SayLater): Verdict | null {
    const { judgement, bench } = this;
    const { inlineBytes } = judgement.policy.body;
    if (bytes.length <= inlineBytes || !bench.pool.works) {
      const text = bytes.latin1Slice(0, bytes.length);
      return this.#verdict(this.#timed(2, () => judgement.body(text, truncated)));
    }
    this.byWorker = true;
    this.#takeBack = bench.pool.judge(
      {
        digest: bench.digest,
        policy: judgement.policy.name,
        request: judgement.request,
        orders: bench.orders,
        state: judgement.save(),
        // A copy: the thread must not share what the loop writes on.
        bytes: new Uint8Array(bytes),
        truncated,
        budgetMs: threadBudgetMs(judgement.policy.budgetMs, bytes.length),
      },
      (judged) => later(this.#judged(judged)),
    );
    return null;
  }

  #judged(judged: Judged): Verdict {
    this.#takeBack = null;
    const { judgement, bench } = this;
    if (judged !== null) {
      bench.stopwatch.spentMs[0] += judged.ms;
      return this.#verdict(judgement.restore(judged.state));
    }
    this.unjudged = true;
    return this.#verdict(judgement.notJudged());
  }

  answerHead(_status: number, head: ResponseHead): Verdict {
    const { judgement } = this;
    const answer = responseInput(head);
    this.#answer = answer;
    const ruling = this.#timed(3, () => judgement.answerHead(answer));
    const { bodies, inspectBytes, types } = judgement.policy.answer;
    if (bodies && ruling.kind === 'pass' && looksAt(answer, types))
      this.wantsAnswerBytes = inspectBytes;
    return answerVerdictOf(ruling);
  }

  answerBody(bytes: Buffer): Verdict {
    const answer = this.#answer!;
    const text = bytes.latin1Slice(0, bytes.length);
    return answerVerdictOf(this.#timed(4, () => this.judgement.answerBody(answer, text)));
  }

  over(): void {
    this.#isOver = true;
    this.#takeBack?.();
    this.#takeBack = null;
    this.judgement.finish();
    this.bench.over(this);
  }

  #verdict(ruling: Ruling): Verdict {
    return verdictOf(ruling, () => this.bench.challenge());
  }

  #timed(phase: 1 | 2 | 3 | 4, judge: () => Ruling): Ruling {
    return this.bench.stopwatch.timed(phase, judge);
  }
}

/** A thread holds nobody else up, and harmless text costs by its length: a budget for every so many bytes. */
const BYTES_PER_BUDGET = 16_384;
const threadBudgetMs = (budgetMs: number, bytes: number): number =>
  budgetMs * Math.max(1, Math.ceil(bytes / BYTES_PER_BUDGET));

/** Only text that is not coded, and of a type that is listed. */
function looksAt({ headers }: ResponseInput, types: ReadonlySet<string>): boolean {
  const coding = fieldOf(headers, 'content-encoding');
  if (coding !== null && coding !== '' && coding.toLowerCase() !== 'identity') return false;
  const type = headerOf(headers, 'content-type') ?? '';
  const end = type.indexOf(';');
  return types.has((end < 0 ? type : type.slice(0, end)).trim().toLowerCase());
}
