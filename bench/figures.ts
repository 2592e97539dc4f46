/** Rounds → the figures that are shown. Pure. */

/** One round of one contestant. */
export interface Round {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Of the proxy: what counts on a machine that is shared. */
  readonly requestsPerCpuSecond: number;
  readonly userMicros: number;
  readonly systemMicros: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly residentBytes: number;
  readonly errors: number;
}

export type Figure = Exclude<keyof Round, 'errors'>;

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of no values: null. Of an even number: the mean of the two in the middle. */
export function spread(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** A round with errors, or too short to be seen by the clock, says nothing. */
const counts = (round: Round): boolean =>
  round.errors === 0 && round.requests > 0 && Number.isFinite(round.requestsPerCpuSecond);

export function medianOf(rounds: readonly Round[], figure: Figure): number | null {
  return spread(rounds.filter(counts).map((r) => r[figure]))?.median ?? null;
}

/**
 * Of the ratios within each round, because what the neighbours take changes from round to round; not
 * the ratio of two medians.
 */
export function ratioTo(
  reference: readonly Round[],
  rounds: readonly Round[],
  figure: Figure,
): Spread | null {
  const ratios = rounds.flatMap((round, i) => {
    const other = reference[i];
    return other !== undefined && counts(round) && counts(other)
      ? [round[figure] / other[figure]]
      : [];
  });
  return spread(ratios);
}
