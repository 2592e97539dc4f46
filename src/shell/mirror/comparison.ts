/**
 * The answers to one request: the real one, the copy's, and now and then a second of the same group, that
 * noise is learnt from. Holds what was kept of them until all have been compared.
 */
import { differences, type SeenAnswer } from '../../mirror/compare.ts';
import type { CompareRule } from '../../mirror/index.ts';
import type { RouteFindings } from '../../mirror/noise.ts';
import type { Budget } from './budget.ts';
import { Capture } from './capture.ts';
import type { RuleCounts } from './counts.ts';
import { decode } from './decode.ts';

/** What it writes down. */
export interface ComparisonBooks {
  readonly findings: RouteFindings;
  readonly counts: RuleCounts;
  readonly budget: Budget;
  /** A bug. */
  readonly failed: (error: unknown) => void;
}

export class Comparison {
  readonly ours: Capture;
  readonly theirs: Capture;
  /** null: none is asked for. */
  readonly noise: Capture | null;
  readonly #rule: CompareRule;
  readonly #books: ComparisonBooks;
  readonly #requestId: string;
  /** Still to come. */
  readonly #waits: Set<Capture>;
  /** Compared, or about to be. */
  readonly #taken = new Set<Capture>();
  /** Steps that are still to be done. */
  #pending = 0;
  /** The real answer; null: not yet. */
  #seen: SeenAnswer | 'lost' | null = null;

  constructor(rule: CompareRule, books: ComparisonBooks, requestId: string, withNoise: boolean) {
    this.#rule = rule;
    this.#books = books;
    // A piece of a head would hold all of it for as long as a report shows it.
    this.#requestId = requestId.split('').join('');
    this.ours = new Capture(rule, books.budget);
    this.theirs = new Capture(rule, books.budget);
    this.noise = withNoise ? new Capture(rule, books.budget) : null;
    const all = [this.ours, this.theirs];
    this.#waits = new Set(this.noise === null ? all : [...all, this.noise]);
  }

  /** One of them will come no further; its `whole` says whether it is there. Harmless if told before. */
  ended(capture: Capture): void {
    if (!this.#waits.delete(capture)) return;
    this.#pending++;
    // Reading two answers takes longer than any request should wait for.
    setImmediate(() =>
      this.#step(() => {
        if (capture === this.ours) this.#oursEnded();
        else if (this.#seen !== null) this.#compare(capture);
      }),
    );
  }

  #step(what: () => void): void {
    try {
      what();
    } catch (error) {
      this.#books.failed(error);
    }
    // Only now: what waits for this one may be compared inside it.
    this.#pending--;
    this.#settle();
  }

  /** Nothing will be compared. */
  abandon(): void {
    this.#waits.clear();
    this.#seen = 'lost';
    this.#settle();
  }

  #oursEnded(): void {
    this.#read(this.ours, (seen) => {
      this.#seen = seen ?? 'lost';
      for (const other of [this.theirs, this.noise])
        if (other !== null && !this.#waits.has(other)) this.#compare(other);
    });
  }

  #compare(other: Capture): void {
    if (this.#taken.has(other)) return;
    this.#taken.add(other);
    const { findings, counts } = this.#books;
    this.#read(other, (theirs) => {
      const ours = this.#seen;
      if (theirs === null || ours === null || ours === 'lost') counts.notCompared++;
      else {
        const found = differences(ours, theirs, this.#rule);
        if (other === this.theirs) findings.compared(found, this.#requestId, Date.now());
        else findings.learnt(found);
      }
    });
  }

  /** @param then gets null where the answer is not whole */
  #read(capture: Capture, then: (seen: SeenAnswer | null) => void): void {
    const { status, headers, encoding, whole } = capture;
    const body = whole ? capture.body : null;
    this.#pending++;
    const read = (plain: Buffer | null): void =>
      this.#step(() => then(whole ? { status, headers, body: plain } : null));
    if (body === null || !decode(body, encoding, this.#rule.bodyBytes, read)) read(null);
  }

  /** Lets go of everything once nothing more is to be done with it. */
  #settle(): void {
    if (this.#waits.size > 0 || this.#pending > 0) return;
    this.#seen = 'lost';
    for (const capture of [this.ours, this.theirs, this.noise]) capture?.drop();
  }
}
