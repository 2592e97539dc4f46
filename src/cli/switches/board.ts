import { boardAnswer } from '../../shell/control/answers.ts';
import { EXIT, usageError } from '../exit.ts';
import { asFailure, Control } from './control.ts';
import type { ReadOptions, WriteOptions } from './options.ts';
import { staleLines } from './stale.ts';
import { waitUntilInForce } from './wait.ts';
import { numberOf, secondsOf } from './words.ts';

/** The whole document, as the store keeps it. */
export async function board(options: ReadOptions): Promise<number> {
  const answer = await new Control(options).get('/v1/board', boardAnswer);
  for (const line of staleLines(answer.standing)) process.stderr.write(`${line}\n`);
  process.stdout.write(`${JSON.stringify(answer.board, null, 2)}\n`);
  return EXIT.ok;
}

/** For a store that went backwards: this gate's board becomes the fleet's, under a higher epoch. */
export async function reassert(options: WriteOptions): Promise<number> {
  const { reason, by, ifEpoch, dryRun } = options;
  if (dryRun === true)
    throw usageError('board reassert has no dry run: zonegate board shows what it would store');
  if (reason === undefined) throw usageError('say why: --reason "…"');
  const control = new Control(options);
  const epoch =
    ifEpoch === undefined
      ? (await control.get('/v1/board', boardAnswer)).board.epoch
      : numberOf(ifEpoch, '--if-epoch');
  const posted = await control.post('/v1/reassert', { by, reason }, epoch);
  if (!posted.ok) throw asFailure(posted.problem);
  process.stderr.write(`${posted.stored.note}, epoch ${posted.stored.epoch}\n`);
  const timeoutMs = secondsOf(options.timeout, '--timeout') * 1000;
  if (!options.wait) return EXIT.ok;
  return waitUntilInForce(control, posted.stored, 'reassert', {
    timeoutMs,
    json: options.json === true,
  });
}
