import { advance } from '../../src/failover/advance.ts';
import { type Board, EMPTY_BOARD, type GateInFleet } from '../../src/failover/board.ts';
import { type Release, releasesOf } from '../../src/failover/release-lanes.ts';
import type { ZoneId } from '../../src/model/ids.ts';
import type { GroupMeasure } from '../../src/release/measure.ts';
import { gates, NOW, sight, taken, world } from './fixture.ts';

/** RZ01 owns shards 00-19; all of them are at A. */
export const blueGreen = world({
  rules: {
    ...world().rules,
    weights: new Map([...world().rules.weights, ['RZ01' as ZoneId, [100, 0]]]),
  },
});
export const START = {
  ...{ do: 'release', name: 'rel-77', zones: ['RZ01'], from: 'A', to: 'B' },
  ...{
    stages: [5, 25, 100],
    soakS: 10,
    gates: { minRequests: 100, errorPercent: 5, errorsOver: 1 },
  },
};
export const started = (more: object = {}): Board =>
  taken(EMPTY_BOARD, { ...START, ...more }, blueGreen);
export const release = (board: Board): Release | undefined => releasesOf(board)[0];
export const run = (board: Board) => board.runs[0]!;
export const shardsOf = (board: Board): readonly number[] => release(board)!.moved[0]!.shards;

export const seen = (requests: number, failed: number, slow = false): GroupMeasure => ({
  ...{ requests, failed },
  times: slow
    ? [...Array<number>(30).fill(0), requests]
    : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, requests],
});

/** What a gate says it has counted. */
export interface Counted {
  readonly to: GroupMeasure;
  readonly from?: GroupMeasure;
  readonly lately?: GroupMeasure;
  /** Of another stage than the present one, if it is said. */
  readonly sinceMs?: number;
}

export function turn(
  board: Board,
  nowMs: number,
  counted: Counted | null,
  more: Partial<GateInFleet> = {},
) {
  const { percent = 0, atMs = 0 } = release(board) ?? {};
  const measured = {
    ...{ percent, sinceMs: atMs, from: seen(0, 0), lately: seen(0, 0) },
    ...(counted ?? { to: seen(0, 0) }),
  };
  const [gate] = gates(board, { releases: { 'rel-77': measured }, ...more });
  return advance(board, blueGreen, sight(board, { nowMs, gates: [gate!] }));
}

/** Until nothing is to be done any more, in well-behaved time. */
export function carriedTo(board: Board, percent: number, nowMs = NOW): [Board, number] {
  let now = board;
  let ms = nowMs;
  for (let i = 0; i < 50 && (release(now)?.percent !== percent || run(now).queue === null); i++) {
    const next = turn(now, ms, { to: seen(200, 0), from: seen(200, 0) });
    if (next?.kind === 'commit') now = next.board;
    else ms += 5000;
  }
  return [now, ms];
}
