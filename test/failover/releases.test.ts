/** Releases on the board: stages, and what stops them. */
import { describe, expect, it } from 'vitest';
import { EMPTY_BOARD } from '../../src/failover/board.ts';
import { parseBoard } from '../../src/failover/board-schema.ts';
import { forecast } from '../../src/failover/forecast.ts';
import { releasesOf } from '../../src/failover/release-lanes.ts';
import type { ZoneId } from '../../src/model/ids.ts';
import { give, NOW, taken, world } from './fixture.ts';

import {
  blueGreen,
  type Counted,
  carriedTo,
  release,
  run,
  START,
  seen,
  shardsOf,
  started,
  turn,
} from './release-fixture.ts';

describe('a release', () => {
  it('moves whole shards, stage by stage, and leaves everybody at the new group', () => {
    const seenAt: [number, number][] = [];
    let board = started();
    let ms = NOW;
    for (let i = 0; i < 60 && run(board).endedAtMs === null; i++) {
      const next = turn(board, ms, { to: seen(200, 0), from: seen(200, 0) });
      if (next?.kind === 'commit') board = next.board;
      else ms += 1000;
      const now = release(board);
      if (now !== undefined && seenAt.at(-1)?.[0] !== now.percent)
        seenAt.push([now.percent, shardsOf(board).length]);
    }
    expect(seenAt).toEqual([
      [5, 1],
      [25, 5],
      [100, 20],
    ]);
    expect(run(board)).toMatchObject({ state: 'done' });
    expect(release(board)).toMatchObject({ percent: 100, from: 'A', to: 'B' });
  });

  it('keeps at the new group whoever has come there', () => {
    const [five] = carriedTo(started(), 5);
    const [more] = carriedTo(five, 25);
    for (const s of shardsOf(five)) expect(shardsOf(more)).toContain(s);
  });

  it('does not go on before its soak is over, nor before enough requests were seen', () => {
    const [board, ms] = carriedTo(started(), 5);
    expect(turn(board, ms + 9000, { to: seen(500, 0) })).toMatchObject({
      kind: 'wait',
      text: 'at 5 %, soaking',
    });
    expect(turn(board, ms + 11_000, { to: seen(99, 0) })).toMatchObject({
      kind: 'wait',
      for: 'time',
    });
    expect(turn(board, ms + 11_000, { to: seen(100, 0) })).toMatchObject({ kind: 'commit' });
  });

  it('counts only what was seen at its present stage, by living gates', () => {
    const [board, ms] = carriedTo(started(), 5);
    const late = ms + 11_000;
    expect(turn(board, late, { to: seen(500, 0), sinceMs: 1 })).toMatchObject({ kind: 'wait' });
    expect(turn(board, late, { to: seen(500, 0) }, { leaseLeftMs: -1 })).toMatchObject({
      kind: 'wait',
    });
  });

  it.each<[string, Counted, object]>([
    ['more errors than allowed', { to: seen(100, 6) }, {}],
    ['errors that can’t be made good any more, before the sample is whole', { to: seen(8, 6) }, {}],
    ['more errors than the old group', { to: seen(1000, 40), from: seen(1000, 20) }, {}],
    [
      'slower than the old group by more than allowed',
      { to: seen(200, 0, true), from: seen(200, 0) },
      { gates: { ...START.gates, latencyRatio: 2 } },
    ],
  ])('%s: everybody is back with one board', (_, counted, more) => {
    const [board, ms] = carriedTo(started(more), 25);
    const next = turn(board, ms, counted);
    if (next?.kind !== 'commit') throw new Error('it goes on');
    expect(releasesOf(next.board)).toEqual([]);
    expect(run(next.board)).toMatchObject({ state: 'aborted' });
    expect(run(next.board).note).toMatch(/^release-health: /);
  });

  it.each<[string, Counted]>([
    ['as many errors as the old group', { to: seen(1000, 25), from: seen(1000, 20) }],
    ['a single error in a small sample', { to: seen(3, 1) }],
  ])('%s is no trouble', (_, counted) => {
    const [board, ms] = carriedTo(started(), 25);
    expect(turn(board, ms, counted)).toMatchObject({ kind: 'wait' });
  });

  it('holds in trouble where that is asked for, and goes on when the rule is set aside', () => {
    const [board, ms] = carriedTo(started({ onTrouble: 'hold' }), 25);
    const held = turn(board, ms, { to: seen(100, 50) });
    if (held?.kind !== 'commit') throw new Error('it does not hold');
    expect(run(held.board)).toMatchObject({ state: 'holding' });
    expect(release(held.board)).toMatchObject({ percent: 25 });
    const again = { do: 'continue', run: 'r1', overrides: ['release-health'] };
    const goesOn = taken(held.board, again, blueGreen);
    const soaked = turn(goesOn, ms, { to: seen(100, 50) });
    if (soaked?.kind !== 'commit') throw new Error('it does not go on');
    expect(turn(soaked.board, ms + 11_000, { to: seen(100, 50) })).toMatchObject({
      kind: 'commit',
    });
  });

  it('a step is taken early when somebody says so', () => {
    const [board, ms] = carriedTo(started(), 5);
    const told = taken(board, { do: 'continue', run: 'r1' }, blueGreen);
    const next = turn(told, ms, { to: seen(1, 0) });
    expect(next?.kind === 'commit' && release(next.board)?.percent).toBe(25);
  });

  it('is promoted at once, and judged all the same', () => {
    const [board, ms] = carriedTo(started(), 5);
    const told = taken(board, { do: 'promote', release: 'rel-77' }, blueGreen);
    const next = turn(told, ms, { to: seen(1, 0) });
    if (next?.kind !== 'commit') throw new Error('it waits');
    expect(release(next.board)).toMatchObject({ percent: 100 });
    const bad = turn(next.board, ms, { to: seen(100, 50) });
    expect(bad?.kind === 'commit' && releasesOf(bad.board)).toEqual([]);
  });

  it('is rolled back at once, under way or done', () => {
    const [five] = carriedTo(started(), 5);
    const [all] = carriedTo(started(), 100);
    for (const board of [five, all]) {
      const back = taken(board, { do: 'rollback', release: 'rel-77' }, blueGreen);
      expect(releasesOf(back)).toEqual([]);
      expect(back.runs[0]!.endedAtMs).not.toBeNull();
    }
  });

  it('is closed only when Rules say the same without it', () => {
    const [board] = carriedTo(started(), 100);
    const done = {
      ...board,
      runs: board.runs.map((r) => ({ ...r, state: 'done' as const, endedAtMs: NOW })),
    };
    const close = { do: 'close', release: 'rel-77' };
    expect(give(done, close, blueGreen)).toMatchObject({ ok: false });
    const rules = {
      ...world().rules,
      weights: new Map([...world().rules.weights, ['RZ01' as ZoneId, [0, 100]]]),
    };
    expect(releasesOf(taken(done, close, world({ rules })))).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ['a group that has no users', { from: 'B', to: 'A' }, /weight is 0/],
    ['an unknown group', { to: 'C' }, /no group C/],
    ['an unknown zone', { zones: ['RZ09'] }, /RZ09 does not exist/],
    ['stages that fall', { stages: [25, 5] }, /do not rise/],
    ['an app that is not there', { app: 'catalog' }, /does not run catalog/],
    ['one group', { to: 'A' }, /where they are/],
  ])('is refused for %s', (_, more, message) => {
    const given = give(EMPTY_BOARD, { ...START, ...more }, blueGreen);
    expect(given).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(message) as string },
    });
  });

  it('does not begin beside another in the same zone, nor at a group that is switched off', () => {
    const [board] = carriedTo(started(), 5);
    expect(give(board, { ...START, name: 'rel-78' }, blueGreen)).toMatchObject({ ok: false });
    const off = taken(
      EMPTY_BOARD,
      { do: 'off', scope: { kind: 'group', zone: 'RZ01', group: 'B' } },
      blueGreen,
    );
    expect(give(off, START, blueGreen)).toMatchObject({ ok: false });
  });

  it('is rehearsed to its end, and kept and read as a board', () => {
    const thought = forecast(started(), 'r1', blueGreen);
    expect(thought.stopped).toBeNull();
    expect(thought.boards.map(({ board }) => release(board)?.percent)).toEqual([5, 25, 100]);
    const [board] = carriedTo(started(), 25);
    expect(parseBoard(JSON.stringify(board))).toEqual(board);
  });
});
