/** Whatever happens to a loan meanwhile: the board never forgets whose the shards are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, advanceRun } from '../../src/failover/advance.ts';
import { type Board, EMPTY_BOARD } from '../../src/failover/board.ts';
import type { Sight } from '../../src/failover/move.ts';
import { apart, homesOf, isTaker, ownersOf } from '../../src/failover/owners.ts';
import { isOver } from '../../src/failover/run.ts';
import { carriedOut, give, NOW, sight, taken, world } from './fixture.ts';

const OUT = { do: 'pop-out', shards: [90, 91, 92, 93, 94], to: 'EZ01' };
const ZONE = { kind: 'zone', zone: 'EZ01' };
const HOUR_MS = 3_600_000;
const { rules } = world();

const shardsAt = (board: Board, zone: string): number[] =>
  ownersOf(board, rules).flatMap((o, s) => (o === zone ? [s] : []));

/** One board after the other, until it looks as asked. */
function until(board: Board, done: (b: Board) => boolean, more: Partial<Sight> = {}): Board {
  let now = board;
  for (let i = 0; i < 200 && !done(now); i++) {
    const next = advance(now, world(), sight(now, more));
    if (next?.kind !== 'commit') throw new Error('it does not come so far');
    now = next.board;
  }
  return now;
}

/** Two of five shards are out, and the run soaks. */
const half = (): Board =>
  until(
    taken(EMPTY_BOARD, { ...OUT, pace: [2], soakS: 60, until: '2h' }),
    (b) => shardsAt(b, 'EZ01').length === 2 && b.moves.length === 0,
  );
const end = (board: Board): Board => carriedOut(board, world(), { nowMs: NOW + 2 * HOUR_MS });

describe('a run out whose shards are half out', () => {
  it('remembers the rest though somebody pops the first back', () => {
    for (const scope of [ZONE, { kind: 'shards', shards: [90] }]) {
      const back = until(
        taken(half(), { do: 'pop-back', scope }),
        (b) => b.runs.at(-1)!.state === 'done',
      );
      expect(shardsAt(back, 'EZ01').length).toBeLessThan(2);
      const out = carriedOut(back, world(), { nowMs: NOW + 60_000 });
      expect(shardsAt(out, 'EZ01')).toEqual(expect.arrayContaining([92, 93, 94]));
      expect(homesOf(out, rules)).toEqual(rules.owners);
      expect(end(out)).toMatchObject({ owners: rules.owners, switches: [] });
    }
  });

  it('remembers the rest though the first get another window', () => {
    const again = taken(half(), { ...OUT, shards: [90], until: '4h' });
    const anew = until(again, (b) => b.runs.at(-1)!.state === 'done');
    const out = carriedOut(anew, world(), { nowMs: NOW + 60_000 });
    expect(homesOf(out, rules)).toEqual(rules.owners);
    expect(shardsAt(end(out), 'EZ01')).toEqual([90]);
  });

  it('is not forgotten by the way back of an earlier loan', () => {
    const behind: Partial<Sight> = { level: (m) => (m.app === null ? 'behind' : 'level') };
    const early = carriedOut(taken(EMPTY_BOARD, { ...OUT, shards: [80, 81] }));
    const waits = carriedOut(taken(early, { do: 'pop-back', scope: ZONE }), world(), behind);
    const begun = until(
      taken(waits, { ...OUT, pace: [1], soakS: 60 }),
      (b) => b.switches.length === 2,
      behind,
    );
    const out = carriedOut(begun);
    expect(shardsAt(out, 'EZ01')).toEqual(OUT.shards);
    expect(homesOf(out, rules)).toEqual(rules.owners);
  });
});

describe('a way back that is due and holds', () => {
  it('brings home what is left of it when part has got another window', () => {
    const out = carriedOut(taken(EMPTY_BOARD, { ...OUT, until: '1h' }));
    const drained = carriedOut(
      taken(out, { do: 'failover', scope: { kind: 'zone', zone: 'RZ05' } }),
    );
    const held = carriedOut(drained, world(), { nowMs: NOW + HOUR_MS });
    const run = held.runs.find((r) => r.state === 'holding')!;
    const more = carriedOut(taken(held, { ...OUT, shards: [90, 91], until: '4h' }));
    const restored = carriedOut(
      taken(more, { do: 'restore', scope: { kind: 'zone', zone: 'RZ05' } }),
    );
    const home = carriedOut(taken(restored, { do: 'continue', run: run.id }));
    expect(shardsAt(home, 'EZ01')).toEqual([90, 91]);
  });
});

/** Hours pass in the middle of a freeze here. */
const { settings } = world();
const WORLD = world({ settings: { ...settings, freeze: { ...settings.freeze, budgetMs: 1e12 } } });
const zones = ['RZ01', 'RZ05', 'EZ01'];
const order = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pop-out'),
      shards: fc.uniqueArray(fc.integer({ min: 89, max: 92 }), { minLength: 1, maxLength: 4 }),
      to: fc.constant('EZ01'),
      app: fc.constantFrom(undefined, 'shop'),
      pace: fc.constantFrom([], [1], [2]),
      until: fc.constantFrom(undefined, '1h', '2h'),
    }),
  },
  fc.record({
    do: fc.constant('pop-back'),
    scope: fc.oneof(
      fc.constant(ZONE),
      fc.record({
        kind: fc.constant('shards'),
        shards: fc.uniqueArray(fc.integer({ min: 89, max: 92 }), { minLength: 1, maxLength: 4 }),
      }),
    ),
    app: fc.constantFrom(undefined, 'shop'),
    pace: fc.constantFrom([], [1]),
  }),
  fc.record({
    do: fc.constantFrom('failover', 'restore'),
    scope: fc.record({ kind: fc.constant('zone'), zone: fc.constantFrom(...zones) }),
    pace: fc.constantFrom([], [1]),
  }),
  fc.record({ do: fc.constantFrom('hold', 'continue', 'abort', 'abort-back'), nth: fc.nat(3) }),
  {
    weight: 5,
    arbitrary: fc.record({
      go: fc.nat(9),
      nth: fc.nat(3),
      hours: fc.constantFrom(0, 0, 0, 0, 0, 0, 1),
      level: fc.boolean(),
    }),
  },
);
type Order = typeof order extends fc.Arbitrary<infer T> ? T : never;

function told(board: Board, o: Order, nowMs: number): Board {
  if (!('do' in o)) return board;
  let c: Record<string, unknown> = { ...o };
  if ('nth' in o) {
    const live = board.runs.filter((r) => !isOver(r));
    const run = live[o.nth % Math.max(1, live.length)];
    if (run === undefined) return board;
    c = { do: o.do.replace('-back', ''), run: run.id };
    if (o.do === 'abort-back') c.back = true;
  }
  const given = give(board, JSON.parse(JSON.stringify(c)) as typeof c, WORLD, nowMs);
  return given.ok ? given.value.board : board;
}

function forgotten(board: Board): string | null {
  const homes = homesOf(board, rules);
  const lost = homes.findIndex((z, s) => z !== rules.owners[s]);
  if (lost >= 0) return `shard ${lost} would stay at ${homes[lost]}`;
  for (const o of apart(board, rules)) {
    const known = board.switches.some(
      (s) => isTaker(s) && s.taken.some((t) => t.app === o.app && t.shards.includes(o.shard)),
    );
    if (!known) return `${o.app} of ${o.shard} would stay at ${o.zone}`;
  }
  return null;
}

/** What a person does the morning after: ends all runs, restores what is drained, pops back what is out. */
function cleared(board: Board, nowMs: number): object {
  let now = board;
  const carry = (c: Record<string, unknown>): void => {
    const given = give(now, c, WORLD, nowMs);
    now = carriedOut(given.ok ? given.value.board : now, WORLD, { nowMs });
  };
  for (const run of board.runs) carry({ do: 'abort', run: run.id });
  for (const zone of zones) carry({ do: 'restore', scope: { kind: 'zone', zone } });
  for (const run of now.runs) carry({ do: 'abort', run: run.id });
  for (const zone of zones) carry({ do: 'restore', scope: { kind: 'zone', zone } });
  carry({ do: 'pop-back', scope: ZONE });
  const shards = [89, 90, 91, 92];
  carry({ do: 'pop-back', scope: { kind: 'shards', shards } });
  const standing = now.switches.filter(isTaker);
  return { owners: ownersOf(now, rules), apart: apart(now, rules), standing };
}

it('after whatever orders, every shard has its way home on the board', () => {
  fc.assert(
    fc.property(fc.array(order, { maxLength: 40 }), (orders) => {
      let board: Board = EMPTY_BOARD;
      let nowMs = NOW;
      const said: string[] = [];
      const look = (what: string): void => {
        said.push(what);
        const trouble = forgotten(board);
        if (trouble !== null) throw new Error(`${trouble}\n${said.join('\n')}`);
      };
      for (const o of orders) {
        if ('do' in o) {
          board = told(board, o, nowMs);
          look(JSON.stringify(o));
          continue;
        }
        nowMs += o.hours * HOUR_MS;
        for (let i = 0; i < o.go; i++) {
          const seen = sight(board, { nowMs, level: () => (o.level ? 'level' : 'behind') });
          // Each gate carries on the runs it is the steward of, so they pass one another in any order.
          const live = board.runs.filter((r) => !isOver(r));
          const run = live[o.nth];
          const next =
            run === undefined ? advance(board, WORLD, seen) : advanceRun(board, run, WORLD, seen);
          if (next?.kind !== 'commit') break;
          board = next.board;
          look(next.what);
        }
      }
      expect(cleared(board, nowMs), said.join('\n')).toEqual({
        owners: rules.owners,
        apart: [],
        standing: [],
      });
    }),
    { numRuns: Number(process.env.RUNS ?? 300) },
  );
});

it('a window that ends while another run has the shards waits for it, and then they come home', () => {
  const out = carriedOut(taken(EMPTY_BOARD, { ...OUT, app: 'shop', until: '1h' }));
  const drain = {
    do: 'drain',
    scope: { kind: 'zone', zone: 'RZ05' },
    percent: 60,
    pace: [1],
    soakS: 7200,
  };
  const draining = until(taken(out, drain), (b) => b.runs.at(-1)!.queue !== null);
  const due = NOW + HOUR_MS;
  const waits = until(draining, (b) => b.runs.some((r) => r.reason.endsWith('has expired')), {
    nowMs: due,
  });
  const now = waits.runs.find((r) => r.reason.endsWith('has expired'))!;
  expect(advanceRun(waits, now, world(), sight(waits, { nowMs: due }))).toMatchObject({
    kind: 'wait',
  });
  const home = carriedOut(waits, world(), { nowMs: due });
  expect(home.runs.find((r) => r.id === now.id)).toMatchObject({ state: 'done' });
  expect(apart(home, rules)).toEqual([]);
});
