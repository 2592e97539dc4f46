/** What people say to a run that is under way: approve, continue, hold, abort. */
import { assertNever, fail, ok, type Result } from '../model/result.ts';
import type { Board, Signature } from './board.ts';
import { changed, logged, withRun } from './change.ts';
import { asideUntilMs, type Command } from './commands.ts';
import type { Applied, At } from './outcome.ts';
import { asideOf, isOver, personOf, type Run } from './run.ts';
import type { Refusal, World } from './safety.ts';

export type Speaking = Extract<Command, { do: 'approve' | 'continue' | 'hold' | 'abort' }>;

export function speakTo(
  board: Board,
  command: Speaking,
  signature: Signature,
  world: World,
  at: At,
): Result<Applied, Refusal> {
  const run = board.runs.find((r) => r.id === command.run);
  if (run === undefined)
    return fail({
      rule: 'input',
      message: `there is no run ${command.run}`,
      passes: 'an id as the board shows it',
    });
  if (isOver(run))
    return fail({
      rule: 'state',
      message: `run ${run.id} is over: ${run.note}`,
      passes: 'a run that is not',
    });
  const spoken = said(run, command, world, at, board);
  if (!spoken.ok) return spoken;
  const mine = logged(
    { ...spoken.value, steward: at.me },
    at.nowMs,
    `${command.do} by ${command.by}: ${command.reason}`,
  );
  const next = changed(board, { runs: withRun(board, mine) }, signature);
  return ok({ board: next, run: run.id, what: `${command.do} ${run.id} (${run.name})` });
}

function said(
  run: Run,
  command: Speaking,
  world: World,
  at: At,
  board: Board,
): Result<Run, Refusal> {
  const { persons } = world.settings.safety;
  switch (command.do) {
    case 'approve': {
      if (run.state !== 'waiting')
        return fail({
          rule: 'state',
          message: `run ${run.id} waits for nobody`,
          passes: 'a waiting run',
        });
      if (run.approvals.map(personOf).includes(personOf(command.by)))
        return fail(alone(run, persons, `${command.by} stands behind it already`));
      const approvals = [...run.approvals, command.by];
      const enough = approvals.length >= (run.level === 'city' ? persons : 1);
      return ok({ ...run, approvals, ...(enough ? { state: 'running', note: '' } : {}) });
    }
    case 'continue': {
      const overrode = [...new Set([...asideOf(run, at.nowMs), ...command.overrides])];
      const lifted = overrode.includes('two-persons');
      if (run.state === 'waiting' && !lifted)
        return fail(alone(run, persons, 'it waits for a second person'));
      const fenced = [...new Set([...run.fenced, ...command.fenced])];
      if (run.state === 'aborting') return saidOfRest(run, command.fenced, fenced, board);
      // To say that a gate is dead, or to end a hold, is no word on the data.
      const held = run.state === 'holding' || run.state === 'waiting';
      return ok({
        ...run,
        state: 'running',
        note: '',
        fenced,
        overrode,
        overrodeUntilMs: Math.max(run.overrodeUntilMs, asideUntilMs(command, at.nowMs)),
        agreed: (!held && command.fenced.length === 0) || run.agreed,
        soakUntilMs: held ? null : run.soakUntilMs,
      });
    }
    case 'hold':
      if (run.state !== 'running' && run.state !== 'holding')
        return fail({
          rule: 'state',
          message: `run ${run.id} is ${run.state}: there is nothing to hold`,
          passes: run.state === 'waiting' ? `approve or abort ${run.id}` : 'a run under way',
        });
      return ok({ ...run, state: 'holding', note: `held by ${command.by}: ${command.reason}` });
    case 'abort':
      return ok({
        ...run,
        state: 'aborting',
        note: `aborted by ${command.by}: ${command.reason}${left(run, command.back)}`,
        onTrouble: command.back ? 'back' : 'hold',
      });
    default:
      return assertNever(command);
  }
}

/** What has flipped is carried to its end even so, and may wait for somebody’s word on its data. */
function saidOfRest(
  run: Run,
  added: readonly string[],
  fenced: readonly string[],
  board: Board,
): Result<Run, Refusal> {
  if (board.moves.some((m) => m.run === run.id))
    return ok({ ...run, fenced, agreed: added.length === 0 || run.agreed });
  return fail({
    rule: 'state',
    message: `run ${run.id} is being aborted`,
    passes: 'a new command',
  });
}

const alone = (run: Run, persons: number, why: string): Refusal => ({
  rule: 'two-persons',
  message: `run ${run.id} moves a whole city, which takes ${persons} persons: ${why}`,
  passes: `approve ${run.id} by somebody else`,
});

/** What an abort leaves where it is, nobody judges any more. */
function left(run: Run, back: boolean): string {
  const step = run.steps[run.at];
  if (back || step?.do !== 'release' || run.moved === 0) return '';
  return `; ${run.moved} % stay at ${step.to}, and nobody judges it: release rollback ${step.name} takes them back`;
}
