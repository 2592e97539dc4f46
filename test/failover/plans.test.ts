import { describe, expect, it } from 'vitest';
import { advance } from '../../src/failover/advance.ts';
import { type Board, EMPTY_BOARD } from '../../src/failover/board.ts';
import { parseBoard } from '../../src/failover/board-schema.ts';
import { ownersOf } from '../../src/failover/owners.ts';
import { carriedOut, gates, give, NOW, sight, taken, world } from './fixture.ts';

const zone = (name: string) => ({ kind: 'zone', zone: name });
const owners = (board: Board) => ownersOf(board, world().rules);
const countOf = (board: Board, name: string) => owners(board).filter((o) => o === name).length;

describe('a drain', () => {
  it('goes by its pace: one shard, five in all, twenty-five in all, with soaks between', () => {
    const order = { do: 'drain', scope: zone('RZ01'), pace: [1, 5], soakS: 10 };
    let board = taken(EMPTY_BOARD, order);
    const seen = new Set<number>();
    let nowMs = NOW;
    for (let i = 0; i < 500; i++) {
      const next = advance(board, world(), sight(board, { nowMs }));
      if (next === null) break;
      if (next.kind === 'commit') board = next.board;
      else nowMs += 1000;
      seen.add(countOf(board, 'RZ03'));
    }
    expect([...seen]).toEqual([20, 21, 25, 40]);
    expect(nowMs - NOW).toBeGreaterThanOrEqual(20_000);
  });

  it('holds when the zone that takes the users answers with errors, and goes on when told to', () => {
    const order = { do: 'drain', scope: zone('RZ01'), pace: [1], soakS: 0, errorPercent: 5 };
    const begun = taken(EMPTY_BOARD, order);
    const ill = gates(begun, { zones: { RZ03: { rps: 100, errors: 0.2, usable: 1 } } });
    const far = ill.map((g) => ({ ...g, epoch: 1e6, settled: 1e6 }));
    const held = carriedOut(begun, world(), { gates: far });
    expect(held.runs[0]).toMatchObject({ state: 'holding' });
    expect(held.runs[0]!.note).toContain('20.0 % of its answers are errors');
    expect(held.moves).toEqual([]);
    const on = carriedOut(taken(held, { do: 'continue', run: 'r1' }));
    expect(countOf(on, 'RZ01')).toBe(0);
  });

  it('holds when nobody can say how the zone is', () => {
    const begun = taken(EMPTY_BOARD, { do: 'drain', scope: zone('RZ01') });
    const silent = gates(begun).filter((g) => g.idc !== 'hz2');
    const next = advance(begun, world(), sight(begun, { gates: silent }));
    const board = next?.kind === 'commit' ? next.board : begun;
    const held = carriedOut(board, world(), { gates: silent });
    expect(held.runs[0]!.note).toContain('no living gate in IDC hz2');
  });

  it('of a part of a zone takes that part of its shards, and leaves it open', () => {
    const over = carriedOut(
      taken(EMPTY_BOARD, { do: 'drain', scope: zone('RZ01'), percent: 30, soakS: 0 }),
    );
    expect(countOf(over, 'RZ01')).toBe(14);
    expect(over.switches).toMatchObject([
      { action: 'drain', percent: 0, taken: [{ from: 'RZ01' }, {}, {}] },
    ]);
  });

  it('ends by itself where it was given for a time, and brings the users home', () => {
    const order = { do: 'failover', scope: zone('RZ01'), forS: 600 };
    const over = carriedOut(taken(EMPTY_BOARD, order));
    expect(countOf(over, 'RZ01')).toBe(0);
    const after = carriedOut(over, world(), { nowMs: NOW + 600_001 });
    expect(owners(after)).toEqual(world().rules.owners);
    expect(after.switches).toEqual([]);
  });
});

describe('a restore', () => {
  it('of the first of two chained failovers brings its own users home, and the second only its own', () => {
    const first = carriedOut(taken(EMPTY_BOARD, { do: 'failover', scope: zone('RZ01') }));
    const second = carriedOut(taken(first, { do: 'failover', scope: zone('RZ03'), to: 'remote' }));
    expect(countOf(second, 'RZ04')).toBe(60);
    const back1 = carriedOut(taken(second, { do: 'restore', scope: zone('RZ01') }));
    expect([countOf(back1, 'RZ01'), countOf(back1, 'RZ04')]).toEqual([20, 40]);
    const back2 = carriedOut(taken(back1, { do: 'restore', scope: zone('RZ03') }));
    expect(owners(back2)).toEqual(world().rules.owners);
    expect(back2.switches).toEqual([]);
  });

  it('in the order in which it was built up, too', () => {
    const first = carriedOut(taken(EMPTY_BOARD, { do: 'failover', scope: zone('RZ01') }));
    const second = carriedOut(taken(first, { do: 'failover', scope: zone('RZ03'), to: 'remote' }));
    const back2 = carriedOut(taken(second, { do: 'restore', scope: zone('RZ03') }));
    expect([countOf(back2, 'RZ03'), countOf(back2, 'RZ01')]).toEqual([40, 0]);
    const back1 = carriedOut(taken(back2, { do: 'restore', scope: zone('RZ01') }));
    expect(owners(back1)).toEqual(world().rules.owners);
  });
});

describe('a plan', () => {
  it('waits where a step asks for somebody’s word', () => {
    const begun = taken(EMPTY_BOARD, { do: 'plan', plan: 'leave-hz1' });
    const waiting = carriedOut(begun);
    expect(waiting.runs[0]).toMatchObject({ at: 1, state: 'running' });
    const next = advance(waiting, world(), sight(waiting));
    expect(next).toMatchObject({
      kind: 'wait',
      text: expect.stringContaining('load balancers') as string,
    });
    const over = carriedOut(taken(waiting, { do: 'continue', run: 'r1' }));
    expect(over.runs[0]).toMatchObject({ state: 'done' });
  });

  it('as a drill goes back by itself, step by step in reverse, and keeps its report', () => {
    const order = { do: 'plan', plan: 'rehearse-hz2', drillReturnS: 600 };
    const over = carriedOut(taken(EMPTY_BOARD, order));
    expect(countOf(over, 'RZ03')).toBe(0);
    expect(over.runs[0]).toMatchObject({ state: 'done', note: 'done; goes back in 600 s' });
    const back = carriedOut(over, world(), { nowMs: NOW + 601_000 });
    expect(owners(back)).toEqual(world().rules.owners);
    expect(back.switches).toEqual([]);
    expect(back.runs.map((r) => r.state)).toEqual(['done', 'done']);
    expect(back.runs[0]!.log.length).toBeGreaterThan(5);
  });

  it('as a drill takes back only what it has done itself', () => {
    const before = carriedOut(taken(EMPTY_BOARD, { do: 'failover', scope: zone('RZ01') }));
    const order = { do: 'plan', plan: 'leave-hz1', drillReturnS: 60 };
    const begun = carriedOut(taken(before, order));
    const id = begun.runs.at(-1)!.id;
    const over = carriedOut(taken(begun, { do: 'continue', run: id }), world(), {
      nowMs: NOW + 1000,
    });
    const back = carriedOut(over, world(), { nowMs: NOW + 600_000 });
    expect(owners(back)).toEqual(before.owners);
    expect(back.switches).toMatchObject([{ scope: { zone: 'RZ01' }, percent: 100 }]);
  });

  it('aborted in mid-move drops what has not flipped; with `back` it undoes the rest', () => {
    let board = taken(EMPTY_BOARD, { do: 'drain', scope: zone('RZ01'), pace: [1], soakS: 0 });
    while (!(board.moves[0]?.shards.length === 19 && board.moves[0].state === 'frozen')) {
      const next = advance(board, world(), sight(board));
      if (next?.kind !== 'commit') throw new Error(JSON.stringify(next));
      board = next.board;
    }
    const dropped = carriedOut(taken(board, { do: 'abort', run: 'r1' }));
    expect(dropped).toMatchObject({ moves: [], runs: [{ state: 'aborted' }] });
    expect(countOf(dropped, 'RZ01')).toBe(19);
    const back = carriedOut(taken(board, { do: 'abort', run: 'r1', back: true }));
    expect(owners(back)).toEqual(world().rules.owners);
    expect(back.switches).toEqual([]);
  });

  it('reads-only: the table flips before the data is level, and writes wait for it', () => {
    const begun = taken(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ02', mode: 'reads-only' });
    const waits = carriedOut(begun, world(), { level: () => 'behind' });
    expect(owners(waits)[7]).toBe('RZ02');
    expect(waits.moves).toMatchObject([{ state: 'routed' }]);
    const over = carriedOut(waits);
    expect(over.moves).toEqual([]);
  });
});

describe('every board', () => {
  it('is read back from its own text as it was', () => {
    const boards = [
      carriedOut(taken(EMPTY_BOARD, { do: 'failover', scope: { kind: 'idc', idc: 'hz1' } })),
      taken(carriedOut(taken(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ02' })), {
        ...{ do: 'move', shards: [], to: 'declared' },
      }),
      taken(EMPTY_BOARD, { do: 'pin', uid: '1234567', zone: 'RZ01', forS: 60 }),
      carriedOut(taken(EMPTY_BOARD, { do: 'plan', plan: 'leave-hz1' })),
    ];
    for (const board of boards) expect(parseBoard(JSON.stringify(board))).toEqual(board);
    expect(parseBoard('{"epoch":1}')).toContain('does not fit');
  });

  it('of a move to what is declared undoes moves for good', () => {
    const moved = carriedOut(taken(EMPTY_BOARD, { do: 'move', shards: [7, 30], to: 'RZ05' }));
    expect(countOf(moved, 'RZ05')).toBe(22);
    const back = carriedOut(taken(moved, { do: 'move', shards: [], to: 'declared' }));
    expect(owners(back)).toEqual(world().rules.owners);
    expect(give(back, { do: 'move', shards: [], to: 'RZ01' })).toMatchObject({
      error: { rule: 'input' },
    });
  });
});
