/** How this gate keeps to the board; nothing of it where no fleet is declared. */
import { counter, gauge, type Metric, mapSamples, one, type Sample } from './metric.ts';

export interface FleetGauges {
  readonly epoch: number;
  readonly settled: number;
  readonly stale: boolean;
  readonly neverSynced: boolean;
  readonly lost: boolean;
  readonly storeUp: boolean;
  readonly frozenShards: number;
  readonly moves: number;
  /** By kind, ever. */
  readonly alarms: Iterable<readonly [string, number]>;
  readonly alarmsNow: number;
  /** As the store showed them last: how many live, and how many of these are behind. */
  readonly gates: number;
  readonly stragglers: number;
}

export function fleetMetrics(read: () => FleetGauges | null): Metric[] {
  const of = (value: (g: FleetGauges) => number): Sample[] => {
    const gauges = read();
    return gauges === null ? [] : one(value(gauges));
  };
  return [
    gauge('zonegate_board_epoch', 'Epoch of the board in force.', () => of((g) => g.epoch)),
    gauge(
      'zonegate_board_settled_epoch',
      'Highest epoch for which no write that its board forbids is under way.',
      () => of((g) => g.settled),
    ),
    gauge('zonegate_board_stale', '1 while the store has not been read for too long.', () =>
      of((g) => Number(g.stale)),
    ),
    gauge('zonegate_board_never_synced', '1 until a board, or that there is none, is known.', () =>
      of((g) => Number(g.neverSynced)),
    ),
    gauge('zonegate_fleet_lost', '1 while the lease of this gate has run out.', () =>
      of((g) => Number(g.lost)),
    ),
    gauge('zonegate_store_up', '1 while the store answers.', () => of((g) => Number(g.storeUp))),
    gauge('zonegate_frozen_shards', 'Shards whose writes are refused now.', () =>
      of((g) => g.frozenShards),
    ),
    gauge('zonegate_moves', 'Moves of shards under way.', () => of((g) => g.moves)),
    gauge('zonegate_fleet_gates', 'Living gates, as the store showed them last.', () =>
      of((g) => g.gates),
    ),
    gauge('zonegate_fleet_stragglers', 'Living gates behind the board in force here.', () =>
      of((g) => g.stragglers),
    ),
    gauge('zonegate_fleet_alarms', 'What is wrong with the store or the board now.', () =>
      of((g) => g.alarmsNow),
    ),
    counter('zonegate_fleet_alarms_total', 'Alarms raised, by kind.', () =>
      mapSamples(read()?.alarms ?? [], 'kind'),
    ),
  ];
}
