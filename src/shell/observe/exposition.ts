/** Prometheus text from our slots, through prom-client's registry, beside its process metrics. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { REASONS } from '../../decide/catalogue.ts';
import type { GroupMeasure, ReleaseMeasure } from '../../release/measure.ts';
import { STRESS } from '../../stress-tag/reasons.ts';
import { BUCKETS_S, type Counters, NO_REASON, STATUS_CLASSES } from './counters.ts';
import { type FirewallGauges, firewallMetrics } from './firewall-counters.ts';
import { type FleetGauges, fleetMetrics } from './fleet-metrics.ts';
import { counter, gauge, type Metric, mapSamples, one, type Sample } from './metric.ts';
import { type MirrorGauges, mirrorMetrics } from './mirror-metrics.ts';
import { type RateGauges, rateMetrics } from './rate-metrics.ts';
import { type StressCounters, type StressGauges, stressMetrics } from './stress-counters.ts';
import { type UpstreamGauges, upstreamMetrics } from './upstream-metrics.ts';

/** What only the moment of the scrape knows. */
export interface Gauges {
  readonly upstreams: UpstreamGauges;
  readonly stress: StressGauges;
  clientConnections(): number;
  /** By limit. */
  refusedConnections(): Readonly<Record<string, number>>;
  tunnels(): number;
  /** Requests and tunnels ended by the gate, by why. */
  stragglers(): Readonly<Record<string, number>>;
  releases(): Readonly<Record<string, ReleaseMeasure>>;
  repeatedRouting(): number;
  logLinesDropped(): number;
  epoch(): number;
  readonly mirrors: MirrorGauges;
  readonly firewall: FirewallGauges;
  readonly rates: RateGauges;
  /** null: no fleet is declared. */
  fleet(): FleetGauges | null;
  digest(): string;
  lastReload(): { readonly ok: boolean; readonly successAtMs: number };
}

export function makeRegistry(
  counters: Counters,
  stress: StressCounters,
  gauges: Gauges,
  version: string,
): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const m of [
    ...requestMetrics(counters),
    ...gateMetrics(counters, gauges, version),
    ...upstreamMetrics(gauges.upstreams),
    ...stressMetrics(stress, gauges.stress, () => ({
      refused: counters.reasons[STRESS.forged.ordinal]!,
      stripped: counters.reasons[STRESS.stripped.ordinal]!,
    })),
    ...mirrorMetrics(gauges.mirrors),
    ...firewallMetrics(gauges.firewall),
    ...rateMetrics(gauges.rates),
    ...fleetMetrics(() => gauges.fleet()),
  ]) {
    const { name, type, help } = m;
    // prom-client asks a registered metric for get() only; ours reads the slots then.
    const get = () => Promise.resolve({ name, help, type, values: m.values(), aggregator: 'sum' });
    const metric = { name, get };
    registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
  }
  return registry;
}

const requestMetrics = (c: Counters): Metric[] => [
  counter(
    'zonegate_requests_total',
    'Requests by zone, its IDC, way, status class and the reason that decided.',
    () => requestSamples(c),
  ),
  {
    name: 'zonegate_request_duration_seconds',
    type: 'histogram',
    help: 'From the head to the last byte of the answer; tunnels left out.',
    values: () => durationSamples(c),
  },
  counter('zonegate_reasons_total', 'Reasons given, one per room and request.', () =>
    REASONS.map(({ room, code, ordinal }) => ({
      labels: { room, reason: code },
      value: c.reasons[ordinal]!,
    })),
  ),
  counter('zonegate_gate_answers_total', 'Answers the gate made itself.', () =>
    mapSamples(c.gateAnswers, 'code'),
  ),
  counter('zonegate_refused_total', 'Bytes refused before they became a request.', () =>
    mapSamples(c.refusals, 'code'),
  ),
  counter('zonegate_requests_ended_total', 'Requests by who ended them.', () =>
    mapSamples(Object.entries(c.endedBy), 'by'),
  ),
  counter(
    'zonegate_cookies_written_total',
    'Route cookies written, and corrections not understood.',
    () => mapSamples(Object.entries(c.cookies), 'how'),
  ),
  counter('zonegate_retries_total', 'Attempts beyond the first.', () => one(c.retries)),
  counter('zonegate_request_body_bytes_total', 'Request body bytes read.', () =>
    one(c.requestBytes),
  ),
  counter('zonegate_response_body_bytes_total', 'Response body bytes read.', () =>
    one(c.responseBytes),
  ),
];

const gateMetrics = (c: Counters, g: Gauges, version: string): Metric[] => [
  gauge('zonegate_client_connections', 'Client connections open now.', () =>
    one(g.clientConnections()),
  ),
  counter(
    'zonegate_client_connections_refused_total',
    'Connections closed as soon as they came, by limit.',
    () => mapSamples(Object.entries(g.refusedConnections()), 'limit'),
  ),
  counter('zonegate_accept_failures_total', 'Connections that could not be accepted.', () =>
    one(c.acceptFailures),
  ),
  gauge('zonegate_tunnels', 'Upgraded connections open now.', () => one(g.tunnels())),
  counter(
    'zonegate_stragglers_ended_total',
    'Requests and tunnels ended by the gate: drained, at a group out of service; moved, whose user has moved.',
    () => mapSamples(Object.entries(g.stragglers()), 'why'),
  ),
  ...releaseMetrics(() => g.releases()),
  counter('zonegate_repeated_routing_total', 'Requests that say twice where they belong.', () =>
    one(g.repeatedRouting()),
  ),
  counter('zonegate_access_log_dropped_total', 'Access lines lost.', () =>
    one(g.logLinesDropped()),
  ),
  gauge('zonegate_epoch', 'Epoch of the rules in force.', () => one(g.epoch())),
  gauge(
    'zonegate_config_last_reload_successful',
    '1 when the newest configuration is in force.',
    () => one(g.lastReload().ok ? 1 : 0),
  ),
  gauge(
    'zonegate_config_last_reload_success_timestamp_seconds',
    'When the configuration in force was read.',
    () => one(g.lastReload().successAtMs / 1000),
  ),
  gauge('zonegate_build_info', 'Always 1.', () =>
    one(1, { version, node: process.version, config: g.digest().slice(0, 12) }),
  ),
];

/** Of the stage under way; they begin anew with the next. */
const releaseMetrics = (read: () => Readonly<Record<string, ReleaseMeasure>>): Metric[] => {
  const sides = (value: (m: GroupMeasure) => number): Sample[] =>
    Object.entries(read()).flatMap(([release, { from, to }]) => [
      { labels: { release, side: 'from' }, value: value(from) },
      { labels: { release, side: 'to' }, value: value(to) },
    ]);
  return [
    gauge('zonegate_release_percent', 'How far each release has come.', () =>
      mapSamples(
        Object.entries(read()).map(([name, { percent }]) => [name, percent] as const),
        'release',
      ),
    ),
    gauge('zonegate_release_requests', 'Answered at this gate in the present stage.', () =>
      sides((m) => m.requests),
    ),
    gauge('zonegate_release_failed', 'Of these, 5xx or no answer.', () => sides((m) => m.failed)),
  ];
};

function requestSamples(counters: Counters): Sample[] {
  const samples: Sample[] = [];
  for (const { zone, idc, via, byReason } of counters.series.values()) {
    byReason.forEach((counts, ordinal) => {
      const reason = ordinal === NO_REASON ? '' : CODES[ordinal]!;
      STATUS_CLASSES.forEach((status, i) => {
        const value = counts?.[i] ?? 0;
        if (value > 0) samples.push({ labels: { zone, idc, via, status, reason }, value });
      });
    });
  }
  return samples;
}

/** Codes by ordinal. */
const CODES: readonly string[] = [...REASONS]
  .sort((a, b) => a.ordinal - b.ordinal)
  .map((r) => r.code);

function durationSamples(counters: Counters): Sample[] {
  const name = 'zonegate_request_duration_seconds';
  const samples: Sample[] = [];
  for (const { zone, via, byDuration, sumMs } of counters.series.values()) {
    let count = 0;
    byDuration.forEach((n, i) => {
      count += n;
      const le = BUCKETS_S[i] ?? '+Inf';
      samples.push({ labels: { zone, via, le }, value: count, metricName: `${name}_bucket` });
    });
    samples.push({ labels: { zone, via }, value: sumMs / 1000, metricName: `${name}_sum` });
    samples.push({ labels: { zone, via }, value: count, metricName: `${name}_count` });
  }
  return samples;
}
