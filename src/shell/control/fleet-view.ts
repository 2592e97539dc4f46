/** All gates against the board of this one: who has it, how late, who is missing. */
import type { Board, GateInFleet } from '../../failover/board.ts';
import { type GroupMeasure, quantileMs } from '../../release/measure.ts';
import type { Standing } from '../fleet/desk.ts';
import type { FleetAnswer } from './answers.ts';

type GateRow = NonNullable<FleetAnswer['gates']>[number];

/** @param gates a sentence when the store can't say */
export function fleetView(
  board: Board,
  standing: Standing,
  gates: readonly GateInFleet[] | string,
): FleetAnswer {
  const at = { standing, epoch: board.epoch, boardAt: new Date(board.atMs).toISOString() };
  if (typeof gates === 'string')
    return { ...at, gates: null, why: gates, stragglers: [], lost: [], lag: NO_LAG };
  const rows = gates.map((g) => rowOf(g, board)).toSorted((a, b) => (a.gate < b.gate ? -1 : 1));
  const living = rows.filter((r) => r.living);
  return {
    ...at,
    gates: rows,
    why: null,
    stragglers: living.filter((r) => r.epoch < board.epoch).map((r) => r.gate),
    lost: rows.filter((r) => !r.living).map((r) => r.gate),
    lag: lagOf(living.flatMap((r) => (r.lagMs === null ? [] : [r.lagMs]))),
  };
}

const NO_LAG = { p50Ms: null, p99Ms: null } as const;

function rowOf(g: GateInFleet, board: Board): GateRow {
  // Two machines' clocks: less than nothing means that they differ.
  const lagMs =
    g.epoch === board.epoch && board.epoch > 0 ? Math.max(0, g.appliedAtMs - board.atMs) : null;
  return {
    gate: g.gate,
    idc: g.idc,
    epoch: g.epoch,
    settled: g.settled,
    lagMs,
    ageMs: Math.round(g.ageMs),
    leaseLeftMs: Math.round(g.leaseLeftMs),
    living: g.leaseLeftMs > 0,
    trouble: g.trouble,
    adminUrl: g.adminUrl,
    releases: Object.entries(g.releases ?? {}).map(([release, { percent, from, to }]) => ({
      ...{ release, percent, from: sideOf(from), to: sideOf(to) },
    })),
  };
}

const sideOf = (m: GroupMeasure) => ({
  requests: m.requests,
  failed: m.failed,
  p95Ms: quantileMs(m, 0.95),
});

function lagOf(lags: readonly number[]): FleetAnswer['lag'] {
  const sorted = lags.toSorted((a, b) => a - b);
  const at = (q: number): number | null => sorted[Math.ceil(q * sorted.length) - 1] ?? null;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
