/** What became of the copies of one rule. Every drawn request ends in exactly one of these. */

/** Why nothing was sent. */
const DROPS = [
  'in-flight',
  'rps',
  'buffer',
  'connections',
  'pressure',
  'down',
  'nowhere',
  'too-large',
  'cut',
  'quota',
  'elsewhere',
  'no-shadow',
  'foreign-uid',
  'stopped',
  'bug',
] as const;
export type Drop = (typeof DROPS)[number];

/** Why there was no whole answer to what was sent. */
const FAILURES = ['timed-out', 'failed', 'answer-too-large', 'stopped'] as const;
export type Failure = (typeof FAILURES)[number];

export class RuleCounts {
  /** Requests that the rule fits and the draw has taken. */
  drawn = 0;
  sent = 0;
  /** By the hundreds of their status, from 2xx on. */
  readonly answered = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
  readonly dropped = zeros(DROPS);
  readonly failed = zeros(FAILURES);
  /** Second requests to the same group, that noise is learnt from. */
  noiseAsked = 0;
  /** Answers that could not be compared: too large, not to be decoded, or none. */
  notCompared = 0;

  answeredWith(status: number): void {
    const of = `${Math.trunc(status / 100)}xx` as keyof RuleCounts['answered'];
    this.answered[of]++;
  }
}

const zeros = <K extends string>(keys: readonly K[]): Record<K, number> =>
  Object.fromEntries(keys.map((k) => [k, 0])) as Record<K, number>;
