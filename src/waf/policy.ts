/** What one route asks of the firewall. Compiled of the Firewall document. */
import type { BodyLimits } from './body/index.ts';
import type { Exclusion, RuleChoice } from './ir.ts';
import type { Program } from './program.ts';

export const MODES = ['off', 'detect', 'block'] as const;
/** detect: everything is judged and told, nothing is refused. */
export type Mode = (typeof MODES)[number];

/** One hole that somebody answers for. */
export interface PolicyExclusion {
  readonly rules: RuleChoice;
  /** null: the rules are out altogether. */
  readonly target: Exclusion | null;
  readonly owner: string;
  readonly reason: string;
  /** Milliseconds since 1970; null: it does not end. */
  readonly expiresAtMs: number | null;
}

/** What makes one program of a rule source different from another. */
export interface ProgramSettings {
  /** Initial values of TX, by lower-case name. No rule overwrites them. */
  readonly presets: ReadonlyMap<string, string>;
  readonly exclusions: readonly PolicyExclusion[];
  /** Rules for the bodies of answers are compiled too. */
  readonly responseBodies: boolean;
}

type OverLimit = 'reject' | 'prefix' | 'pass';

interface BodyPolicy {
  /** So much of a body is held and judged. */
  readonly inspectBytes: number;
  /** A longer one: refused with 413; judged by its first part; or let pass unseen. */
  readonly overLimit: OverLimit;
  /** Bodies up to here are judged on the loop, longer ones by a worker. */
  readonly inlineBytes: number;
  /** refuse: a body with a content coding is answered 415; else so many bytes may come out. */
  readonly inflatedBytes: number | 'refuse';
  readonly limits: BodyLimits;
}

interface AnswerPolicy {
  readonly bodies: boolean;
  readonly inspectBytes: number;
  /** `type/subtype` in lower case. */
  readonly types: ReadonlySet<string>;
}

export interface Policy {
  readonly name: string;
  readonly mode: Mode;
  readonly program: Program;
  /** Judged beside the other, and only counted. */
  readonly shadow: Program | null;
  readonly inboundThreshold: number;
  readonly body: BodyPolicy;
  readonly answer: AnswerPolicy;
  /** CPU time that one request may take. */
  readonly budgetMs: number;
  readonly onOverBudget: 'block' | 'pass';
}
