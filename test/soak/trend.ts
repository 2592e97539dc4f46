/** Does a series of memory samples grow? A straight line by least squares over its last two thirds. */
export interface Sample {
  readonly atMs: number;
  readonly mib: number;
}

export interface Trend {
  readonly samples: number;
  readonly meanMib: number;
  readonly mibPerHour: number;
  /** Of the line, over the time looked at. */
  readonly growthMib: number;
  readonly flat: boolean;
}

const MS_PER_HOUR = 3_600_000;
/** Less than either of these counts as flat: heaps breathe. */
const FLAT_MIB = 24;
const FLAT_SHARE = 0.1;

export function trendOf(all: readonly Sample[]): Trend {
  const samples = all.slice(Math.trunc(all.length / 3));
  const n = samples.length;
  if (n === 0) return { samples: 0, meanMib: 0, mibPerHour: 0, growthMib: 0, flat: true };
  const meanAt = samples.reduce((sum, s) => sum + s.atMs, 0) / n;
  const meanMib = samples.reduce((sum, s) => sum + s.mib, 0) / n;
  let covariance = 0;
  let variance = 0;
  for (const { atMs, mib } of samples) {
    covariance += (atMs - meanAt) * (mib - meanMib);
    variance += (atMs - meanAt) ** 2;
  }
  const slope = variance === 0 ? 0 : covariance / variance;
  const growthMib = slope * (samples[n - 1]!.atMs - samples[0]!.atMs);
  return {
    samples: n,
    meanMib,
    mibPerHour: slope * MS_PER_HOUR,
    growthMib,
    flat: growthMib < FLAT_MIB || growthMib < meanMib * FLAT_SHARE,
  };
}
