/**
 * One request that is mirrored, by one rule or several: gathers what passes, and is sent when the request
 * has come whole. Whatever fails in here ends here.
 */
import type { Forward } from '../../decide/decision.ts';
import type { MirrorRule } from '../../mirror/index.ts';
import type { Snapshot, Target } from '../../snapshot/index.ts';
import type { Spans } from '../http1/chunked.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import { Gathered } from './bytes.ts';
import type { Comparison } from './comparison.ts';
import type { Drop } from './counts.ts';
import type { RuleState } from './rule-state.ts';
import type { ScenePass } from './scene-pass.ts';

/** What is told of a request when it begins. */
export interface CopiedRequest {
  readonly decision: Forward;
  readonly snapshot: Snapshot;
  readonly method: string;
  readonly requestId: string;
  readonly head: string;
  readonly whole: string;
  readonly chunked: boolean;
}

/** One rule's part in it: booked in its state until it is over. */
export interface Drawn {
  readonly rule: MirrorRule;
  readonly state: RuleState;
  readonly comparison: Comparison | null;
  /** Where a scene has it go; null: the rule says where. */
  readonly shadow: Target | null;
  /** Its part in a load test; null: it is in none. */
  readonly pass: ScenePass | null;
}

/** What the copy asks of all of them. */
export interface CopyKeeper {
  /** Room for so many more bytes? */
  take(bytes: number): boolean;
  give(bytes: number): void;
  drop(drawn: Drawn, why: Drop): void;
  /** It is whole: to be sent once the requests of this turn have been. */
  ready(copy: RequestCopy): void;
  failed(error: unknown): void;
}

export class RequestCopy {
  readonly request: CopiedRequest;
  /** Rules that still want it. */
  drawn: Drawn[];
  readonly body: Gathered;
  readonly #keeper: CopyKeeper;
  /** Taken from the budget, for its head. */
  #held: number;
  /** Sent, or handed over to be sent. */
  #done = false;
  /** Copies that are still under way, once it is done. */
  #sending = 0;

  /** @param held bytes taken from the budget for its head */
  constructor(request: CopiedRequest, drawn: Drawn[], keeper: CopyKeeper, held: number) {
    this.request = request;
    this.drawn = drawn;
    this.#keeper = keeper;
    this.#held = held;
    this.body = new Gathered(keeper);
  }

  requestBytes(buf: Buffer, payload: Spans): void {
    if (this.drawn.length === 0 || payload.bytes === 0) return;
    try {
      const bytes = this.body.length + payload.bytes;
      for (const d of this.drawn) if (bytes > d.rule.limits.bodyBytes) this.#drop(d, 'too-large');
      if (this.drawn.length === 0) return;
      // The bytes are read over as soon as this call is over.
      if (this.body.add(buf, payload)) return;
      for (const d of this.drawn) this.#drop(d, 'buffer');
    } catch (error) {
      this.#fail(error);
    }
  }

  requestDone(): void {
    if (this.#done || this.drawn.length === 0) return;
    this.#done = true;
    this.#keeper.ready(this);
  }

  answerBegins(head: ResponseHead): void {
    try {
      for (const { comparison } of this.drawn) comparison?.ours.begins(head);
    } catch (error) {
      this.#fail(error);
    }
  }

  answerBytes(buf: Buffer, payload: Spans): void {
    try {
      for (const { comparison } of this.drawn) comparison?.ours.bytes(buf, payload);
    } catch (error) {
      this.#fail(error);
    }
  }

  answerDone(): void {
    for (const { comparison } of this.drawn) if (comparison !== null) comparison.ours.whole = true;
  }

  /** Cut where not all of the request has come: a part of it is no request. */
  over(): void {
    try {
      if (!this.#done) for (const d of this.drawn) this.#drop(d, 'cut');
      for (const { comparison } of this.drawn)
        if (comparison !== null) comparison.ended(comparison.ours);
    } catch (error) {
      this.#fail(error);
    }
  }

  #drop(drawn: Drawn, why: Drop): void {
    this.drawn = this.drawn.filter((d) => d !== drawn);
    this.#keeper.drop(drawn, why);
    if (this.drawn.length === 0) this.#release();
  }

  /** One more copy is under way. */
  begun(): void {
    this.#sending++;
  }

  /** One less; the bytes are let go with the last. */
  ended(): void {
    if (--this.#sending <= 0) this.#release();
  }

  #release(): void {
    this.#keeper.give(this.#held);
    this.#held = 0;
    this.body.drop();
  }

  #fail(error: unknown): void {
    this.#keeper.failed(error);
    if (!this.#done) for (const d of this.drawn) this.#drop(d, 'bug');
  }
}
