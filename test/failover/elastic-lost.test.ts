/** What is declared to happen by itself when an elastic zone dies with shards on loan. */
import { describe, expect, it } from 'vitest';
import { actByItself, watch } from '../../src/failover/automatic.ts';
import { type Board, EMPTY_BOARD, type GateInFleet } from '../../src/failover/board.ts';
import type { Sight } from '../../src/failover/move.ts';
import { ownersOf } from '../../src/failover/owners.ts';
import { carriedOut, gates, NOW, sight, taken, world } from './fixture.ts';

type Policy = Parameters<typeof actByItself>[1][number];

const RETURN: Policy = {
  zones: ['EZ01'],
  act: 'return',
  ...{ usableBelowPercent: 20, forS: 30, dwellS: 600, maxShards: 1024 },
};
const OUT = { do: 'pop-out', shards: [90, 91, 92], to: 'EZ01' };
const out = (more: object = {}): Board => carriedOut(taken(EMPTY_BOARD, { ...OUT, ...more }));

const dead = (board: Board): GateInFleet[] =>
  gates(board).map((g) =>
    g.idc === 'sh1' ? { ...g, zones: { EZ01: { rps: 0, errors: 0, usable: 0 } } } : g,
  );

function after(seconds: number, board: Board, policy: Policy = RETURN, startMs = NOW) {
  const unwell = new Map<string, number>();
  const all = dead(board);
  watch(unwell, [policy], world(), all, startMs);
  const nowMs = startMs + seconds * 1000;
  return actByItself(board, [policy], unwell, world(), sight(board, { nowMs, gates: all }));
}
const homesOf = (board: Board, app: string | null = null): string[] => [
  ...new Set([90, 91, 92].map((s) => ownersOf(board, world().rules, app)[s]!)),
];

describe('an elastic zone that dies', () => {
  it('keeps what it has on loan where no policy names it', () => {
    expect(actByItself(out(), [], new Map([['EZ01', 0]]), world(), sight(out()))).toBeNull();
  });

  it('gives it back after the declared time: reads at once, writes when the data is level', () => {
    const board = out();
    expect(after(29, board)).toBeNull();
    const acted = after(31, board);
    if (acted === null) throw new Error('nothing was done');
    expect(acted.board.runs.at(-1)).toMatchObject({
      ...{ name: 'pop-back zone EZ01 by itself', state: 'running' },
    });
    const behind: Partial<Sight> = { level: () => 'behind', nowMs: NOW + 31_000 };
    const reads = carriedOut(acted.board, world(), behind);
    expect(homesOf(reads)).toEqual(['RZ05']);
    expect(reads.moves).toMatchObject([{ mode: 'reads-only', state: 'routed' }]);
    const level = carriedOut(reads, world(), { nowMs: NOW + 99_000_000 });
    expect(level).toMatchObject({ moves: [], switches: [] });
  });

  it('gives back one app of it, too', () => {
    const acted = after(31, out({ app: 'shop' }));
    if (acted === null) throw new Error('nothing was done');
    const home = carriedOut(acted.board, world(), { nowMs: NOW + 31_000 });
    expect(homesOf(home, 'shop')).toEqual(['RZ05']);
  });

  it('is proposed to a person where the policy says so, or where too many shards would move', () => {
    for (const policy of [
      { ...RETURN, act: 'propose' as const },
      { ...RETURN, maxShards: 2 },
    ]) {
      const acted = after(31, out(), policy);
      if (acted === null) throw new Error('nothing was proposed');
      const { id, state } = acted.board.runs.at(-1)!;
      expect(state).toBe('waiting');
      const home = carriedOut(taken(acted.board, { do: 'approve', run: id }));
      expect(homesOf(home)).toEqual(['RZ05']);
    }
  });

  it('takes the shards from a way back that waits for its data', () => {
    const behind: Partial<Sight> = { level: () => 'behind', nowMs: NOW + 3_600_000 };
    const due = carriedOut(out({ until: '1h' }), world(), behind);
    expect(due.moves).toMatchObject([{ state: 'verifying' }]);
    const freed = after(31, due, RETURN, behind.nowMs);
    if (freed === null) throw new Error('nothing was done');
    const waits = carriedOut(freed.board, world(), behind);
    expect(waits.moves).toEqual([]);
    const acted = after(40, waits, RETURN, behind.nowMs);
    if (acted === null) throw new Error('nothing was done');
    expect(homesOf(carriedOut(acted.board, world(), behind))).toEqual(['RZ05']);
  });

  it.each([
    ['a person has ordered, and that verifies', 'verifying', { kind: 'zone', zone: 'EZ01' }],
    ['holds because its freeze came to nothing', 'frozen', { kind: 'shards', shards: [90] }],
  ])('takes the shards from a way back that %s', (_, state, scope) => {
    const behind: Partial<Sight> = {
      level: (m) => (m.state === 'verifying' && state === 'frozen' ? 'level' : 'behind'),
    };
    const back = carriedOut(taken(out(), { do: 'pop-back', scope }), world(), behind);
    expect(back.moves).toMatchObject([{ state }]);
    const waits = carriedOut(back, world(), { ...behind, nowMs: NOW + 31_000 });
    const freed = after(31, waits, RETURN, NOW + 31_000);
    const let1 = carriedOut(freed!.board, world(), { ...behind, nowMs: NOW + 62_000 });
    const acted = after(40, let1, RETURN, NOW + 62_000);
    expect(acted?.board.runs.at(-1)).toMatchObject({ name: 'pop-back zone EZ01 by itself' });
    const home = carriedOut(acted!.board, world(), { ...behind, nowMs: NOW + 102_000 });
    expect(homesOf(home)).toEqual(['RZ05']);
    expect(after(40, home, RETURN, NOW + 103_000)).toBeNull();
  });

  it('does not cost a way back that waits its run where the other way is barred as well', () => {
    const behind: Partial<Sight> = { level: () => 'behind', nowMs: NOW + 3_600_000 };
    const due = carriedOut(out({ until: '1h' }), world(), behind);
    const small = world({ shardRps: 1e9 });
    const unwell = new Map([['EZ01', 0]]);
    const seen = sight(due, { nowMs: NOW + 3_700_000, gates: dead(due) });
    expect(actByItself(due, [RETURN], unwell, small, seen)).toBeNull();
  });

  it('is not left alone because somebody has popped back an earlier loan', () => {
    const back = { do: 'pop-back', scope: { kind: 'zone', zone: 'EZ01' } };
    const again = carriedOut(taken(carriedOut(taken(out(), back)), OUT));
    expect(after(31, again)).not.toBeNull();
  });

  it('is left alone when it has nothing on loan, or nothing that has a home', () => {
    expect(after(31, EMPTY_BOARD)).toBeNull();
    expect(after(31, carriedOut(taken(EMPTY_BOARD, { ...OUT, do: 'move' })))).toBeNull();
  });
});
