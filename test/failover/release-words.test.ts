/** Releases, gray rules and drained groups: what people say, and what becomes of it. */
import { describe, expect, it } from 'vitest';
import { advance } from '../../src/failover/advance.ts';
import { type Board, EMPTY_BOARD } from '../../src/failover/board.ts';
import { parseBoard } from '../../src/failover/board-schema.ts';
import { releasesOf } from '../../src/failover/release-lanes.ts';
import { give, NOW, sight, taken, world } from './fixture.ts';

import {
  blueGreen,
  carriedTo,
  release,
  run,
  START,
  seen,
  started,
  turn,
} from './release-fixture.ts';

describe('a release, and who comes across it', () => {
  it('claims its name and its zones from its command on, before its first step', () => {
    const board = started();
    expect(releasesOf(board)).toEqual([]);
    expect(give(board, START, blueGreen)).toMatchObject({ ok: false });
    expect(give(board, { ...START, name: 'rel-78' }, blueGreen)).toMatchObject({ ok: false });
    const back = taken(board, { do: 'rollback', release: 'rel-77' }, blueGreen);
    expect(run(back)).toMatchObject({ state: 'aborted' });
    expect(give(back, START, blueGreen)).toMatchObject({ ok: true });
  });

  it('ends when somebody has taken it off the board behind its back', () => {
    const [board, ms] = carriedTo(started(), 5);
    const without = { ...board, switches: [] };
    const next = turn(without, ms, { to: seen(200, 0) });
    expect(next?.kind === 'commit' && run(next.board)).toMatchObject({ state: 'aborted' });
    expect(next?.kind === 'commit' && releasesOf(next.board)).toEqual([]);
  });

  it('aborted with --back is over when everybody is back, and leaves nothing behind', () => {
    const [board, ms] = carriedTo(started(), 25);
    let now = taken(board, { do: 'abort', run: 'r1', back: true }, blueGreen);
    for (let i = 0; i < 20; i++) {
      const next = turn(now, ms, null);
      if (next?.kind === 'commit') now = next.board;
    }
    expect(releasesOf(now)).toEqual([]);
    expect(now.runs.map((r) => r.state)).toEqual(['aborted', 'done']);
    expect(give(now, START, blueGreen)).toMatchObject({ ok: true });
  });

  it('held, it still goes back when the new group goes bad', () => {
    const [board, ms] = carriedTo(started(), 5);
    const held = taken(board, { do: 'hold', run: 'r1' }, blueGreen);
    expect(turn(held, ms, { to: seen(500, 0) })).toBeNull();
    const next = turn(held, ms, { to: seen(500, 400) });
    expect(next?.kind === 'commit' && releasesOf(next.board)).toEqual([]);
  });

  it('resumed, it soaks again and counts anew', () => {
    const [board, ms] = carriedTo(started({ onTrouble: 'hold' }), 25);
    const held = turn(board, ms, { to: seen(100, 50) });
    if (held?.kind !== 'commit') throw new Error('it does not hold');
    const told = taken(held.board, { do: 'continue', run: 'r1' }, blueGreen);
    const again = turn(told, ms + 5000, { to: seen(100, 50), sinceMs: release(board)!.atMs });
    if (again?.kind !== 'commit') throw new Error('it does not soak');
    expect(release(again.board)).toMatchObject({ percent: 25, atMs: ms + 5000 });
    const old = { to: seen(100, 50), sinceMs: release(board)!.atMs };
    expect(turn(again.board, ms + 6000, old)).toMatchObject({ kind: 'wait', text: /soaking/ });
  });

  it('promoted with its rule set aside, it is not rolled back by that rule', () => {
    const [board, ms] = carriedTo(started(), 5);
    const word = { do: 'promote', release: 'rel-77', overrides: ['release-health'] };
    const next = turn(taken(board, word, blueGreen), ms, { to: seen(100, 50) });
    expect(next?.kind === 'commit' && release(next.board)?.percent).toBe(100);
  });

  it('left where it was by an abort, it can be promoted, judged, and rolled back', () => {
    const [board, ms] = carriedTo(started({ gates: { ...START.gates, errorPercent: 7 } }), 25);
    const aborted = turn(taken(board, { do: 'abort', run: 'r1' }, blueGreen), ms, null);
    if (aborted?.kind !== 'commit') throw new Error('it is not aborted');
    expect(release(aborted.board)).toMatchObject({ percent: 25 });
    expect(aborted.board.runs.at(-1)?.note).toContain('25 % stay at B, and nobody judges it');
    const word = taken(aborted.board, { do: 'promote', release: 'rel-77' }, blueGreen);
    expect(word.runs.at(-1)).toMatchObject({
      ...{ state: 'running', moved: 25, onTrouble: 'back' },
      steps: [{ stages: [100], gates: { errorPercent: 7 } }],
    });
    const next = turn(word, ms + 1, null);
    const all = next?.kind === 'commit' ? next.board : word;
    expect(release(all)).toMatchObject({ percent: 100 });
    const bad = turn(all, ms + 2, { to: seen(100, 50) });
    expect(bad?.kind === 'commit' && release(bad.board)).toBeUndefined();
    expect(releasesOf(taken(all, { do: 'rollback', release: 'rel-77' }, blueGreen))).toEqual([]);
  });

  it('moves in each zone that part of its own shards', () => {
    const board = taken(EMPTY_BOARD, { ...START, zones: [], stages: [10, 100] }, blueGreen);
    const next = turn(board, NOW, null);
    if (next?.kind !== 'commit') throw new Error('it waits');
    const counts = release(next.board)!.moved.map((m) => [m.zone, m.shards.length]);
    // Of the shards at A: 20 of RZ01, 10 or 11 of the other rzones, 51 of the gzone; rounded up.
    expect(Object.fromEntries(counts)).toEqual({
      ...{ RZ01: 2, RZ02: 2, RZ03: 1, RZ04: 1, RZ05: 2, GZ01: 6 },
    });
  });

  it('without enough requests at the old group it is judged by its own errors alone', () => {
    const gates = { ...START.gates, minRequests: 0, errorPercent: 5, errorsOver: 1 };
    const [board, ms] = carriedTo(started({ gates }), 5);
    expect(turn(board, ms, { to: seen(100, 2), from: seen(0, 0) })).toMatchObject({ kind: 'wait' });
  });

  it('--end-within fits whole groups only', () => {
    const group = { kind: 'group', zone: 'RZ01', group: 'B' };
    const part = { do: 'drain', scope: group, percent: 50, endWithinS: 5 };
    const zone = { do: 'drain', scope: { kind: 'zone', zone: 'RZ01' }, endWithinS: 5 };
    for (const order of [part, zone]) expect(give(EMPTY_BOARD, order)).toMatchObject({ ok: false });
  });
});

describe('a gray rule', () => {
  const GRAY = { do: 'gray', name: 'spring', zones: ['RZ01'], to: 'B', percent: 5 };
  it('stands until it is taken back, or its time is over', () => {
    const board = taken(EMPTY_BOARD, { ...GRAY, forS: 60 }, blueGreen);
    expect(board.switches).toMatchObject([{ action: 'gray', name: 'spring', percent: 5 }]);
    expect(parseBoard(JSON.stringify(board))).toEqual(board);
    const after = advance(board, blueGreen, sight(board, { nowMs: NOW + 60_000 }));
    expect(after?.kind === 'commit' && after.board.switches).toEqual([]);
    expect(taken(board, { do: 'ungray', gray: 'spring' }, blueGreen).switches).toEqual([]);
  });
  it('said again it is changed, under its id', () => {
    const board = taken(taken(EMPTY_BOARD, GRAY, blueGreen), { ...GRAY, percent: 10 }, blueGreen);
    expect(board.switches).toMatchObject([{ id: 's1', percent: 10 }]);
  });
  it('said again, it keeps what is not said', () => {
    const first = { ...GRAY, allow: ['1', '2'], forS: 600 };
    const again = { do: 'gray', name: 'spring', to: 'B', percent: 10 };
    const board = taken(taken(EMPTY_BOARD, first, blueGreen), again, blueGreen);
    const kept = { zones: ['RZ01'], allow: ['1', '2'], untilMs: NOW + 600_000 };
    expect(board.switches).toMatchObject([{ percent: 10, ...kept }]);
  });
  it('there are at most 32', () => {
    let board = EMPTY_BOARD;
    for (let i = 0; i < 32; i++) board = taken(board, { ...GRAY, name: `rule-${i}` }, blueGreen);
    expect(give(board, { ...GRAY, name: 'one-more' }, blueGreen)).toMatchObject({ ok: false });
    expect(give(board, { ...GRAY, name: 'rule-7', percent: 9 }, blueGreen)).toMatchObject({
      ok: true,
    });
  });
  it.each<[string, object]>([
    ['that fits nobody', { percent: 0 }],
    ['to a group that no zone has', { to: 'Z', zones: [] }],
  ])('%s is refused', (_, more) => {
    expect(give(EMPTY_BOARD, { ...GRAY, ...more }, blueGreen)).toMatchObject({ ok: false });
  });
});

describe('a group that is drained', () => {
  const DRAIN = { do: 'drain', scope: { kind: 'group', zone: 'RZ01', group: 'B' } };
  const endBy = (board: Board) => board.switches.map((s) => 'endByMs' in s && s.endByMs);
  const settled = (board: Board): Board => {
    const next = advance(board, world(), sight(board));
    return next?.kind === 'commit' ? settled(next.board) : board;
  };
  it('has five minutes for what is under way, or as long as is said', () => {
    expect(endBy(settled(taken(EMPTY_BOARD, DRAIN)))).toEqual([NOW + 300_000]);
    expect(endBy(settled(taken(EMPTY_BOARD, { ...DRAIN, endWithinS: 20 })))).toEqual([
      NOW + 20_000,
    ]);
    expect(endBy(settled(taken(EMPTY_BOARD, { ...DRAIN, percent: 50 })))).toEqual([null]);
  });
});
