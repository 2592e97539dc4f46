/** Releases and gray rules: the commands. */
import type { Command as CliCommand } from 'commander';
import type { ClientRule } from '../../release/client-rule.ts';
import { CommandError, EXIT, usageError } from '../exit.ts';
import {
  commandOf,
  lasting,
  type MoveOptions,
  type ReadOptions,
  reading,
  writing,
} from './options.ts';
import { order } from './order.ts';
import { releaseStatus, runOf } from './release-status.ts';
import { numberOf, numbersOf, wordsOf } from './words.ts';

type Done = (code: Promise<number>) => void;
type Fields = Readonly<Record<string, unknown>>;

interface LaneOptions extends MoveOptions {
  readonly zone?: string | undefined;
  readonly app?: string | undefined;
  readonly from?: string | undefined;
  readonly steps?: string | undefined;
  readonly minRequests?: string | undefined;
  readonly errors?: string | undefined;
  readonly errorsOver?: string | undefined;
  readonly latencyRatio?: string | undefined;
  readonly allow?: string | undefined;
  readonly tester?: string | undefined;
  readonly client: readonly string[];
}

const give = (fields: () => Fields, o: MoveOptions): Promise<number> =>
  Promise.resolve().then(() => order(commandOf(fields(), o), o));

const again = (value: string, before: readonly string[]): string[] => [...before, value];

export function addLaneCommands(program: CliCommand, done: Done): void {
  const release = program.command('release').description('users from one group to another');
  addRelease(release, done);
  addGray(program.command('gray').description('some users to another group'), done);
}

function addRelease(release: CliCommand, done: Done): void {
  writing(release.command('start').description('begin').argument('<name>'))
    .option('--zone <zones>', 'as RZ01,RZ02; all that have both groups when absent')
    .option('--app <app>', 'only the requests of this app')
    .requiredOption('--from <group>', 'the group that users leave')
    .requiredOption('--to <group>', 'the group they come to')
    .option('--steps <percents>', 'of the shards, as 1,5,25,100')
    .option('--soak <time>', 'at each step, at least, as 60s')
    .option('--min-requests <n>', 'that the new group must have answered at each step')
    .option('--errors <percent>', 'more 5xx at the new group is trouble; or: off')
    .option('--errors-over <points>', 'more than the old group by so much is trouble; or: off')
    .option('--latency-ratio <n>', 'p95 of the new group to the old one; above is trouble; or: off')
    .option('--on-trouble <what>', 'back (the default) or hold')
    .action((name: string, o: LaneOptions) => done(give(() => releaseFields(name, o), o)));
  const words = [
    ['promote', 'all the way, now; it is judged all the same'],
    ['rollback', 'everybody back to the old group, at once'],
    ['close', 'take a finished release off the board, when Rules say the same'],
  ] as const;
  for (const [word, description] of words)
    writing(release.command(word).description(description).argument('<name>')).action(
      (name: string, o: MoveOptions) => done(give(() => ({ do: word, release: name }), o)),
    );
  const runWords = [
    ['step', 'continue', 'the next step now', 'running'],
    ['hold', 'hold', 'stay where it is', 'running'],
    ['resume', 'continue', 'soak again and go on, after a hold', 'holding'],
  ] as const;
  for (const [word, act, description, state] of runWords)
    writing(release.command(word).description(description).argument('<name>')).action(
      (name: string, o: MoveOptions) => done(speak(name, word, act, state, o)),
    );
  reading(release.command('status').description('how far, and how both groups do'))
    .argument('[name]')
    .action((name: string | undefined, o: ReadOptions) => done(releaseStatus(name, o)));
}

/** Two who say the same word do it once: it fits one state only. */
async function speak(
  name: string,
  word: string,
  act: string,
  state: string,
  o: MoveOptions,
): Promise<number> {
  const run = await runOf(name, o);
  if (run.state !== state)
    throw new CommandError(
      `release ${name} is ${run.state}: ${word} needs it ${state}`,
      EXIT.failure,
    );
  return give(() => ({ do: act, run: run.id }), o);
}

function releaseFields(name: string, o: LaneOptions): Fields {
  return {
    ...{ do: 'release', name, zones: o.zone && wordsOf(o.zone), app: o.app, from: o.from },
    ...{ stages: o.steps && numbersOf(o.steps, '--steps') },
    gates: given({
      minRequests: o.minRequests && numberOf(o.minRequests, '--min-requests'),
      errorPercent: limitOf(o.errors, '--errors'),
      errorsOver: limitOf(o.errorsOver, '--errors-over'),
      latencyRatio: limitOf(o.latencyRatio, '--latency-ratio'),
    }),
  };
}

const given = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** null: not judged. */
const limitOf = (text: string | undefined, option: string): number | null | undefined =>
  text === 'off' ? null : text === undefined ? undefined : numberOf(text, option);

function addGray(gray: CliCommand, done: Done): void {
  lasting(
    gray
      .command('set')
      .description('a rule; said again, what is said is changed')
      .argument('<name>'),
  )
    .option('--zone <zones>', 'as RZ01,RZ02; all that have the group when absent')
    .option('--app <app>', 'only the requests of this app')
    .requiredOption('--to <group>', 'the group they are served by')
    .option('--percent <n>', 'of users, by a hash of the uid and the rule’s name')
    .option('--allow <uids>', 'these users, as uid1,uid2')
    .option('--tester <rule>', 'header:NAME=VALUE, believed from apps and operators')
    .option('--client <rule>', `${CLIENT_HELP}; again for more`, again, [])
    .action((name: string, o: LaneOptions) => done(give(() => grayFields(name, o), o)));
  writing(gray.command('end').description('take a rule back').argument('<name>')).action(
    (name: string, o: MoveOptions) => done(give(() => ({ do: 'ungray', gray: name }), o)),
  );
}

function grayFields(name: string, o: LaneOptions): Fields {
  return {
    ...{ do: 'gray', name, zones: o.zone && wordsOf(o.zone), app: o.app },
    allow: o.allow && wordsOf(o.allow),
    tester: o.tester === undefined ? undefined : clientRuleOf(o.tester),
    clients: o.client.length === 0 ? undefined : o.client.map(clientRuleOf),
  };
}

const CLIENT_HELP =
  'header:, cookie: or query:NAME=VALUE (VALUE* for a beginning), or network:CIDR';

/** `header:X-App=7.2*` → a rule; the gate judges what is in it. */
function clientRuleOf(text: string): ClientRule {
  const match = /^(header|cookie|query|network):([^=]+)(?:=(.+))?$/.exec(text);
  if (match === null) throw usageError(`${text} is not ${CLIENT_HELP}`);
  const [, kind = '', what = '', value] = match;
  if (value === undefined) return { [kind]: what };
  return value.endsWith('*')
    ? { [kind]: what, starts: value.slice(0, -1) }
    : { [kind]: what, is: value };
}
