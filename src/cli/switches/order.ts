/** Gives a command to the fleet, and stays until it is in force everywhere. */
import type { Board } from '../../failover/board.ts';
import type { Command } from '../../failover/commands.ts';
import {
  auditAnswer,
  boardAnswer,
  type ProblemAnswer,
  type StoredAnswer,
} from '../../shell/control/answers.ts';
import type { ForecastReport } from '../../snapshot/forecast-report.ts';
import { CommandError, EXIT } from '../exit.ts';
import { asFailure, Control } from './control.ts';
import { forecastText } from './forecast-text.ts';
import type { WriteOptions } from './options.ts';
import { waitUntilInForce } from './wait.ts';
import { numberOf, secondsOf } from './words.ts';

const MOST_TRIES = 20;
const MOST_LINES = 1000;

export async function order(command: Command, options: WriteOptions): Promise<number> {
  const control = new Control(options);
  if (options.dryRun === true) return rehearse(control, command, options);
  const timeoutMs = secondsOf(options.timeout, '--timeout') * 1000;
  const stored = await give(control, command, options);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  say(`${stored.note}: ${stored.what}, epoch ${stored.epoch}`);
  if (!options.wait) {
    if (options.json === true) process.stdout.write(`${JSON.stringify({ stored }, null, 2)}\n`);
    return EXIT.ok;
  }
  return waitUntilInForce(control, stored, command.do, { timeoutMs, json: options.json === true });
}

async function rehearse(
  control: Control,
  command: Command,
  options: WriteOptions,
): Promise<number> {
  const { status, value } = await control.rehearse(command, options.uid);
  if (status !== 200) {
    const { detail = `the gate answered ${status}` } = value as { detail?: string };
    throw new CommandError(detail, EXIT.failure);
  }
  const report = value as ForecastReport;
  process.stdout.write(
    options.json === true ? `${JSON.stringify(report, null, 2)}\n` : forecastText(report),
  );
  return report.stopped === null ? EXIT.ok : EXIT.failure;
}

/**
 * Under the epoch that was read. When only runs have moved the board on since, nobody has decided
 * anything, and it is said again; anything else is for a person to look at.
 */
async function give(
  control: Control,
  command: Command,
  options: WriteOptions,
): Promise<StoredAnswer> {
  const fixed = options.ifEpoch === undefined ? null : numberOf(options.ifEpoch, '--if-epoch');
  let epoch = fixed ?? (await control.get('/v1/board', boardAnswer)).board.epoch;
  for (let i = 0; i < MOST_TRIES; i++) {
    const posted = await control.post('/v1/commands', command, epoch);
    if (posted.ok) return posted.stored;
    const { problem } = posted;
    if (problem.board === undefined) throw asFailure(problem);
    if (fixed !== null || !(await onlyRunsWrote(control, epoch, problem.board)))
      throw conflictOf(problem, problem.board);
    epoch = problem.board.epoch;
  }
  throw new CommandError('the board changes too fast: nothing was changed', EXIT.failure);
}

const BY_RUN = /^(?:run )?r\d+: /;

/** By the trail, which has a line for every epoch; a gap in it proves nothing. */
async function onlyRunsWrote(control: Control, from: number, board: Board): Promise<boolean> {
  if (!BY_RUN.test(board.reason)) return false;
  const limit = Math.min(MOST_LINES, board.epoch - from + 100);
  const { lines } = await control.get(`/v1/audit?limit=${limit}`, auditAnswer);
  const byRun = new Set(
    lines.filter((l) => l.outcome === 'stored' && BY_RUN.test(l.reason)).map((l) => l.epoch),
  );
  for (let epoch = from + 1; epoch <= board.epoch; epoch++) if (!byRun.has(epoch)) return false;
  return true;
}

function conflictOf(problem: ProblemAnswer, board: Board): CommandError {
  const orders = board.switches.map((s) => `  ${s.id} ${s.action} by ${s.by}: ${s.reason}`);
  const lines = [
    `conflict: ${problem.detail}`,
    `the board now, epoch ${board.epoch}:`,
    `  by ${board.by} at ${new Date(board.atMs).toISOString()}: ${board.reason}`,
    ...orders,
    'nothing was changed; look at it (zonegate status), then say it again if it still holds',
  ];
  return new CommandError(lines.join('\n'), EXIT.failure);
}
