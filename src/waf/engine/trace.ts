/** What one rule did to one request: gathered only where a verdict is to be explained. */
import type { Rule } from '../ir.ts';
import type { Hit } from './hit.ts';
import type { Matched } from './values.ts';

/** A variable of TX that the rule has changed. */
export interface Change {
  /** In lower case. */
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface Trace {
  readonly rule: Rule;
  /** Of its first match. */
  readonly hit: Hit;
  /** All that its last link matched, up to MAX_MATCHES. */
  readonly matched: readonly Matched[];
  /** In their order; a name may stand there for each match. */
  readonly changes: readonly Change[];
  /** It has taken rules, or targets of rules, out of the rest of the request, or switched the engine. */
  readonly controls: boolean;
}

export const MAX_MATCHES = 20;
