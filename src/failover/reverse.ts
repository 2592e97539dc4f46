/** The way back of a run, as a run: its steps in reverse, each turned round. */
import type { Board } from './board.ts';
import { numbered } from './change.ts';
import { ofApp, type Taker } from './owners.ts';
import { levelOf, type MoveStep, type Run, type Step } from './run.ts';
import { scopeText } from './scope.ts';

export interface Reverse {
  readonly run: Run;
  readonly nextId: number;
}

export function reverseOf(board: Board, run: Run, nowMs: number): Reverse {
  // A step that has not begun has nothing to take back, but its reverse could undo another’s work.
  const begun = run.steps.slice(0, run.queue === null ? run.at : run.at + 1);
  const steps = begun
    .map((step, i) => backFrom(step, i, run))
    .toReversed()
    .flat();
  const { id, nextId } = numbered(board, 'r');
  const back: Run = {
    id,
    name: `back from ${run.name}`,
    level: run.level,
    steps,
    onTrouble: 'hold',
    by: run.by,
    reason: `the way back of ${run.id}`,
    atMs: nowMs,
    state: 'running',
    note: '',
    ...FRESH,
    approvals: run.approvals,
    fenced: run.fenced,
    overrode: run.overrode,
    overrodeUntilMs: run.overrodeUntilMs,
    steward: run.steward,
    returnAfterS: null,
    untilMs: null,
  };
  return { run: back, nextId };
}

/** Sends home what a switch has taken, at once. */
export function restoreOf(board: Board, due: Taker, sight: { nowMs: number; me: string }): Reverse {
  const { id, nextId } = numbered(board, 'r');
  const isOut = due.action === 'pop-out';
  const step: MoveStep = {
    do: isOut ? 'pop-back' : 'restore',
    scope: due.scope,
    app: isOut ? due.app : null,
    to: isOut ? due.id : 'partner',
    ...{ percent: 100, pace: [], soakS: 0, mode: 'freeze' },
    stopWhen: { errorPercent: null },
    exact: true,
  };
  const run: Run = {
    ...FRESH,
    id,
    name: `${step.do} ${scopeText(due.scope)}${ofApp(step.app)}`,
    level: levelOf([step]),
    steps: [step],
    onTrouble: 'hold',
    by: due.by,
    reason: `${due.id} has expired`,
    atMs: sight.nowMs,
    ...{
      state: 'running',
      note: '',
      approvals: [due.by],
      fenced: [],
      overrode: [],
      overrodeUntilMs: 0,
      steward: sight.me,
    },
    ...{ returnAfterS: null, untilMs: null },
  };
  return { run, nextId };
}

/** A run that has not begun. */
export const FRESH = {
  at: 0,
  queue: null,
  moved: 0,
  soakUntilMs: null,
  agreed: false,
  done: [],
  returnAtMs: null,
  endedAtMs: null,
  log: [],
} as const satisfies Partial<Run>;

function backFrom(step: Step, index: number, run: Run): Step[] {
  switch (step.do) {
    case 'drain':
    case 'failover':
      return [{ ...step, do: 'restore', percent: 100, exact: true }];
    case 'restore':
    case 'move':
      return run.done
        .filter((leg) => leg.step === index)
        .toReversed()
        .map((leg): MoveStep => {
          const scope = { kind: 'shards', shards: leg.shards } as const;
          return { ...step, do: 'move', scope, app: leg.app, to: leg.from };
        });
    case 'pop-out':
      return [{ ...step, do: 'pop-back', percent: 100, exact: true }];
    case 'pop-back':
      return run.done
        .filter((leg) => leg.step === index)
        .toReversed()
        .map((leg): MoveStep => {
          const scope = { kind: 'shards', shards: leg.shards } as const;
          return { ...step, do: 'pop-out', scope, app: leg.app, to: leg.from, exact: false };
        });
    case 'freeze':
      return [{ ...step, do: 'unfreeze' }];
    case 'unfreeze':
      return [{ ...step, do: 'freeze' }];
    case 'off':
      return [{ ...step, do: 'on' }];
    case 'on':
      return [{ ...step, do: 'off' }];
    case 'weigh':
      return [{ ...step, percent: 0 }];
    case 'release':
      return [{ ...step, stages: [0], soakS: 0 }];
    case 'confirm':
    case 'soak':
    case 'wait':
      return [];
  }
}
