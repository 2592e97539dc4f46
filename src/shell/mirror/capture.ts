/** One answer as it passes: status, chosen fields, and the body up to a limit. */
import type { CompareRule } from '../../mirror/index.ts';
import type { Spans } from '../http1/chunked.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { Budget } from './budget.ts';

/** Small bodies are the rule: a buffer for each piece. */
export class Capture {
  readonly #rule: CompareRule;
  readonly #budget: Budget;
  status = 0;
  headers: (string | null)[] = [];
  encoding = '';
  /** All of the answer has come. */
  whole = false;
  /** null: too large, or no room for it. */
  #pieces: Buffer[] | null = [];
  #bytes = 0;

  constructor(rule: CompareRule, budget: Budget) {
    this.#rule = rule;
    this.#budget = budget;
  }

  begins(head: ResponseHead): void {
    this.status = head.status;
    this.headers = this.#rule.headers.map((name) =>
      head.find(name) === undefined ? null : head.findAll(name),
    );
    this.encoding = (head.find('content-encoding') ?? '').trim().toLowerCase();
    if (this.#rule.body === 'none') this.#pieces = null;
  }

  bytes(buf: Buffer, payload: Spans): void {
    if (this.#pieces === null || payload.bytes === 0) return;
    if (this.#bytes + payload.bytes > this.#rule.bodyBytes || !this.#budget.take(payload.bytes)) {
      this.drop();
      return;
    }
    this.#bytes += payload.bytes;
    for (let s = 0; s < payload.count; s++)
      this.#pieces.push(Buffer.from(buf.subarray(payload.at[s * 2], payload.at[s * 2 + 1])));
  }

  /** As it came over the wire; null where it was not kept. */
  get body(): Buffer | null {
    return this.#pieces === null ? null : Buffer.concat(this.#pieces);
  }

  /** Lets go of the body. */
  drop(): void {
    this.#budget.give(this.#bytes);
    this.#bytes = 0;
    this.#pieces = null;
  }
}
