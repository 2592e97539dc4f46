/** Endpoints, zones' loads, and who was turned away. */
import { counter, gauge, type Metric, mapSamples, one, type Sample } from './metric.ts';

interface EndpointGauge {
  readonly app: string;
  readonly address: string;
  readonly open: number;
  readonly idle: number;
  readonly usable: boolean;
  readonly ejections: number;
}

interface LoadGauge {
  readonly zone: string;
  readonly app: string;
  readonly active: number;
  readonly waiting: number;
  readonly waited: number;
  /** By limit. */
  readonly refused: Readonly<Record<string, number>>;
  /** null: not adaptive. */
  readonly adaptiveLimit: number | null;
}

export interface UpstreamGauges {
  endpoints(): readonly EndpointGauge[];
  loads(): readonly LoadGauge[];
  /** By outcome. */
  probes(): Readonly<Record<string, number>>;
  pressure(): number;
  /** By priority. */
  shed(): Readonly<Record<string, number>>;
}

export const upstreamMetrics = (g: UpstreamGauges): Metric[] => [
  gauge('zonegate_upstream_connections', 'Upstream connections by endpoint and state.', () =>
    g.endpoints().flatMap(({ app, address, open, idle }) => [
      { labels: { app, endpoint: address, state: 'active' }, value: open - idle },
      { labels: { app, endpoint: address, state: 'idle' }, value: idle },
    ]),
  ),
  gauge('zonegate_endpoint_usable', '0: probed down, ejected, or its name is not resolved.', () =>
    g.endpoints().map(({ app, address, usable }) => ({
      labels: { app, endpoint: address },
      value: usable ? 1 : 0,
    })),
  ),
  counter('zonegate_endpoint_ejections_total', 'How often an endpoint was left alone.', () =>
    g.endpoints().map(({ app, address, ejections }) => ({
      labels: { app, endpoint: address },
      value: ejections,
    })),
  ),
  counter('zonegate_probes_total', 'Probes of endpoints by outcome.', () =>
    mapSamples(Object.entries(g.probes()), 'outcome'),
  ),
  gauge('zonegate_zone_requests', 'Requests under way by zone and app.', () =>
    perLoad(g, (l) => l.active),
  ),
  gauge('zonegate_zone_waiting', 'Requests that wait for room.', () =>
    perLoad(g, (l) => l.waiting),
  ),
  counter('zonegate_zone_waited_total', 'Requests that have waited and were let in.', () =>
    perLoad(g, (l) => l.waited),
  ),
  counter('zonegate_zone_refused_total', 'Requests turned away, or not repeated, by limit.', () =>
    g
      .loads()
      .flatMap(({ zone, app, refused }) =>
        Object.entries(refused).flatMap(([limit, value]) =>
          value === 0 ? [] : [{ labels: { zone, app, limit }, value }],
        ),
      ),
  ),
  gauge('zonegate_zone_adaptive_limit', 'Requests that the zone takes at once.', () =>
    g
      .loads()
      .flatMap(({ zone, app, adaptiveLimit }) =>
        adaptiveLimit === null ? [] : [{ labels: { zone, app }, value: adaptiveLimit }],
      ),
  ),
  gauge(
    'zonegate_pressure',
    '0 … 1: share of sheddable requests turned away; … 2: of normal.',
    () => one(g.pressure()),
  ),
  counter('zonegate_shed_total', 'Requests turned away because the gate has too much to do.', () =>
    mapSamples(Object.entries(g.shed()), 'priority'),
  ),
];

const perLoad = (g: UpstreamGauges, value: (load: LoadGauge) => number): Sample[] =>
  g.loads().map((load) => ({ labels: { zone: load.zone, app: load.app }, value: value(load) }));
