/** Hears how one copy, or one second request to the same group, went; writes it down. */
import type { Spans } from '../http1/chunked.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { Capture } from './capture.ts';
import type { Comparison } from './comparison.ts';
import type { CopySender, SenderOwner } from './copy-sender.ts';
import type { Failure } from './counts.ts';
import type { RequestCopy } from './request-copy.ts';
import type { RuleState } from './rule-state.ts';

/** Where it is written down. */
export interface CopyBooks {
  readonly clock: { readonly nowMs: number };
  /** Under way. */
  readonly under: Set<CopySender>;
  /** A bug. */
  readonly failed: (error: unknown) => void;
}

export class OneCopy implements SenderOwner {
  readonly #state: RuleState;
  readonly #copy: RequestCopy;
  readonly #comparison: Comparison | null;
  readonly #capture: Capture | null;
  /** It is what the rule asks for, not what noise is learnt from. */
  readonly #counts: boolean;
  readonly #books: CopyBooks;

  constructor(
    state: RuleState,
    copy: RequestCopy,
    comparison: Comparison | null,
    side: 'theirs' | 'noise',
    books: CopyBooks,
  ) {
    this.#state = state;
    this.#copy = copy;
    this.#comparison = comparison;
    this.#capture = comparison?.[side] ?? null;
    this.#counts = side === 'theirs';
    this.#books = books;
  }

  get nowMs(): number {
    return this.#books.clock.nowMs;
  }

  answerBegins(head: ResponseHead): void {
    this.#capture?.begins(head);
  }

  answerBytes(buf: Buffer, payload: Spans): void {
    this.#capture?.bytes(buf, payload);
  }

  failed(error: unknown): void {
    this.#books.failed(error);
  }

  sent(sender: CopySender, outcome: number | Failure): void {
    this.#books.under.delete(sender);
    this.#state.leave();
    const { counts } = this.#state;
    if (this.#counts) {
      if (typeof outcome === 'number') counts.answeredWith(outcome);
      else counts.failed[outcome]++;
    }
    try {
      if (this.#capture !== null) {
        this.#capture.whole = typeof outcome === 'number';
        this.#comparison?.ended(this.#capture);
      }
    } catch (error) {
      this.#books.failed(error);
    }
    this.#copy.ended();
  }
}
