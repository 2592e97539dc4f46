/** What a run waits for, by the functions that carry it on. */
import { advanceRun } from '../../failover/advance.ts';
import type { GateInFleet } from '../../failover/board.ts';
import { silenceMs } from '../../failover/compile-fleet.ts';
import { NOT_SAFE, type Sight } from '../../failover/move.ts';
import type { Run } from '../../failover/run.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { worldOf } from '../../snapshot/world.ts';

export interface RunWait {
  readonly waitsFor: string | null;
  readonly needsPerson: boolean;
}

/**
 * For moves a moment at which nothing is late: whether a deadline has passed is the steward's to judge. A
 * release has no deadlines, but a soak that is over, or not.
 */
const momentFor = (run: Run, boardMs: number): number =>
  run.steps[run.at]?.do === 'release' ? Date.now() : boardMs;

/** @param gates null: the store can't be asked */
export function waitOf(
  run: Run,
  snapshot: Snapshot,
  gates: readonly GateInFleet[] | null,
): RunWait {
  if (run.state === 'waiting' || run.state === 'holding')
    return { waitsFor: run.note, needsPerson: true };
  const { fleet, board } = snapshot;
  if (gates === null || fleet === null || run.endedAtMs !== null)
    return { waitsFor: null, needsPerson: false };
  const sight: Sight = {
    ...{ nowMs: momentFor(run, board.atMs), me: '', gates, fencing: fleet.fencing },
    silentMs: silenceMs(fleet),
    stuck: [],
    byPerson: fleet.catchUp.by === 'confirm',
    level: () => 'unknown',
  };
  const next = advanceRun(board, run, worldOf(snapshot, null), sight);
  if (next?.kind === 'check') {
    const zones = [...new Set(next.moves.map((m) => m.to))].join(', ');
    if (next.moves.every((m) => m.state === 'verifying')) {
      const what = `${NOT_SAFE}: the declared check does not say that the data of ${zones} follows`;
      return { waitsFor: what, needsPerson: false };
    }
    return { waitsFor: `the data of ${zones} to be level`, needsPerson: false };
  }
  if (next?.kind !== 'wait') return { waitsFor: null, needsPerson: false };
  return { waitsFor: next.text, needsPerson: next.for === 'person' };
}
