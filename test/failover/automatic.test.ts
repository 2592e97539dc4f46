import { describe, expect, it } from 'vitest';
import { actByItself, watch } from '../../src/failover/automatic.ts';
import { type Board, EMPTY_BOARD, type GateInFleet } from '../../src/failover/board.ts';
import { carriedOut, gates, NOW, sight, taken, world } from './fixture.ts';

type Policy = Parameters<typeof actByItself>[1][number];

const POLICY: Policy = {
  zones: ['RZ01'],
  act: 'failover',
  ...{ usableBelowPercent: 20, forS: 30, dwellS: 600, maxShards: 1024 },
};

/** The gate of hz1 has measured so many percent of RZ01's endpoints as usable. */
const seen = (board: Board, usable: number): GateInFleet[] =>
  gates(board).map((g) =>
    g.idc === 'hz1' ? { ...g, zones: { RZ01: { rps: 1, errors: 0, usable } } } : g,
  );

function after(
  seconds: number,
  board: Board,
  all: readonly GateInFleet[],
  policy: Policy = POLICY,
) {
  const unwell = new Map<string, number>();
  watch(unwell, [policy], world(), all, NOW);
  const nowMs = NOW + seconds * 1000;
  return actByItself(board, [policy], unwell, world(), sight(board, { nowMs, gates: all }));
}

describe('a zone that is lost', () => {
  it('is failed over by itself only where a policy says so, after it has been unwell for long enough', () => {
    expect(after(29, EMPTY_BOARD, seen(EMPTY_BOARD, 0))).toBeNull();
    const acted = after(31, EMPTY_BOARD, seen(EMPTY_BOARD, 0.1));
    if (acted === null) throw new Error('nothing was done');
    expect(acted.board.runs).toMatchObject([{ state: 'running', by: 'zonegate' }]);
    const over = carriedOut(acted.board);
    expect(over.owners?.slice(0, 20).every((o) => o === 'RZ03')).toBe(true);
  });

  it('is left alone while it is well, and while nobody has measured it', () => {
    expect(after(999, EMPTY_BOARD, seen(EMPTY_BOARD, 0.5))).toBeNull();
    expect(after(999, EMPTY_BOARD, gates(EMPTY_BOARD))).toBeNull();
  });

  it('that is well again for a moment begins anew', () => {
    const unwell = new Map<string, number>();
    watch(unwell, [POLICY], world(), seen(EMPTY_BOARD, 0), NOW);
    watch(unwell, [POLICY], world(), seen(EMPTY_BOARD, 1), NOW + 20_000);
    watch(unwell, [POLICY], world(), seen(EMPTY_BOARD, 0), NOW + 25_000);
    expect(unwell.get('RZ01')).toBe(NOW + 25_000);
  });

  it('with all gates of its IDC is lost too', () => {
    const gone = gates(EMPTY_BOARD).map((g) => (g.idc === 'hz1' ? { ...g, leaseLeftMs: -1 } : g));
    expect(after(31, EMPTY_BOARD, gone)).not.toBeNull();
  });

  it('is only proposed where the policy says propose, or where too many shards would move', () => {
    for (const policy of [
      { ...POLICY, act: 'propose' as const },
      { ...POLICY, maxShards: 19 },
    ]) {
      const acted = after(31, EMPTY_BOARD, seen(EMPTY_BOARD, 0), policy);
      if (acted === null) throw new Error('nothing was proposed');
      expect(acted.board.runs).toMatchObject([{ state: 'waiting' }]);
      expect(acted.board.runs[0]!.note).toContain('approve r1');
      expect(carriedOut(acted.board)).toBe(acted.board);
      const started = carriedOut(taken(acted.board, { do: 'approve', run: 'r1' }));
      expect(started.runs[0]).toMatchObject({ state: 'done' });
    }
  });

  it('is left alone for a while after anything was done about it, and never goes back by itself', () => {
    const acted = after(31, EMPTY_BOARD, seen(EMPTY_BOARD, 0))!;
    expect(after(31, acted.board, seen(acted.board, 0))).toBeNull();
    const dismissed = carriedOut(taken(acted.board, { do: 'abort', run: 'r1' }));
    expect(after(599, dismissed, seen(dismissed, 0))).toBeNull();
    expect(after(660, dismissed, seen(dismissed, 0))).not.toBeNull();
    const over = carriedOut(acted.board);
    expect(after(9999, over, seen(over, 1))).toBeNull();
  });
});
