/**
 * RateLimit and RateLimit-Policy by draft-ietf-httpapi-ratelimit-headers-11 (May 2026; structured fields,
 * RFC 9651): the rule's name is the policy, `q` and `w` its quota and window in seconds, `r` what is left
 * of it and `t` the seconds for which that holds.
 */
import type { RateRule } from './index.ts';

export type Fields = readonly (readonly [name: string, value: string])[];

/** How a client stands with one rule. */
export interface Standing {
  readonly rule: RateRule;
  readonly left: number;
  /** Seconds within which no more than `left` should be asked. */
  readonly withinS: number;
}

export const standingFields = ({ rule, left, withinS }: Standing): Fields => [
  ['RateLimit-Policy', `"${rule.name}";q=${rule.limit};w=${rule.windowS}`],
  ['RateLimit', `"${rule.name}";r=${left};t=${withinS}`],
];

/** Of an answer 429; Retry-After as in RFC 9110 10.2.3. */
export const refusalFields = (rule: RateRule, retryAfterS: number): Fields => [
  ['Retry-After', String(retryAfterS)],
  ...standingFields({ rule, left: 0, withinS: retryAfterS }),
];
