/**
 * A run carried out in thought, by the code that carries it out in earnest: every gate acknowledges,
 * all data is level, nobody falls ill, soaks pass. What is left are the boards it would bring about.
 */
import { advanceRun } from './advance.ts';
import type { Board, GateInFleet } from './board.ts';
import type { Sight } from './move.ts';
import { isOver, type Run } from './run.ts';
import type { World } from './safety.ts';

export interface Forecast {
  /** After each flip and each order, in turn. */
  readonly boards: readonly { readonly board: Board; readonly what: string }[];
  readonly last: Board;
  /** Why it would hold; null when it would be done. */
  readonly stopped: string | null;
}

/** More boards than any run can make: 1024 shards one by one, five boards each, and steps. */
const MOST_BOARDS = 20_000;
const FAR = Number.MAX_SAFE_INTEGER;

export function forecast(board: Board, runId: string, world: World): Forecast {
  const gates = [...world.topology.idcs.keys()].map(
    (idc): GateInFleet => ({
      ...{ gate: `any-${idc}`, idc, epoch: FAR, settled: FAR, appliedAtMs: 0, trouble: null },
      digest: '',
      ...{ zones: {}, adminUrl: null, ageMs: 0, leaseLeftMs: FAR },
    }),
  );
  const boards: { board: Board; what: string }[] = [];
  let now = obliged(board, runId);
  let nowMs = now.atMs;
  for (let i = 0; i < MOST_BOARDS; i++) {
    const run = now.runs.find((r) => r.id === runId);
    if (run === undefined || isOver(run)) return { boards, last: now, stopped: null };
    if (run.state !== 'running') return { boards, last: now, stopped: run.note };
    const sight: Sight = {
      ...{
        nowMs,
        me: run.steward ?? '',
        gates,
        fencing: 'lease',
        silentMs: 0,
        stuck: [],
        byPerson: false,
      },
      level: () => 'level',
    };
    const next = advanceRun(now, run, world, sight);
    if (next?.kind === 'commit') {
      const before = now;
      now = next.board;
      if (
        now.owners !== before.owners ||
        now.appOwners !== before.appOwners ||
        now.switches !== before.switches
      )
        boards.push({ board: now, what: next.what });
    } else if (run.soakUntilMs !== null && run.soakUntilMs > nowMs) nowMs = run.soakUntilMs;
    else now = obliged(now, runId);
  }
  return { boards, last: now, stopped: 'it would never end' };
}

/** Whoever is asked says yes. */
function obliged(board: Board, runId: string): Board {
  const yes = (run: Run): Run =>
    run.id !== runId
      ? run
      : { ...run, agreed: true, state: run.state === 'waiting' ? 'running' : run.state };
  return { ...board, runs: board.runs.map(yes) };
}
