/** One answer as it passes: status, chosen fields, and the body up to a limit. */
import type { CompareRule } from '../../mirror/index.ts';
import type { Spans } from '../http1/chunked.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { Budget } from './budget.ts';
import { Gathered } from './bytes.ts';

export class Capture {
  readonly #rule: CompareRule;
  status = 0;
  headers: (string | null)[] = [];
  encoding = '';
  /** All of the answer has come. */
  whole = false;
  /** null: too large, or no room for it. */
  #body: Gathered | null;

  constructor(rule: CompareRule, budget: Budget) {
    this.#rule = rule;
    this.#body = rule.body === 'none' ? null : new Gathered(budget);
  }

  begins(head: ResponseHead): void {
    this.status = head.status;
    this.headers = this.#rule.headers.map((name) =>
      head.find(name) === undefined ? null : head.findAll(name),
    );
    this.encoding = (head.find('content-encoding') ?? '').trim().toLowerCase();
  }

  bytes(buf: Buffer, payload: Spans): void {
    const body = this.#body;
    if (body === null || payload.bytes === 0) return;
    if (body.length + payload.bytes > this.#rule.bodyBytes || !body.add(buf, payload)) this.drop();
  }

  /** As it came over the wire; null where it was not kept. */
  get body(): Buffer | null {
    return this.#body === null ? null : Buffer.concat(this.#body.blocks);
  }

  /** Lets go of the body. */
  drop(): void {
    this.#body?.drop();
    this.#body = null;
  }
}
