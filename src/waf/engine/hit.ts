/** What a transaction has to tell. Plain data: it may come from a worker. */
import type { Disposition, Phase, Severity } from '../ir.ts';

export interface Hit {
  readonly id: number;
  readonly phase: Phase;
  readonly msg: string;
  readonly data: string;
  readonly severity: Severity | null;
  readonly tags: readonly string[];
  readonly paranoia: number;
  /** The variable that matched last, as `ARGS:name`. */
  readonly target: string;
  /** Transformed; not redacted. */
  readonly value: string;
  readonly disposition: Disposition['kind'];
  /** An audit event is due. */
  readonly log: boolean;
}

/** Why a request is not to go on. */
export interface Stop {
  readonly kind: 'deny' | 'drop' | 'challenge';
  readonly status: number;
  /** Of the rule; 0: the score of native rules. */
  readonly rule: number;
  readonly phase: Phase;
}

/** allow: no more phases up to the one named are judged. */
export type Outcome =
  | { readonly kind: 'pass' }
  | { readonly kind: 'allow'; readonly scope: 'all' | 'request' }
  | { readonly kind: 'stop'; readonly stop: Stop }
  /** The time for one request was over before all rules were asked. */
  | { readonly kind: 'over-budget' };

export const PASS: Outcome = Object.freeze({ kind: 'pass' });
