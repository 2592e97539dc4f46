/** Shards on loan at an elastic zone: out, the window, the way home, what else happens meanwhile. */
import { describe, expect, it } from 'vitest';
import { advance } from '../../src/failover/advance.ts';
import type { Board } from '../../src/failover/board.ts';
import { EMPTY_BOARD } from '../../src/failover/board.ts';
import { utcText } from '../../src/failover/moments.ts';
import type { Sight } from '../../src/failover/move.ts';
import { homesOf, ownersOf } from '../../src/failover/owners.ts';
import { carriedOut, give, NOW, sight, taken, world } from './fixture.ts';

const OUT = { do: 'pop-out', shards: [90, 91, 92, 93, 94], to: 'EZ01' };
const HOUR_MS = 3_600_000;
const at = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

const ownerOf = (board: Board, shard: number) => ownersOf(board, world().rules)[shard];
const shardsAt = (board: Board, zone: string): number[] =>
  ownersOf(board, world().rules).flatMap((o, s) => (o === zone ? [s] : []));
const out = (more: object = {}): Board => carriedOut(taken(EMPTY_BOARD, { ...OUT, ...more }));
const last = (board: Board) => board.runs.at(-1)!;
const later = (board: Board, nowMs: number, more: Partial<Sight> = {}): Board =>
  carriedOut(board, world(), { nowMs, ...more });

describe('shards that are popped out', () => {
  it('are at the elastic zone, and the switch knows where from', () => {
    const board = out();
    expect(shardsAt(board, 'EZ01')).toEqual([90, 91, 92, 93, 94]);
    expect(board.switches).toMatchObject([
      { action: 'pop-out', to: 'EZ01', app: null, untilMs: null },
    ]);
    expect(board.switches).toMatchObject([
      { taken: [{ from: 'RZ05', app: null, shards: [90, 91, 92, 93, 94] }] },
    ]);
    expect(homesOf(board, world().rules)).toEqual(world().rules.owners);
  });

  it('come home by pop-back, of shards or of the zone, and the switch is gone', () => {
    for (const scope of [
      { kind: 'shards', shards: OUT.shards },
      { kind: 'zone', zone: 'EZ01' },
    ]) {
      const back = carriedOut(taken(out(), { do: 'pop-back', scope }));
      expect(last(back).state).toBe('done');
      expect(back.owners).toEqual(world().rules.owners);
      expect(back.switches).toEqual([]);
    }
  });

  it('come home in parts, and the rest stays out', () => {
    const scope = { kind: 'shards', shards: [90, 91] };
    const back = carriedOut(taken(out({ until: '2h' }), { do: 'pop-back', scope }));
    expect(shardsAt(back, 'EZ01')).toEqual([92, 93, 94]);
    expect(back.switches).toMatchObject([
      { scope: { shards: [92, 93, 94] }, untilMs: NOW + 2 * HOUR_MS },
    ]);
  });

  it('keep their homes, and get the new window, when they are popped out again', () => {
    const first = out({ until: '1h' });
    const more = { ...OUT, shards: [93, 94, 95], until: '2h' };
    const again = carriedOut(taken(first, more));
    expect(again.switches).toMatchObject([
      { scope: { shards: [90, 91, 92] }, untilMs: NOW + HOUR_MS },
      { scope: { shards: [93, 94, 95] }, untilMs: NOW + 2 * HOUR_MS },
    ]);
    expect(shardsAt(later(again, NOW + HOUR_MS), 'EZ01')).toEqual([93, 94, 95]);
    expect(later(again, NOW + 2 * HOUR_MS).owners).toEqual(world().rules.owners);
  });

  it('may be the first part of those that are named, and a larger part keeps the smaller one', () => {
    const shards = [90, 91, 92, 93, 94, 95, 96, 97, 98, 99];
    const part = out({ shards, percent: 40 });
    expect(shardsAt(part, 'EZ01')).toEqual([90, 91, 92, 93]);
    const more = carriedOut(taken(part, { ...OUT, shards, percent: 80 }));
    expect(shardsAt(more, 'EZ01')).toEqual([90, 91, 92, 93, 94, 95, 96, 97]);
    expect(more.runs.at(-1)!.done.flatMap((l) => l.shards)).toEqual([94, 95, 96, 97]);
    expect(homesOf(more, world().rules)).toEqual(world().rules.owners);
  });

  it('come home when the run is aborted with --back', () => {
    const begun = taken(EMPTY_BOARD, { ...OUT, pace: [2], soakS: 60 });
    let board = begun;
    while (ownerOf(board, 90) !== 'EZ01') {
      const next = advance(board, world(), sight(board));
      if (next?.kind !== 'commit') break;
      board = next.board;
    }
    const back = carriedOut(taken(board, { do: 'abort', run: 'r1', back: true }));
    expect(back.owners).toEqual(world().rules.owners);
    expect(back.switches).toEqual([]);
    expect(back.moves).toEqual([]);
  });

  it('fit the zone, with headroom, or are refused as a whole', () => {
    const w = world({ shardRps: 4000 });
    expect(give(EMPTY_BOARD, OUT, w)).toMatchObject({ error: { rule: 'capacity' } });
    expect(give(EMPTY_BOARD, { ...OUT, percent: 80 }, w)).toMatchObject({ ok: true });
    const twice = taken(EMPTY_BOARD, { ...OUT, percent: 80 }, w);
    const app = { ...OUT, shards: [10], app: 'shop' };
    expect(give(carriedOut(twice, w), app, w)).toMatchObject({ error: { rule: 'capacity' } });
  });

  it.each([
    ['a zone that is not elastic', { to: 'RZ01' }, 'RZ01 is no elastic zone but a rzone'],
    ['a zone that is not there', { to: 'EZ09' }, 'EZ09 does not exist'],
    ['a shard that is not there', { shards: [100] }, 'shard 100 does not exist: there are 100'],
    ['an app that users do not have', { app: 'config' }, 'users have no app config'],
    ['a window that is over', { until: at(NOW - 1000) }, 'the window is over'],
    ['a window that ends first', { from: '2h', until: '1h' }, 'the window ends'],
    ['a year too far', { until: at(NOW + 9000 * HOUR_MS) }, 'more than a year away'],
  ])('are refused for %s', (_, more, message) => {
    const given = give(EMPTY_BOARD, { ...OUT, ...more });
    expect(given).toMatchObject({ ok: false, error: { rule: 'input' } });
    expect(given.ok ? '' : given.error.message).toContain(message);
  });

  it.each(['tomorrow', '2026-11-11 00:00', '2026-11-11T00:00:00', '2', '2026-13-41T00:00:00Z'])(
    'have a window that somebody else would read alike, not %s',
    (until) => {
      expect(() => give(EMPTY_BOARD, { ...OUT, until })).toThrow(/a time with its zone/);
    },
  );
});

describe('the window', () => {
  it('begins later: the run waits, and takes nobody before', () => {
    const board = taken(EMPTY_BOARD, { ...OUT, from: at(NOW + HOUR_MS), until: '2h' });
    expect(board.runs[0]?.steps.map((s) => s.do)).toEqual(['wait', 'pop-out']);
    const next = advance(board, world(), sight(board));
    expect(next).toMatchObject({ kind: 'commit' });
    const waits = next?.kind === 'commit' ? next.board : board;
    const early = advance(waits, world(), sight(waits, { nowMs: NOW + HOUR_MS - 1 }));
    expect(early).toMatchObject({ kind: 'wait', for: 'time' });
    const begun = later(waits, NOW + HOUR_MS);
    expect(shardsAt(begun, 'EZ01')).toHaveLength(5);
    expect(begun.switches).toMatchObject([{ untilMs: NOW + 2 * HOUR_MS }]);
  });

  it('ends: they come home by themselves, and not before', () => {
    const board = out({ until: '2h' });
    expect(later(board, NOW + 2 * HOUR_MS - 1)).toBe(board);
    const home = later(board, NOW + 2 * HOUR_MS);
    expect(home.owners).toEqual(world().rules.owners);
    expect(home.switches).toEqual([]);
    expect(last(home)).toMatchObject({ state: 'done', reason: 's2 has expired' });
  });

  it('that is scheduled anew does not keep those home who are due today', () => {
    const today = out({ until: '1h' });
    const both = taken(today, { ...OUT, from: '24h', until: '25h' });
    const home = carriedOut(both, world(), { nowMs: NOW + HOUR_MS });
    expect(home.runs.some((r) => r.reason === 's2 has expired')).toBe(true);
  });

  it('ends though the run out holds', () => {
    const begun = taken(EMPTY_BOARD, { ...OUT, pace: [2], soakS: 60, until: '2h' });
    let board = begun;
    while (ownerOf(board, 91) !== 'EZ01' || board.moves.length > 0) {
      const next = advance(board, world(), sight(board));
      if (next?.kind !== 'commit') break;
      board = next.board;
    }
    const held = taken(board, { do: 'hold', run: 'r1' });
    const home = later(held, NOW + 2 * HOUR_MS);
    expect(home.owners).toEqual(world().rules.owners);
    const on = later(taken(home, { do: 'continue', run: 'r1' }), NOW + 2 * HOUR_MS);
    expect(on.owners).toEqual(world().rules.owners);
    expect(on.runs.find((r) => r.id === 'r1')?.state).toBe('done');
  });
});

it('times are shown as they are read', () => {
  for (const ms of [0, NOW, 951_782_400_000, 4_107_542_399_000, 1_709_164_800_000])
    expect(utcText(ms)).toBe(at(ms));
});

describe('the way home', () => {
  const behind: Partial<Sight> = { level: () => 'behind', nowMs: NOW + 2 * HOUR_MS };
  const due = (): Board => later(out({ until: '2h' }), NOW + 2 * HOUR_MS, behind);

  it('freezes nothing while the check does not say that the data follows, however long', () => {
    const board = due();
    expect(board.moves).toMatchObject([{ state: 'verifying', from: 'EZ01', to: 'RZ05' }]);
    const late = { ...behind, nowMs: NOW + 90 * HOUR_MS };
    expect(advance(board, world(), sight(board, late))).toMatchObject({ kind: 'check' });
    expect(later(board, NOW + 90 * HOUR_MS, { ...late })).toBe(board);
    const home = later(board, NOW + 90 * HOUR_MS);
    expect(home.owners).toEqual(world().rules.owners);
    expect(home.switches).toEqual([]);
  });

  it('is not opened by a mere `continue`, but by the rule set aside by name; then somebody must know', () => {
    const board = due();
    const [move] = board.moves;
    const said = taken(board, { do: 'continue', run: move!.run });
    expect(later(said, behind.nowMs!, behind).moves).toMatchObject([{ state: 'verifying' }]);
    const overrides = ['verified-return'];
    const aside = give(board, { do: 'continue', run: move!.run, overrides }, world(), behind.nowMs);
    const frozen = later(aside.ok ? aside.value.board : board, behind.nowMs!, behind);
    expect(frozen.moves).toMatchObject([{ state: 'frozen' }]);
    const level = taken(frozen, { do: 'continue', run: move!.run });
    const home = later(level, behind.nowMs!, behind);
    expect(home.owners).toEqual(world().rules.owners);
    expect(last(home).overrode).toEqual(['verified-return']);
  });

  it('asks a person, before any freeze, where only a person can tell', () => {
    const person: Partial<Sight> = { byPerson: true, level: () => 'unknown' };
    const scope = { kind: 'zone', zone: 'EZ01' };
    const asked = carriedOut(taken(out(), { do: 'pop-back', scope }), world(), person);
    expect(asked.moves).toMatchObject([{ state: 'verifying' }]);
    expect(advance(asked, world(), sight(asked, person))).toMatchObject({
      ...{ kind: 'wait', for: 'person' },
      text: 'the way back is not safe yet: somebody must say that the data of RZ05 follows',
    });
    const { run } = asked.moves[0]!;
    const frozen = carriedOut(taken(asked, { do: 'continue', run }), world(), person);
    expect(frozen.moves).toMatchObject([{ state: 'frozen', freezeUntilMs: NOW + 30_000 }]);
    const home = carriedOut(taken(frozen, { do: 'continue', run }), world(), person);
    expect(home.owners).toEqual(world().rules.owners);
  });

  it('stands still while somebody holds it, and is dropped by an abort, with no freeze on the books', () => {
    const board = due();
    const { run } = board.moves[0]!;
    const held = taken(board, { do: 'hold', run });
    expect(later(held, behind.nowMs!)).toBe(held);
    const gone = later(taken(held, { do: 'abort', run }), behind.nowMs!, behind);
    expect(gone.moves).toEqual([]);
    expect(gone.pastFreezes).toEqual(board.pastFreezes);
    expect(shardsAt(gone, 'EZ01')).toHaveLength(5);
  });

  it('does not lead to a home that is unwell by then', () => {
    const board = due();
    const ill = sight(board, { nowMs: behind.nowMs! });
    const sick = ill.gates.map((g) => ({
      ...g,
      zones: { RZ05: { rps: 9, errors: 0, usable: 0 } },
    }));
    const next = advance(board, world(), { ...ill, gates: sick });
    expect(next).toMatchObject({ kind: 'commit', board: { moves: [{ state: 'verifying' }] } });
    expect(next?.kind === 'commit' && last(next.board)).toMatchObject({ state: 'holding' });
  });

  it('holds where a switch keeps the home drained, and names it', () => {
    const drained = carriedOut(
      taken(out({ until: '2h' }), { do: 'failover', scope: { kind: 'zone', zone: 'RZ05' } }),
    );
    expect(shardsAt(drained, 'EZ01')).toHaveLength(5);
    const held = later(drained, NOW + 2 * HOUR_MS);
    expect(last(held)).toMatchObject({ state: 'holding' });
    expect(last(held).note).toContain(
      'would go back to RZ05, which a switch keeps drained: s5 (zone RZ05)',
    );
  });
});

describe('an elastic zone that is left', () => {
  const zone = { kind: 'zone', zone: 'EZ01' };

  it('by a failover without a target sends its shards home, and the restore does not send them out', () => {
    const over = carriedOut(taken(out({ until: '2h' }), { do: 'failover', scope: zone }));
    expect(over.owners).toEqual(world().rules.owners);
    const back = carriedOut(taken(over, { do: 'restore', scope: zone }));
    expect(back.owners).toEqual(world().rules.owners);
    expect(later(back, NOW + 2 * HOUR_MS).switches).toEqual([]);
  });

  it('by a failover elsewhere has them home at the end of the window all the same', () => {
    const order = { do: 'failover', scope: zone, to: 'RZ04' };
    const over = carriedOut(taken(out({ until: '2h' }), order));
    expect(ownerOf(over, 90)).toBe('RZ04');
    const home = later(over, NOW + 2 * HOUR_MS);
    expect(home.owners).toEqual(world().rules.owners);
    expect(home.switches).toMatchObject([{ action: 'drain', taken: [] }]);
  });

  it('with its IDC sends them to the partners of their homes there', () => {
    const over = carriedOut(
      taken(out(), {
        do: 'failover',
        scope: { kind: 'idc', idc: 'sh1' },
        overrides: ['two-persons'],
      }),
    );
    expect(ownerOf(over, 90)).toBe('RZ02');
    expect(ownerOf(over, 99)).toBe('RZ02');
    expect(shardsAt(over, 'EZ01')).toEqual([]);
  });

  it('refuses what has no home on the books, and says so', () => {
    const moved = carriedOut(taken(EMPTY_BOARD, { do: 'move', shards: [90], to: 'EZ01' }));
    expect(give(moved, { do: 'failover', scope: zone })).toMatchObject({
      error: { rule: 'last-zone' },
    });
  });
});
