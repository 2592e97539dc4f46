/**
 * What one route's comparisons have shown. Fields in which two answers of the same group differ are noise:
 * clocks, ids, draws. Only what is not noise is a mismatch, and only once enough has been learnt. A value
 * that changes here, never handed out: a report is a copy.
 */
import type { CompareRule } from './index.ts';
import type { Difference } from './json-differences.ts';

const MAX_FIELDS = 256;
/** A field counts as noise for so many noise comparisons after it was last seen to be. */
const NOISE_WINDOW = 1000;
/**
 * No noise in n comparisons leaves a share of up to 3/n possible (95 %). What mismatches no more often may
 * be noise still.
 */
const RULE_OF_THREE = 3;

/**
 * learning: too few noise comparisons. noise: two answers of one group differ in it. rare: no more often than
 * noise that has not been met yet. differs: a mismatch.
 */
export type Finding = 'learning' | 'noise' | 'rare' | 'differs';

interface Sample {
  readonly requestId: string;
  readonly atMs: number;
  readonly ours: string;
  readonly theirs: string;
}

interface FieldState {
  mismatches: number;
  noise: number;
  /** Number of the noise comparison that last showed it as noise; 0 for never. */
  lastNoise: number;
  readonly samples: Sample[];
}

interface FieldReport {
  readonly field: string;
  readonly finding: Finding;
  readonly mismatches: number;
  readonly noise: number;
  readonly samples: readonly Sample[];
}

export interface RouteReport {
  readonly compared: number;
  /** Noise comparisons so far, and how many it takes. */
  readonly learnt: number;
  readonly learn: number;
  /** Comparisons that showed at least one mismatch. */
  readonly mismatches: number;
  /** Fields beyond those kept. */
  readonly fieldsLost: number;
  readonly fields: readonly FieldReport[];
}

export class RouteFindings {
  readonly #rule: CompareRule;
  readonly #fields = new Map<string, FieldState>();
  #compared = 0;
  #learnt = 0;
  #mismatches = 0;
  #fieldsLost = 0;

  constructor(rule: CompareRule) {
    this.#rule = rule;
  }

  /** The copy's answer against the real one. */
  compared(found: readonly Difference[], requestId: string, atMs: number): void {
    this.#compared++;
    let mismatch = false;
    for (const { field, ours, theirs } of found) {
      const state = this.#stateOf(field);
      if (state === null) continue;
      state.mismatches++;
      if (this.#rule.samples > 0) {
        if (state.samples.length >= this.#rule.samples) state.samples.shift();
        state.samples.push({ requestId, atMs, ours, theirs });
      }
      mismatch ||= this.#judge(state) === 'differs';
    }
    if (mismatch) this.#mismatches++;
  }

  /** Two answers of the same group. */
  learnt(found: readonly Difference[]): void {
    this.#learnt++;
    for (const { field } of found) {
      const state = this.#stateOf(field);
      if (state === null) continue;
      state.noise++;
      state.lastNoise = this.#learnt;
    }
  }

  #stateOf(field: string): FieldState | null {
    const known = this.#fields.get(field);
    if (known !== undefined) return known;
    if (this.#fields.size >= MAX_FIELDS) {
      this.#fieldsLost++;
      return null;
    }
    const state: FieldState = { mismatches: 0, noise: 0, lastNoise: 0, samples: [] };
    this.#fields.set(field, state);
    return state;
  }

  #judge({ mismatches, lastNoise }: FieldState): Finding {
    const learnt = this.#learnt;
    if (lastNoise > 0 && learnt - lastNoise < NOISE_WINDOW) return 'noise';
    if (learnt < this.#rule.learn) return 'learning';
    if (this.#rule.learn === 0) return 'differs';
    const often = mismatches * learnt > RULE_OF_THREE * this.#compared;
    return often ? 'differs' : 'rare';
  }

  get comparisons(): number {
    return this.#compared;
  }

  get mismatches(): number {
    return this.#mismatches;
  }

  /** The worst first. */
  report(): RouteReport {
    const fields = [...this.#fields].map(([field, state]) => ({
      field,
      finding: this.#judge(state),
      mismatches: state.mismatches,
      noise: state.noise,
      samples: [...state.samples],
    }));
    const rank: Readonly<Record<Finding, number>> = { differs: 0, rare: 1, learning: 2, noise: 3 };
    fields.sort((a, b) => rank[a.finding] - rank[b.finding] || b.mismatches - a.mismatches);
    return {
      compared: this.#compared,
      learnt: this.#learnt,
      learn: this.#rule.learn,
      mismatches: this.#mismatches,
      fieldsLost: this.#fieldsLost,
      fields,
    };
  }
}
