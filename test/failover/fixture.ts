/** The reference configuration as a world for boards, and runs carried out to their end. */
import { advance } from '../../src/failover/advance.ts';
import { apply } from '../../src/failover/apply.ts';
import type { Board, GateInFleet } from '../../src/failover/board.ts';
import { type Command, commandSchema } from '../../src/failover/commands.ts';
import type { Sight } from '../../src/failover/move.ts';
import type { Applied, DeclaredFirewall } from '../../src/failover/outcome.ts';
import type { Refusal, World } from '../../src/failover/safety.ts';
import type { IdcId } from '../../src/model/ids.ts';
import type { Result } from '../../src/model/result.ts';
import { reference } from '../support/config.ts';

export const NOW = 1_800_000_000_000;
const snapshot = reference();

export const world = (more: Partial<World> = {}): World => ({
  topology: snapshot.topology,
  rules: snapshot.rules,
  userApps: snapshot.userApps,
  settings: {
    safety: { headroom: 1.15, persons: 2 },
    freeze: { maxMs: 30_000, budgetMs: 300_000 },
  },
  shardRps: null,
  ...more,
});

/** All policies have the rules 100 to 299; 100 is the one that refuses. */
const FIREWALL: DeclaredFirewall = {
  modes: new Map([
    ['guard', 'block'],
    ['watch', 'detect'],
    ['idle', 'off'],
  ]),
  refusing(rule) {
    if (rule < 100 || rule > 299) return null;
    return rule === 100 ? ['guard', 'watch', 'idle'] : [];
  },
};

/** Fills in what every command needs. */
const command = (c: Record<string, unknown>): Command =>
  commandSchema.parse({ by: 'ann', reason: 'because', ...c });

export const give = (
  board: Board,
  c: Record<string, unknown>,
  w: World = world(),
  nowMs = NOW,
): Result<Applied, Refusal> =>
  apply(board, command(c), w, {
    ...{ nowMs, me: 'g-hz1', plans: snapshot.plans, mirrors: ['shadow'] },
    firewall: FIREWALL,
  });

/** The board after a command that must be taken. */
export function taken(board: Board, c: Record<string, unknown>, w: World = world()): Board {
  const given = give(board, c, w);
  if (!given.ok) throw new Error(`${given.error.rule}: ${given.error.message}`);
  return given.value.board;
}

export function gates(board: Board, more: Partial<GateInFleet> = {}): GateInFleet[] {
  return ['hz1', 'hz2', 'sh1'].map((idc) => ({
    ...{
      gate: `g-${idc}`,
      idc: idc as IdcId,
      epoch: board.epoch,
      settled: board.epoch,
      digest: '',
    },
    ...{ appliedAtMs: NOW, trouble: null, zones: {}, adminUrl: null, ageMs: 0, leaseLeftMs: 5000 },
    ...more,
  }));
}

export const sight = (board: Board, more: Partial<Sight> = {}): Sight => ({
  ...{ nowMs: NOW, me: 'g-hz1', gates: gates(board), fencing: 'strict', byPerson: false },
  silentMs: 1500,
  stuck: [],
  level: () => 'level',
  ...more,
});

/** Every gate obliges, time flies. */
export function carriedOut(board: Board, w: World = world(), more: Partial<Sight> = {}): Board {
  let now = board;
  let nowMs = more.nowMs ?? NOW;
  for (let i = 0; i < 5000; i++) {
    const next = advance(now, w, sight(now, { ...more, nowMs }));
    if (next === null) return now;
    if (next.kind === 'commit') now = next.board;
    else if (next.kind === 'wait' && next.for === 'time')
      nowMs = Math.max(nowMs + 1000, now.runs.find((r) => r.id === next.run)?.soakUntilMs ?? 0);
    else return now;
  }
  throw new Error('it does not end');
}
