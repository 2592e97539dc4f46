/** Copies by rule. Labels are bounded by what is declared: rules, and the routes that they met. */
import { counter, gauge, type Metric, one, type Sample } from './metric.ts';

export interface MirrorGauge {
  readonly rule: string;
  /** As it counts now. */
  readonly percent: number;
  readonly inFlight: number;
  readonly sent: number;
  readonly answered: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  readonly routes: readonly {
    readonly route: string;
    readonly compared: number;
    readonly mismatches: number;
  }[];
}

export interface MirrorGauges {
  rules(): readonly MirrorGauge[];
  bufferBytes(): number;
}

export const mirrorMetrics = (g: MirrorGauges): Metric[] => [
  gauge('zonegate_mirror_percent', 'Of what a rule fits, the part that is copied now.', () =>
    perRule(g, (r) => r.percent),
  ),
  gauge('zonegate_mirror_in_flight', 'Copies being gathered or under way.', () =>
    perRule(g, (r) => r.inFlight),
  ),
  gauge('zonegate_mirror_buffer_bytes', 'Held of all copies together.', () => one(g.bufferBytes())),
  counter('zonegate_mirror_sent_total', 'Copies sent.', () => perRule(g, (r) => r.sent)),
  counter('zonegate_mirror_answered_total', 'Copies answered, by status class.', () =>
    perKey(g, (r) => r.answered, 'status'),
  ),
  counter('zonegate_mirror_dropped_total', 'Copies not sent, by cause.', () =>
    perKey(g, (r) => r.dropped, 'cause'),
  ),
  counter('zonegate_mirror_failed_total', 'Copies sent and not answered whole, by how.', () =>
    perKey(g, (r) => r.failed, 'how'),
  ),
  counter('zonegate_mirror_compared_total', 'Answers of copies held against the real ones.', () =>
    perRoute(g, (r) => r.compared),
  ),
  counter('zonegate_mirror_mismatches_total', 'Comparisons that showed more than noise.', () =>
    perRoute(g, (r) => r.mismatches),
  ),
];

const perRule = (g: MirrorGauges, value: (rule: MirrorGauge) => number): Sample[] =>
  g.rules().map((r) => ({ labels: { rule: r.rule }, value: value(r) }));

const perKey = (
  g: MirrorGauges,
  of: (rule: MirrorGauge) => Readonly<Record<string, number>>,
  label: string,
): Sample[] =>
  g.rules().flatMap((r) =>
    Object.entries(of(r)).map(([key, value]) => ({
      labels: { rule: r.rule, [label]: key },
      value,
    })),
  );

const perRoute = (
  g: MirrorGauges,
  value: (route: MirrorGauge['routes'][number]) => number,
): Sample[] =>
  g
    .rules()
    .flatMap(({ rule, routes }) =>
      routes.map((r) => ({ labels: { rule, route: r.route }, value: value(r) })),
    );
