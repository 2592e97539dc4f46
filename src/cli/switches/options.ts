/** Options that the commands share, and the order they make of them. */
import { type Command as CliCommand, Option } from 'commander';
import { type Command, commandSchema } from '../../failover/commands.ts';
import { Report } from '../../model/issue.ts';
import { parseDocument } from '../../snapshot/parse.ts';
import { usageError } from '../exit.ts';
import type { ConnectionOptions } from './control.ts';
import { numberOf, numbersOf, ownName, secondsOf, wordsOf } from './words.ts';

export interface ReadOptions extends ConnectionOptions {
  readonly json?: boolean | undefined;
}

export interface WriteOptions extends ReadOptions {
  readonly reason?: string | undefined;
  readonly by: string;
  readonly setAside: readonly string[];
  readonly setAsideFor?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly uid: readonly string[];
  readonly ifEpoch?: string | undefined;
  readonly wait: boolean;
  readonly timeout: string;
}

/** Not every command has all of them. */
export interface MoveOptions extends WriteOptions {
  readonly percent?: string | undefined;
  readonly to?: string | undefined;
  readonly pace?: string | undefined;
  readonly soak?: string | undefined;
  readonly mode?: string | undefined;
  readonly errorPercent?: string | undefined;
  readonly onTrouble?: string | undefined;
  readonly fenced?: string | undefined;
  readonly for?: string | undefined;
  readonly endWithin?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly app?: string | undefined;
}

const DEFAULT_ADMIN = 'http://127.0.0.1:9901';

const again = (value: string, before: readonly string[]): string[] => [...before, value];

/** An option under a name of ours, where its flag has another. */
const named = (name: string, flags: string, description: string): Option =>
  Object.assign(new Option(flags, description), { attributeName: () => name });

export function reading(command: CliCommand): CliCommand {
  return command
    .addOption(
      new Option('--admin <url>', 'admin listener of any gate of the fleet')
        .env('ZONEGATE_ADMIN')
        .default(DEFAULT_ADMIN),
    )
    .addOption(
      new Option('--token-file <file>', 'a token, as <id>.<secret>').env('ZONEGATE_TOKEN_FILE'),
    )
    .option('--ca <file>', 'who signs the gate’s certificate')
    .option('--cert <file>', 'certificate to show')
    .option('--key <file>', 'its key')
    .option('--json', 'report as JSON');
}

export function writing(command: CliCommand): CliCommand {
  return reading(command)
    .option('--reason <text>', 'why; needed but for a dry run')
    .option('--by <name>', 'who', ownName())
    .addOption(
      named('setAside', '--override <rule>', 'set this safety rule aside, again for more')
        .argParser(again)
        .default([]),
    )
    .addOption(named('setAsideFor', '--override-for <time>', 'for so long, as 30m; 1h when absent'))
    .option('--dry-run', 'show what would happen, and change nothing')
    .option('--uid <uid>', 'with --dry-run: show this user at each step, again for more', again, [])
    .option('--if-epoch <n>', 'only if the board still has this epoch')
    .option('--no-wait', 'return as soon as it is stored')
    .option('--timeout <time>', 'wait at most so long until it is in force everywhere', '5m');
}

export const lasting = (command: CliCommand): CliCommand =>
  writing(command).option('--for <time>', 'ends by itself after so long, as 2h');

export const moving = (command: CliCommand): CliCommand => walking(lasting(command));

/** Of a run that moves users. */
export function walking(command: CliCommand): CliCommand {
  return command
    .option('--pace <list>', 'shards moved in all after each stage, as 1,5,25')
    .option('--soak <time>', 'between stages, as 10s')
    .addOption(
      new Option('--mode <mode>', 'of writes').choices(['freeze', 'reads-only', 'no-freeze']),
    )
    .option('--error-percent <n>', 'hold when a zone that takes users fails more than this')
    .addOption(new Option('--on-trouble <what>', 'then').choices(['hold', 'back']))
    .option('--fenced <gates>', 'silent gates that surely write no more, as g1,g2');
}

/** What the command line says, judged by the schema that the gate judges by. */
export function commandOf(fields: Readonly<Record<string, unknown>>, o: MoveOptions): Command {
  if (o.reason === undefined && o.dryRun !== true)
    throw usageError('say why: --reason "…" stands in the board and in the trail');
  const given: Record<string, unknown> = {
    ...fields,
    by: o.by,
    reason: o.reason ?? 'dry run',
    overrides: o.setAside.length === 0 ? undefined : o.setAside,
    overrideForS: o.setAsideFor && secondsOf(o.setAsideFor, '--override-for'),
    percent: o.percent && numberOf(o.percent, '--percent'),
    pace: o.pace && numbersOf(o.pace, '--pace'),
    soakS: o.soak && secondsOf(o.soak, '--soak'),
    mode: o.mode,
    errorPercent: o.errorPercent && numberOf(o.errorPercent, '--error-percent'),
    onTrouble: o.onTrouble,
    fenced: o.fenced && wordsOf(o.fenced),
    endWithinS: o.endWithin && secondsOf(o.endWithin, '--end-within'),
    forS: o.for && secondsOf(o.for, '--for'),
    from: o.from,
    until: o.until,
    app: o.app,
  };
  if (o.to !== undefined) given.to = o.to;
  const report = new Report();
  const command = parseDocument(commandSchema, said(given), report);
  if (command !== null && !report.failed) return command;
  throw usageError(
    report.problems.map((p) => `${p.path.join('.')}: ${p.message}${expected(p)}`).join('\n'),
  );
}

/** What he has not said is left to the defaults. */
const said = (given: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

const expected = (p: { readonly expected?: string }): string =>
  p.expected === undefined ? '' : ` (${p.expected})`;
