/** What the firewall has done, as the metrics show it. Labels are bounded by what is declared. */
import { counter, gauge, type Metric, mapSamples, one, type Sample } from './metric.ts';

/** Rules that have hit; a rule set has some hundreds, and only the first so many are told apart. */
const MAX_RULES = 2000;
const TIME_BOUNDS_S = [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05] as const;
const SCORE = 'zonegate_waf_score';
const TIME = 'zonegate_waf_duration_seconds';
const SCORE_BOUNDS = [0, 2, 4, 9, 19, 49] as const;
const PHASES = ['worker', 'head', 'body', 'answer-head', 'answer-body'] as const;

export type FirewallVerdict = 'pass' | 'detect' | 'block' | 'challenge';

/** Counts by bounds, with a sum. */
class Histogram {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  add(value: number): void {
    let i = 0;
    while (i < this.bounds.length && value > this.bounds[i]!) i++;
    this.counts[i]!++;
    this.sum += value;
  }
}

export class FirewallCounters {
  /** By policy and verdict. */
  readonly requests = new Map<string, number>();
  /** By policy, rule and action. */
  readonly hits = new Map<string, number>();
  /** By refusal code. */
  readonly refusals = new Map<string, number>();
  readonly scores = new Histogram(SCORE_BOUNDS);
  readonly times = PHASES.map(() => new Histogram(TIME_BOUNDS_S));
  readonly bodies = { inline: 0, worker: 0, truncated: 0, unjudged: 0 };
  overBudget = 0;

  request(policy: string, verdict: FirewallVerdict): void {
    bump(this.requests, `${policy}\n${verdict}`);
  }

  hit(policy: string, rule: number, action: string): void {
    const key = `${policy}\n${rule}\n${action}`;
    if (this.hits.size < MAX_RULES || this.hits.has(key)) bump(this.hits, key);
    else bump(this.hits, `${policy}\nother\n${action}`);
  }

  /** @param spentMs as an inspection has it: workers, then phases 1 to 4 */
  spent(spentMs: readonly number[]): void {
    for (const [i, ms] of spentMs.entries()) if (ms > 0) this.times[i]!.add(ms / 1000);
  }
}

/** What only the threads know. */
export interface FirewallGauges {
  readonly counters: FirewallCounters;
  threads(): number;
  waiting(): number;
  restarts(): number;
  auditDropped(): number;
  /** Tests of patterns by what answered them. */
  patternTests(): Readonly<Record<string, number>>;
  /** Held by automata of the linear engine. */
  automataBytes(): number;
}

export const firewallMetrics = (g: FirewallGauges): Metric[] => [
  counter('zonegate_waf_requests_total', 'Requests judged, by policy and verdict.', () =>
    keyed(g.counters.requests, ['policy', 'verdict']),
  ),
  counter('zonegate_waf_hits_total', 'Rules that hit, by policy and action.', () =>
    keyed(g.counters.hits, ['policy', 'rule', 'action']),
  ),
  counter('zonegate_waf_refusals_total', 'Requests refused, by code.', () =>
    keyed(g.counters.refusals, ['code']),
  ),
  {
    name: SCORE,
    type: 'histogram',
    help: 'Anomaly scores of requests.',
    values: () => samplesOf(SCORE, g.counters.scores, {}),
  },
  {
    name: TIME,
    type: 'histogram',
    help: 'Time spent on judging, by phase.',
    values: () => g.counters.times.flatMap((h, i) => samplesOf(TIME, h, { phase: PHASES[i]! })),
  },
  counter('zonegate_waf_bodies_total', 'Bodies, by how they were judged.', () =>
    Object.entries(g.counters.bodies).map(([how, value]) => ({ labels: { how }, value })),
  ),
  counter('zonegate_waf_over_budget_total', 'Requests whose time to be judged was over.', () =>
    one(g.counters.overBudget),
  ),
  gauge('zonegate_waf_threads', 'Threads that judge long bodies.', () => one(g.threads())),
  gauge('zonegate_waf_waiting', 'Bodies that wait for a thread.', () => one(g.waiting())),
  counter('zonegate_waf_thread_restarts_total', 'Threads that were replaced.', () =>
    one(g.restarts()),
  ),
  counter('zonegate_waf_pattern_tests_total', 'Tests of patterns on the loop, by engine.', () =>
    mapSamples(Object.entries(g.patternTests()), 'engine'),
  ),
  gauge('zonegate_waf_automata_bytes', 'Held by automata of the linear engine.', () =>
    one(g.automataBytes()),
  ),
  counter('zonegate_waf_audit_dropped_total', 'Audit events that nobody took.', () =>
    one(g.auditDropped()),
  ),
];

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const keyed = (counts: ReadonlyMap<string, number>, names: readonly string[]): Sample[] =>
  [...counts].map(([key, value]) => {
    const parts = key.split('\n');
    return { labels: Object.fromEntries(names.map((n, i) => [n, parts[i] ?? ''])), value };
  });

function samplesOf(
  name: string,
  histogram: Histogram,
  labels: Readonly<Record<string, string>>,
): Sample[] {
  let count = 0;
  const buckets = histogram.counts.map((more, i): Sample => {
    count += more;
    const le = histogram.bounds[i] ?? '+Inf';
    return { labels: { ...labels, le }, value: count, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: histogram.sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
}
