/** To 100 percent now, and judged all the same: by the run that carries the release, or by a new one. */
import { ok } from '../model/result.ts';
import { releaseGatesSchema } from '../release/gates.ts';
import type { Board, Signature } from './board.ts';
import { changed, logged, numbered, withRun, withSwitch } from './change.ts';
import { asideUntilMs, type Command, RELEASE_SOAK_S } from './commands.ts';
import { input, type Outcome } from './outcome.ts';
import { type Release, releaseNamed } from './release-lanes.ts';
import { runsOf } from './release-orders.ts';
import { FRESH } from './reverse.ts';
import { asideOf, type ReleaseStep, type Run } from './run.ts';

type Promote = Extract<Command, { do: 'promote' }>;

export function promote(board: Board, command: Promote, signature: Signature, me: string): Outcome {
  const { release, by, reason } = command;
  const what = `promote release ${release}`;
  const [run] = runsOf(board, release);
  if (run === undefined) {
    const stands = releaseNamed(board, release);
    if (stands === undefined || stands.percent === 100)
      return input(`no release ${release} is on its way`, 'its name, or release start');
    return ok({ ...carriedAnew(board, stands, command, signature, me), what });
  }
  const steps = run.steps.map((s) =>
    s.do === 'release' && s.name === release ? { ...s, stages: [100] } : s,
  );
  const overrode = [...new Set([...asideOf(run, signature.atMs), ...command.overrides])];
  const overrodeUntilMs = Math.max(run.overrodeUntilMs, asideUntilMs(command, signature.atMs));
  const told: Run = { ...run, steps, state: 'running', note: '', agreed: true, steward: me };
  const text = `promote by ${by}: ${reason}`;
  const mine = logged({ ...told, overrode, overrodeUntilMs }, signature.atMs, text);
  const next = changed(board, { runs: withRun(board, mine) }, signature);
  return ok({ board: next, run: run.id, what });
}

/** Nobody judges a release whose run is over: a new run takes it where it stands, with the same limits. */
function carriedAnew(
  board: Board,
  stands: Release,
  command: Promote,
  signature: Signature,
  me: string,
): { board: Board; run: string } {
  const last = board.runs.find((r) => r.id === stands.run);
  const before = last?.steps.find(
    (s): s is ReleaseStep => s.do === 'release' && s.name === stands.name,
  );
  const { id, nextId } = numbered(board, 'r');
  const { name, zones, app, from, to, percent } = stands;
  const { gates, soakS } = before ?? { gates: releaseGatesSchema.parse({}), soakS: RELEASE_SOAK_S };
  const run: Run = {
    ...FRESH,
    ...signature,
    ...{ id, name: `release ${name}`, level: 'zone', state: 'running', note: '', steward: me },
    steps: [{ do: 'release', name, zones, app, from, to, stages: [100], soakS, gates }],
    // An abort has set `hold`, whatever the release began with.
    onTrouble: last?.state === 'done' ? last.onTrouble : 'back',
    // As if its soak were over, and somebody had agreed to the next stage.
    ...{ queue: [], moved: percent, soakUntilMs: signature.atMs, agreed: true },
    ...{ approvals: [signature.by], fenced: [], returnAfterS: null, untilMs: null },
    ...{ overrode: command.overrides, overrodeUntilMs: asideUntilMs(command, signature.atMs) },
  };
  const patch = {
    switches: withSwitch(board, { ...stands, run: id }),
    runs: [
      ...board.runs,
      logged(run, signature.atMs, `promote by ${command.by}: ${command.reason}`),
    ],
  };
  return { board: changed(board, { ...patch, nextId }, signature), run: id };
}
