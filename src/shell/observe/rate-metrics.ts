/** What rates and lists do, as the metrics show it. Labels are bounded by what is declared. */
import type { RateStatus } from '../../rate/status.ts';
import { counter, gauge, type Metric, mapSamples, one, type Sample } from './metric.ts';

export interface RateGauges {
  /** null: none are declared. */
  status(): RateStatus | null;
  /** Requests that wait because a rate says so. */
  waiting(): number;
  turnedAway(): number;
  exchanges(): { readonly done: number; readonly failed: number };
}

type Rule = RateStatus['rules'][number];
type List = RateStatus['lists'][number];
type Shared = NonNullable<RateStatus['fleet']>;

export const rateMetrics = (g: RateGauges): Metric[] => {
  const rules = (samples: (rule: Rule) => Sample[]) => () =>
    (g.status()?.rules ?? []).flatMap(samples);
  const lists = (samples: (list: List) => Sample[]) => () =>
    (g.status()?.lists ?? []).flatMap(samples);
  const table = (value: (status: RateStatus) => number) => () => {
    const status = g.status();
    return status === null ? [] : one(value(status));
  };
  const shared = (value: (fleet: Shared) => number) => () => {
    const fleet = g.status()?.fleet ?? null;
    return fleet === null ? [] : one(value(fleet));
  };
  return [
    counter(
      'zonegate_rate_over_limit_total',
      'Requests above a rate, by what became of them.',
      rules(({ name, hits }) =>
        Object.entries(hits).map(([what, value]) => ({ labels: { rule: name, what }, value })),
      ),
    ),
    gauge(
      'zonegate_rate_keys',
      'Keys that count for something now.',
      rules(({ name, keys }) => one(keys, { rule: name })),
    ),
    counter(
      'zonegate_rate_list_hits_total',
      'Requests of clients on a list.',
      lists(({ name, kind, hits }) => [
        { labels: { list: name, kind, what: 'hit' }, value: hits.hits },
        { labels: { list: name, kind, what: 'counted' }, value: hits.counted },
      ]),
    ),
    gauge(
      'zonegate_rate_list_ranges',
      'Ranges of addresses on a list.',
      lists(({ name, ranges }) => one(ranges, { list: name })),
    ),
    gauge(
      'zonegate_rate_list_whole',
      '0: a file of the list was never read.',
      lists(({ name, isWhole }) => one(isWhole ? 1 : 0, { list: name })),
    ),
    gauge(
      'zonegate_rate_table_places',
      'Keys that have room.',
      table((s) => s.capacity),
    ),
    gauge(
      'zonegate_rate_table_bytes',
      'Memory of the table.',
      table((s) => s.tableBytes),
    ),
    counter(
      'zonegate_rate_evictions_total',
      'Keys forgotten for want of room.',
      table((s) => s.evictions),
    ),
    counter(
      'zonegate_rate_hot_evictions_total',
      'Of these, keys that had used half their limit.',
      table((s) => s.hotEvictions),
    ),
    counter('zonegate_rate_returns_total', 'Clients back from a redirect, by their cookie.', () =>
      mapSamples(Object.entries(g.status()?.returns ?? {}), 'cookie'),
    ),
    gauge(
      'zonegate_rate_countries',
      '1: a country database is loaded.',
      table((s) => (s.hasCountries ? 1 : 0)),
    ),
    gauge('zonegate_rate_delayed', 'Requests that wait.', () => one(g.waiting())),
    counter('zonegate_rate_delays_refused_total', 'Found no room to wait.', () =>
      one(g.turnedAway()),
    ),
    gauge(
      'zonegate_rate_fleet_shared',
      '1: counts are shared; 0: each gate keeps to its part.',
      shared((f) => (f.isShared ? 1 : 0)),
    ),
    gauge(
      'zonegate_rate_fleet_gates',
      'Gates that share counts, as heard of last.',
      shared((f) => f.gates),
    ),
    gauge(
      'zonegate_rate_fleet_queued',
      'Keys to be told.',
      shared((f) => f.queued),
    ),
    counter(
      'zonegate_rate_fleet_dropped_total',
      'Keys that found no room to be told.',
      shared((f) => f.dropped),
    ),
    counter('zonegate_rate_fleet_exchanges_total', 'Exchanges with Redis.', () => {
      const { done, failed } = g.exchanges();
      return mapSamples(Object.entries({ done, failed }), 'how');
    }),
  ];
};
