/**
 * Switches that a run is still taking shards for. One that has none yet looks as if it were over; but
 * without it they would go, and nobody would know where from.
 */
import type { Board } from './board.ts';
import type { Taker } from './owners.ts';
import { isMoveStep, isOver, type MoveStep } from './run.ts';
import { sameScope } from './scope.ts';

/** @param but a run that is about to end */
export const isFilling = (board: Board, s: Taker, but: string): boolean =>
  board.runs.some((run) => {
    const step = run.steps[run.at];
    if (run.id === but || isOver(run) || run.queue === null || step === undefined) return false;
    return isMoveStep(step) && isFor(step, s);
  });

function isFor(step: MoveStep, s: Taker): boolean {
  if (s.action === 'drain')
    return (step.do === 'drain' || step.do === 'failover') && sameScope(step.scope, s.scope);
  const { scope } = step;
  return (
    step.do === 'pop-out' &&
    step.app === s.app &&
    step.to === s.to &&
    scope.kind === 'shards' &&
    s.scope.shards.some((shard) => scope.shards.includes(shard))
  );
}
