/** Hears how one copy, or one second request to the same group, went; writes it down. */
import type { Spans } from '../http1/chunked.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { Capture } from './capture.ts';
import type { CopySender, SenderOwner } from './copy-sender.ts';
import type { Failure } from './counts.ts';
import type { Drawn, RequestCopy } from './request-copy.ts';

/** Where it is written down. */
export interface CopyBooks {
  readonly clock: { readonly nowMs: number };
  /** Under way. */
  readonly under: Set<CopySender>;
  /** A bug. */
  readonly failed: (error: unknown) => void;
}

export class OneCopy implements SenderOwner {
  readonly #drawn: Drawn;
  readonly #copy: RequestCopy;
  readonly #capture: Capture | null;
  /** It is what the rule asks for, not what noise is learnt from. */
  readonly #counts: boolean;
  readonly #books: CopyBooks;

  constructor(
    drawn: Drawn,
    copy: RequestCopy,
    capture: Capture | null,
    what: 'copy' | 'noise',
    books: CopyBooks,
  ) {
    this.#drawn = drawn;
    this.#copy = copy;
    this.#capture = capture;
    this.#counts = what === 'copy';
    this.#books = books;
  }

  get nowMs(): number {
    return this.#books.clock.nowMs;
  }

  begins(sender: CopySender): void {
    this.#drawn.pass?.sent(performance.now(), () => sender.stopped());
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
    const { state, pass, comparison } = this.#drawn;
    state.leave();
    pass?.leave();
    const { counts } = state;
    if (this.#counts) {
      if (typeof outcome === 'number') counts.answeredWith(outcome);
      else counts.failed[outcome]++;
    }
    try {
      if (typeof outcome === 'number') pass?.answered(outcome, performance.now());
      if (this.#capture !== null) {
        this.#capture.whole = typeof outcome === 'number';
        comparison?.ended(this.#capture);
      }
    } catch (error) {
      this.#books.failed(error);
    }
    this.#copy.ended();
  }
}
