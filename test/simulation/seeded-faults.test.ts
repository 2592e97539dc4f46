/** The simulation sees what it is for: each of these faults breaks an invariant within some seeds. */
import { describe, expect, it, vi } from 'vitest';
import { decide } from '../../src/decide/index.ts';
import { advance } from '../../src/failover/advance.ts';
import type { Board } from '../../src/failover/board.ts';
import type { Sight } from '../../src/failover/move.ts';
import type { Next } from '../../src/failover/next.ts';
import type { World } from '../../src/failover/safety.ts';
import { HAND_OVER_HEADER } from '../../src/peer/hand-over.ts';
import type { Behaviour } from '../../src/simulation/fleet.ts';
import { type SimulationOutcome, simulateFleet } from '../../src/simulation/index.ts';
import { reportText } from '../../src/simulation/report.ts';
import { reference } from '../support/config.ts';

const snapshot = reference();
const MOST_SEEDS = 30;
// Much is computed: a busy machine may take its time.
vi.setConfig({ testTimeout: 120_000 });

function firstBroken(behaviour: Partial<Behaviour>): SimulationOutcome {
  for (let i = 1; i <= MOST_SEEDS; i++) {
    const seed = `f${i}`;
    const outcome = simulateFleet({ snapshot, gates: 6, seed, steps: 1000, plan: null, behaviour });
    if (outcome.broken !== null) return outcome;
  }
  throw new Error(`nothing breaks in ${MOST_SEEDS} seeds`);
}

/** What the gates are believed to have said. */
const believing =
  (said: { epoch?: number; settled?: number }) =>
  (board: Board, world: World, sight: Sight): Next | null =>
    advance(board, world, { ...sight, gates: sight.gates.map((g) => ({ ...g, ...said })) });

/** Ends an aborted run at once, and leaves its moves where they are. */
function forgetful(board: Board, world: World, sight: Sight): Next | null {
  const next = advance(board, world, sight);
  if (next?.kind !== 'commit' || !next.what.endsWith(': aborted')) return next;
  const runs = next.board.runs.map((r) =>
    r.state === 'aborting' ? { ...r, state: 'aborted' as const, endedAtMs: sight.nowMs } : r,
  );
  return { ...next, board: { ...next.board, runs, moves: board.moves } };
}

describe('a fault put into the fleet is found', () => {
  it('an unfreeze before all gates have acknowledged the flip, and its history is short', () => {
    const outcome = firstBroken({ advance: believing({ epoch: Number.MAX_SAFE_INTEGER }) });
    expect(outcome.broken).toContain(
      'after the unfreeze no gate of the fleet reads at the old owner',
    );
    expect(outcome.events.length).toBeLessThanOrEqual(8);
    const kinds = outcome.events.map((e) => e.kind);
    expect(kinds).toContain('command');
    expect(kinds).toContain('request');
    const text = reportText(outcome);
    expect(text.split('\n').length).toBeLessThan(120);
    expect(text).toMatch(/\d+\.\d{3} s {2}\S+: commits board \d+: run r\d+: unfrozen/);
  });

  it('a flip before all gates have settled', () => {
    const outcome = firstBroken({ advance: believing({ settled: Number.MAX_SAFE_INTEGER }) });
    expect(outcome.broken).toMatch(/^(nobody writes a shard between frozen|a shard is written by)/);
  });

  it('a gate that takes any board after a restart', () => {
    const outcome = firstBroken({
      accepts: (gate, board) => gate.hasRestarted || board.epoch > gate.board.epoch,
    });
    expect(outcome.broken).toMatch(/^epochs fall: /);
  });

  it('a gate that does not wait for the writes it has under way', () => {
    const outcome = firstBroken({ isUnsettled: () => false });
    expect(outcome.broken).toMatch(/^(nobody writes a shard between frozen|a shard is written by)/);
  });

  it('an abort that forgets to unfreeze', () => {
    const outcome = firstBroken({ advance: forgetful });
    expect(outcome.broken).toMatch(/^an aborted run leaves no shard frozen/);
    expect(outcome.events.length).toBeLessThanOrEqual(4);
  });

  it('a catch-up check that nobody asks', () => {
    const outcome = firstBroken({
      advance: (board, world, sight) =>
        advance(board, world, { ...sight, byPerson: false, level: () => 'level' }),
    });
    expect(outcome.broken).toMatch(/^a shard (flips|is unfrozen) when its data is level/);
  });

  it('owners that change before the flip', () => {
    const outcome = firstBroken({
      advance: (board, world, sight) => {
        const next = advance(board, world, sight);
        const [move] = board.moves;
        if (next?.kind !== 'commit' || move === undefined || next.board.owners === null)
          return next;
        const owners = next.board.owners.map((o, s) => (move.shards.includes(s) ? move.to : o));
        return { ...next, board: { ...next.board, owners } };
      },
    });
    expect(outcome.broken).toMatch(/^a shard changes its owner by a flip alone/);
  });

  it('a second person who is not asked', () => {
    const outcome = firstBroken({
      advance: (board, world, sight) => {
        const runs = board.runs.map((r) =>
          r.state === 'waiting' ? { ...r, state: 'running' as const } : r,
        );
        return advance({ ...board, runs }, world, sight);
      },
    });
    expect(outcome.broken).toMatch(/^a run that waits for a second person begins with him/);
  });

  it('a gate that takes no board after a restart', () => {
    const outcome = firstBroken({
      accepts: (gate, board) => !gate.hasRestarted && board.epoch > gate.board.epoch,
    });
    expect(outcome.broken).toMatch(/^when all faults have ended the fleet comes to rest/);
  });

  it('a gate that sends on what was handed over to it', () => {
    const outcome = firstBroken({
      decide: (facts, s) => {
        const decision = decide(facts, s);
        if (decision.kind !== 'forward' || facts.header(HAND_OVER_HEADER) === undefined)
          return decision;
        return { ...decision, targets: [{ ...decision.targets[0], via: 'peer' }] };
      },
    });
    expect(outcome.broken).toMatch(/^a request crosses one border at most/);
  });

  it('a zone that is not the one which the board says', () => {
    const outcome = firstBroken({
      decide: (facts, s) => {
        const decision = decide(facts, s);
        if (decision.kind !== 'forward') return decision;
        const [target] = decision.targets;
        const other = [...s.topology.zones.values()].find((z) => z.id !== target.zone.id)!;
        return { ...decision, targets: [{ ...target, zone: other }] };
      },
    });
    expect(outcome.broken).toMatch(
      /^(?:a zone serves what the deciding gate’s board says|after the unfreeze no gate)/,
    );
  });

  it('an app that is sent where its shard is, and lives elsewhere', () => {
    const outcome = firstBroken({
      decide: (facts, s) =>
        decide(facts, { ...s, placement: { ...s.placement, apart: new Map() } }),
    });
    expect(outcome.broken).toMatch(
      /^(?:a zone serves what the deciding gate’s board says|after the unfreeze no gate)/,
    );
  });

  it('an app on its way whose writes nobody refuses', () => {
    const outcome = firstBroken({
      decide: (facts, s) => {
        const freezes = { ...s.placement.freezes, ofApp: new Map<string, never>() };
        return decide(facts, { ...s, placement: { ...s.placement, freezes } });
      },
    });
    expect(outcome.broken).toMatch(/^(nobody writes a shard between frozen|a shard is written by)/);
  });

  it('and the same seed breaks the same way again', () => {
    const faulty = { advance: believing({ settled: Number.MAX_SAFE_INTEGER }) };
    expect(firstBroken(faulty)).toEqual(firstBroken(faulty));
  });
});
