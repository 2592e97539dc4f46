import type { CounterRule } from './counters.ts';
import type { RateRule } from './index.ts';
import type { KeyWords } from './keyed-hash.ts';

/** As many as a document may have. */
const MOST_RULES = 256;

/** What was found while one request is judged; one object for all of them, in turn. */
export class Course {
  /** Counters that the request is counted with if it goes on, and its keys there. */
  held = 0;
  readonly heldRules: CounterRule[] = [];
  readonly heldHi = new Int32Array(MOST_RULES);
  readonly heldLo = new Int32Array(MOST_RULES);
  /** The rule whose action is the hardest; the first declared of equals. */
  worst: RateRule | null = null;
  worstRank = 0;
  /** The longest of those that refuse. */
  waitMs = 0;
  tags: string | null = null;
  /** Of the rules that tell clients how they stand, the one with the least left. */
  toldRule: RateRule | null = null;
  toldLeft = 0;

  begin(): void {
    this.held = 0;
    this.worst = null;
    this.worstRank = 0;
    this.waitMs = 0;
    this.tags = null;
    this.toldRule = null;
    this.toldLeft = Number.POSITIVE_INFINITY;
  }

  hold(rule: CounterRule, { hi, lo }: KeyWords): void {
    this.heldRules[this.held] = rule;
    this.heldHi[this.held] = hi;
    this.heldLo[this.held] = lo;
    this.held++;
  }

  tag(label: string): void {
    this.tags = this.tags === null ? label : `${this.tags}, ${label}`;
  }

  above(rule: RateRule, rank: number, waitMs: number): void {
    if (rank > 0) this.waitMs = Math.max(this.waitMs, waitMs);
    if (rank <= this.worstRank) return;
    this.worst = rule;
    this.worstRank = rank;
  }
}
