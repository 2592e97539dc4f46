/**
 * How a group has done since a release came to its present stage, as each gate counts it and as they
 * are added up. Times go into a histogram whose bounds grow by a fifth, so a quantile is right to a tenth.
 */

export interface GroupMeasure {
  readonly requests: number;
  /** Answers that were 5xx, or none. */
  readonly failed: number;
  /** Requests by time to the answer’s head; trailing zeros left out. */
  readonly times: readonly number[];
}

/** Both sides of one release, at one gate. */
export interface ReleaseMeasure {
  readonly percent: number;
  /** When its stage came onto the board: counts belong to that stage alone. */
  readonly sinceMs: number;
  readonly from: GroupMeasure;
  readonly to: GroupMeasure;
  /** Of `to`, the last ten to twenty seconds. */
  readonly lately: GroupMeasure;
}

const FIRST_MS = 0.5;
const GROWTH = 1.2;
/** Up to about four minutes; slower is as slow. */
const MOST_TIMES = 72;
const LOG_GROWTH = Math.log(GROWTH);

/** Where a time is counted. */
export function timeIndex(ms: number): number {
  if (ms <= FIRST_MS) return 0;
  return Math.min(MOST_TIMES - 1, Math.ceil(Math.log(ms / FIRST_MS) / LOG_GROWTH));
}

export const NOTHING_MEASURED: GroupMeasure = Object.freeze({ requests: 0, failed: 0, times: [] });

export const sumOf = (a: GroupMeasure, b: GroupMeasure): GroupMeasure => ({
  requests: a.requests + b.requests,
  failed: a.failed + b.failed,
  times: Array.from(
    { length: Math.max(a.times.length, b.times.length) },
    (_, i) => (a.times[i] ?? 0) + (b.times[i] ?? 0),
  ),
});

/** @param part 0 … 1. @returns null where nothing was timed */
export function quantileMs({ times }: GroupMeasure, part: number): number | null {
  const all = times.reduce((sum, n) => sum + n, 0);
  if (all === 0) return null;
  let left = all * part;
  for (let i = 0; i < times.length; i++) {
    left -= times[i]!;
    if (left <= 0) return FIRST_MS * GROWTH ** (i - 0.5);
  }
  return FIRST_MS * GROWTH ** times.length;
}
