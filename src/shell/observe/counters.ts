/**
 * Counting at 5 ns: a slot in a typed array instead of a labelled metric object. Labels are looked
 * up when a snapshot first uses them; text is made only when somebody scrapes.
 */

import { REASONS } from '../../decide/catalogue.ts';
import type { Decision } from '../../decide/decision.ts';
import type { Target } from '../../snapshot/index.ts';

/** Upper bounds in seconds: OpenTelemetry's advice for HTTP servers, and two finer ones for an edge. */
export const BUCKETS_S = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;
const BOUNDS_MS = Float64Array.from(BUCKETS_S, (s) => s * 1000);
export const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** In place of a reason's ordinal: the gate answered without a decision. */
export const NO_REASON = REASONS.length;

/** Counts of the requests that went to one zone by one way. */
export interface Series {
  readonly zone: string;
  readonly idc: string;
  readonly via: string;
  /** By the ordinal of the reason that decided, then by status class; holes for what never came. */
  readonly byReason: (Float64Array | undefined)[];
  /** One more than there are bounds: the last is +Inf. Not cumulative. */
  readonly byDuration: Float64Array;
  sumMs: number;
}

/** Label sets are bounded by the topology; this is the bound of the bound. */
const MAX_SERIES = 20_000;

export class Counters {
  readonly series = new Map<string, Series>();
  readonly reasons = new Float64Array(REASONS.length);
  readonly gateAnswers = new Map<string, number>();
  readonly refusals = new Map<string, number>();
  readonly cookies = { set: 0, corrected: 0, cleared: 0, unreadable: 0 };
  readonly endedBy = { done: 0, client: 0, upstream: 0, gate: 0 };
  requestBytes = 0;
  responseBytes = 0;
  retries = 0;
  acceptFailures = 0;
  readonly #byTarget = new WeakMap<Target, Series>();
  /** For requests that never got a target. */
  readonly #none = this.#find('', '', 'none');

  seriesOf(decision: Decision | null): Series {
    if (decision?.kind !== 'forward') return this.#none;
    const [target] = decision.targets;
    let series = this.#byTarget.get(target);
    if (series === undefined) {
      series = this.#find(target.zone.id, target.group.idc, target.via);
      this.#byTarget.set(target, series);
    }
    return series;
  }

  #find(zone: string, idc: string, via: string): Series {
    const key = `${zone} ${idc} ${via}`;
    const known = this.series.get(key);
    if (known !== undefined) return known;
    if (this.series.size >= MAX_SERIES) return this.#none;
    const series: Series = {
      zone,
      idc,
      via,
      sumMs: 0,
      byReason: [],
      byDuration: new Float64Array(BUCKETS_S.length + 1),
    };
    this.series.set(key, series);
    return series;
  }

  countRequest(series: Series, decision: Decision | null, status: number): void {
    const ordinal = decision === null ? NO_REASON : decision.reason.ordinal;
    let counts = series.byReason[ordinal];
    if (counts === undefined) {
      counts = new Float64Array(STATUS_CLASSES.length);
      series.byReason[ordinal] = counts;
    }
    counts[statusSlot(status)]!++;
  }

  countReasons(decision: Decision): void {
    for (const reason of decision.why) this.reasons[reason.ordinal]!++;
  }
}

export function observeDuration(series: Series, ms: number): void {
  series.byDuration[durationSlot(ms)]!++;
  series.sumMs += ms;
}

export function durationSlot(ms: number): number {
  let i = 0;
  while (i < BOUNDS_MS.length && ms > BOUNDS_MS[i]!) i++;
  return i;
}

export function statusSlot(status: number): number {
  const statusClass = Math.trunc(status / 100);
  return statusClass < STATUS_CLASSES.length ? statusClass : 0;
}

export const bump = (map: Map<string, number>, key: string): void =>
  void map.set(key, (map.get(key) ?? 0) + 1);
