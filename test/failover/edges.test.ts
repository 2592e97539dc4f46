/** Where orders meet: two at once, one after another, one that ends while another goes on. */
import { describe, expect, it } from 'vitest';
import { advance } from '../../src/failover/advance.ts';
import { type Board, EMPTY_BOARD } from '../../src/failover/board.ts';
import { carriedOut, gates, give, NOW, sight, taken, world } from './fixture.ts';

const zone = (name: string) => ({ kind: 'zone', zone: name });
const idc = (name: string) => ({ kind: 'idc', idc: name });
const failedOver = (board: Board, name: string, to = 'partner'): Board =>
  carriedOut(taken(board, { do: 'failover', scope: zone(name), to }));

describe('chained failovers', () => {
  it('restored together all come home', () => {
    const first = failedOver(EMPTY_BOARD, 'RZ01', 'RZ02');
    const second = failedOver(first, 'RZ02', 'RZ03');
    expect(second.owners?.[0]).toBe('RZ03');
    const asked = taken(second, { do: 'restore', scope: { kind: 'city', city: 'hangzhou' } });
    const run = asked.runs.at(-1)!.id;
    const back = carriedOut(taken(asked, { do: 'approve', run, by: 'bob' }));
    expect(back.owners).toEqual(world().rules.owners);
    expect(back.switches).toEqual([]);
  });
});

describe('an order with an end', () => {
  it('does not end while its own run is at work', () => {
    const order = { do: 'drain', scope: zone('RZ01'), pace: [1], soakS: 100, forS: 60 };
    const begun = taken(EMPTY_BOARD, order);
    let board = begun;
    for (let i = 0; i < 20; i++) {
      const next = advance(board, world(), sight(board));
      if (next?.kind === 'commit') board = next.board;
    }
    const soaking = board.runs[0]!.soakUntilMs;
    expect(soaking).not.toBeNull();
    const late = advance(board, world(), sight(board, { nowMs: NOW + 61_000 }));
    expect(late).toMatchObject({ kind: 'wait', text: 'soaking' });
    const over = carriedOut(board, world(), { nowMs: NOW + 61_000 });
    expect(over.owners).toEqual(world().rules.owners);
  });

  it('is not taken of a move or a restore, which have none', () => {
    const given = give(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ02', forS: 60 });
    expect(given).toMatchObject({ error: { rule: 'input' } });
  });
});

describe('a city', () => {
  it('that is emptied by two IDCs in turn takes two persons all the same', () => {
    const half = carriedOut(taken(EMPTY_BOARD, { do: 'failover', scope: idc('hz1') }));
    const rest = taken(half, { do: 'failover', scope: idc('hz2') });
    expect(rest.runs.at(-1)).toMatchObject({ level: 'city', state: 'waiting' });
  });
});

describe('a drained zone', () => {
  it('takes no shards by a move', () => {
    const drained = failedOver(EMPTY_BOARD, 'RZ01');
    expect(give(drained, { do: 'move', shards: [50], to: 'RZ01' })).toMatchObject({
      error: { rule: 'last-zone' },
    });
  });

  it('that nobody has left yet is open again when its run is aborted', () => {
    const begun = taken(EMPTY_BOARD, { do: 'drain', scope: zone('RZ01') });
    const next = advance(begun, world(), sight(begun));
    if (next?.kind !== 'commit') throw new Error('nothing begins');
    expect(next.board.switches).toHaveLength(1);
    const over = carriedOut(taken(next.board, { do: 'abort', run: 'r1' }));
    expect(over.switches).toEqual([]);
  });
});

describe('endpoints', () => {
  it('are not switched off to the last one of a zone that owns shards', () => {
    const off = (board: Board, port: number) =>
      give(board, { do: 'off', scope: { kind: 'endpoint', address: `127.0.0.1:${port}` } });
    const one = off(EMPTY_BOARD, 18411);
    if (!one.ok) throw new Error(one.error.message);
    expect(off(one.value.board, 18412)).toMatchObject({ error: { rule: 'last-group' } });
  });
});

describe('a run that waits for data', () => {
  it('does not keep another from its deadline', () => {
    const first = carriedOut(
      taken(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ02', mode: 'reads-only' }),
      world(),
      { level: () => 'behind' },
    );
    expect(first.moves).toMatchObject([{ state: 'routed' }]);
    let board = taken(first, { do: 'move', shards: [50], to: 'RZ02' });
    for (let i = 0; i < 3; i++) {
      const next = advance(board, world(), sight(board, { level: () => 'behind' }));
      if (next?.kind === 'commit') board = next.board;
    }
    const late = gates(board);
    const nowMs = NOW + 31_000;
    const dropped = advance(
      board,
      world(),
      sight(board, { nowMs, gates: late, level: () => 'behind' }),
    );
    expect(dropped).toMatchObject({ kind: 'commit', board: { moves: [{ shards: [7] }] } });
  });

  it('is asked about together with all others', () => {
    const first = carriedOut(
      taken(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ02', mode: 'reads-only' }),
      world(),
      { level: () => 'behind' },
    );
    const both = carriedOut(taken(first, { do: 'move', shards: [50], to: 'RZ02' }), world(), {
      level: () => 'behind',
    });
    const next = advance(both, world(), sight(both, { level: () => 'behind' }));
    expect(next).toMatchObject({ kind: 'check', moves: [{ shards: [7] }, { shards: [50] }] });
  });
});

it('a command that would change nothing is not taken for done', () => {
  expect(give(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ01' })).toMatchObject({
    error: { rule: 'input', message: expect.stringContaining('would change nothing') as string },
  });
});
