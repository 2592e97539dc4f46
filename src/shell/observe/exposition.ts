/** Prometheus text from our slots, through prom-client's registry, beside its process metrics. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { REASONS } from '../../decide/catalogue.ts';
import { BUCKETS_S, type Counters, STATUS_CLASSES } from './counters.ts';

type Labels = Readonly<Record<string, string | number>>;
interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

/** What only the moment of the scrape knows. */
export interface Gauges {
  clientConnections(): number;
  overLimit(): number;
  tunnels(): number;
  upstreamConnections(): Iterable<{
    readonly endpoint: string;
    readonly open: number;
    readonly idle: number;
  }>;
  logLinesDropped(): number;
  epoch(): number;
  digest(): string;
  lastReload(): { readonly ok: boolean; readonly successAtMs: number };
}

export function makeRegistry(counters: Counters, gauges: Gauges, version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const add = (
    name: string,
    type: 'counter' | 'gauge' | 'histogram',
    help: string,
    values: () => Sample[],
  ): void => {
    // prom-client asks a registered metric for get() only; ours reads the slots then.
    const metric = {
      name,
      get: () => Promise.resolve({ name, help, type, values: values(), aggregator: 'sum' }),
    };
    registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
  };
  const one = (value: number, labels: Labels = {}): Sample[] => [{ labels, value }];
  add(
    'zonegate_requests_total',
    'counter',
    'Requests by zone, its IDC, way and status class.',
    () => requestSamples(counters),
  );
  add(
    'zonegate_request_duration_seconds',
    'histogram',
    'From the head to the last byte of the answer.',
    () => durationSamples(counters),
  );
  add('zonegate_reasons_total', 'counter', 'Reasons given, one per room and request.', () =>
    REASONS.map((r) => ({
      labels: { room: r.room, reason: r.code },
      value: counters.reasons[r.ordinal]!,
    })),
  );
  add('zonegate_gate_answers_total', 'counter', 'Answers the gate made itself.', () =>
    mapSamples(counters.gateAnswers, 'code'),
  );
  add('zonegate_refused_total', 'counter', 'Bytes refused before they became a request.', () =>
    mapSamples(counters.refusals, 'code'),
  );
  add('zonegate_requests_ended_total', 'counter', 'Requests by who ended them.', () =>
    mapSamples(Object.entries(counters.endedBy), 'by'),
  );
  add('zonegate_cookies_written_total', 'counter', 'Route cookies written.', () =>
    mapSamples(Object.entries(counters.cookies), 'how'),
  );
  add('zonegate_retries_total', 'counter', 'Attempts beyond the first.', () =>
    one(counters.retries),
  );
  add('zonegate_request_body_bytes_total', 'counter', 'Request body bytes read.', () =>
    one(counters.requestBytes),
  );
  add('zonegate_response_body_bytes_total', 'counter', 'Response body bytes read.', () =>
    one(counters.responseBytes),
  );
  add('zonegate_client_connections', 'gauge', 'Client connections open now.', () =>
    one(gauges.clientConnections()),
  );
  add(
    'zonegate_client_connections_refused_total',
    'counter',
    'Connections beyond limits.connections or connectionsPerClient.',
    () => one(gauges.overLimit()),
  );
  add('zonegate_tunnels', 'gauge', 'Upgraded connections open now.', () => one(gauges.tunnels()));
  add('zonegate_upstream_connections', 'gauge', 'Upstream connections by endpoint.', () =>
    [...gauges.upstreamConnections()].flatMap(({ endpoint, open, idle }) => [
      { labels: { endpoint, state: 'active' }, value: open - idle },
      { labels: { endpoint, state: 'idle' }, value: idle },
    ]),
  );
  add('zonegate_access_log_dropped_total', 'counter', 'Access lines lost.', () =>
    one(gauges.logLinesDropped()),
  );
  add('zonegate_epoch', 'gauge', 'Epoch of the rules in force.', () => one(gauges.epoch()));
  add(
    'zonegate_config_last_reload_successful',
    'gauge',
    '1 when the newest configuration is in force.',
    () => one(gauges.lastReload().ok ? 1 : 0),
  );
  add(
    'zonegate_config_last_reload_success_timestamp_seconds',
    'gauge',
    'When the configuration in force was read.',
    () => one(gauges.lastReload().successAtMs / 1000),
  );
  add('zonegate_build_info', 'gauge', 'Always 1.', () =>
    one(1, { version, node: process.version, config: gauges.digest().slice(0, 12) }),
  );
  return registry;
}

const mapSamples = (entries: Iterable<readonly [string, number]>, label: string): Sample[] =>
  [...entries].map(([key, value]) => ({ labels: { [label]: key }, value }));

function requestSamples(counters: Counters): Sample[] {
  const samples: Sample[] = [];
  for (const { zone, idc, via, byStatus } of counters.series.values()) {
    STATUS_CLASSES.forEach((status, i) => {
      if (byStatus[i]! > 0)
        samples.push({ labels: { zone, idc, via, status }, value: byStatus[i]! });
    });
  }
  return samples;
}

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
