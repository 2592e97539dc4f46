/** Load tests are counted by scene, apart from users: a test must not look like a good, or a bad, day. */
import { CONNECTION_CLASSES } from '../../model/facts.ts';
import { BUCKETS_S, durationSlot, STATUS_CLASSES, statusSlot } from './counters.ts';
import { counter, gauge, type Metric, type Sample } from './metric.ts';

/** Names are declared ones, at most 64 at once; this is for many reloads. */
const MAX_SCENES = 1000;

interface SceneCounts {
  /** By who spoke, then by status class. */
  readonly byFrom: Readonly<Record<SceneSpeaker, Float64Array>>;
  /** As in `Series`. */
  readonly byDuration: Float64Array;
  sumMs: number;
}

/** mirror: copies of users' requests. */
const SPEAKERS = [...CONNECTION_CLASSES, 'mirror'] as const;
type SceneSpeaker = (typeof SPEAKERS)[number];

const none = (): Float64Array => new Float64Array(STATUS_CLASSES.length);

export class StressCounters {
  readonly scenes = new Map<string, SceneCounts>();

  count(scene: string, from: SceneSpeaker, status: number, durationMs: number): void {
    const counts = this.#of(scene);
    if (counts === null) return;
    counts.byFrom[from][statusSlot(status)]!++;
    if (status === 101) return;
    counts.byDuration[durationSlot(durationMs)]!++;
    counts.sumMs += durationMs;
  }

  #of(scene: string): SceneCounts | null {
    const known = this.scenes.get(scene);
    if (known !== undefined) return known;
    if (this.scenes.size >= MAX_SCENES) return null;
    const counts = {
      byFrom: { external: none(), app: none(), peer: none(), operator: none(), mirror: none() },
      byDuration: new Float64Array(BUCKETS_S.length + 1),
      sumMs: 0,
    };
    this.scenes.set(scene, counts);
    return counts;
  }
}

/** What only the moment of the scrape knows. */
export interface StressGauges {
  /** By scene. */
  underWay(): Readonly<Record<string, number>>;
  /** By scene, then by reason. */
  refused(): Iterable<readonly [string, Readonly<Record<string, number>>]>;
  cut(): number;
}

/** @param forged by what became of them: refused, stripped */
export const stressMetrics = (
  counters: StressCounters,
  gauges: StressGauges,
  forged: () => Readonly<Record<string, number>>,
): Metric[] => [
  counter('zonegate_stress_requests_total', 'Requests of load tests, by who spoke.', () =>
    requestSamples(counters),
  ),
  {
    name: 'zonegate_stress_request_duration_seconds',
    type: 'histogram',
    help: 'Of load tests, from the head to the last byte of the answer; tunnels left out.',
    values: () => durationSamples(counters),
  },
  gauge('zonegate_stress_under_way', 'Requests of load tests under way.', () =>
    Object.entries(gauges.underWay()).map(([scene, value]) => ({ labels: { scene }, value })),
  ),
  counter('zonegate_stress_refused_total', 'Requests of load tests turned away.', () =>
    [...gauges.refused()].flatMap(([scene, counts]) =>
      Object.entries(counts)
        .filter(([, value]) => value > 0)
        .map(([why, value]) => ({ labels: { scene, why }, value })),
    ),
  ),
  counter('zonegate_stress_forged_total', 'Stress marks that were not believed.', () =>
    Object.entries(forged()).map(([how, value]) => ({ labels: { how }, value })),
  ),
  counter(
    'zonegate_stress_cut_total',
    'Requests cut because their scene was to go on no longer.',
    () => [{ labels: {}, value: gauges.cut() }],
  ),
];

function requestSamples({ scenes }: StressCounters): Sample[] {
  const samples: Sample[] = [];
  for (const [scene, { byFrom }] of scenes)
    for (const from of SPEAKERS)
      STATUS_CLASSES.forEach((status, i) => {
        const value = byFrom[from][i]!;
        if (value > 0) samples.push({ labels: { scene, from, status }, value });
      });
  return samples;
}

function durationSamples({ scenes }: StressCounters): Sample[] {
  const name = 'zonegate_stress_request_duration_seconds';
  const samples: Sample[] = [];
  for (const [scene, { byDuration, sumMs }] of scenes) {
    let count = 0;
    byDuration.forEach((n, i) => {
      count += n;
      const le = BUCKETS_S[i] ?? '+Inf';
      samples.push({ labels: { scene, le }, value: count, metricName: `${name}_bucket` });
    });
    samples.push({ labels: { scene }, value: sumMs / 1000, metricName: `${name}_sum` });
    samples.push({ labels: { scene }, value: count, metricName: `${name}_count` });
  }
  return samples;
}
