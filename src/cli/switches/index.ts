/** The commands that look at switches and give orders, over the control API of a gate. */
import type { Command as CliCommand } from 'commander';
import { type AuditOptions, audit } from './audit.ts';
import { board, reassert } from './board.ts';
import { addElastic } from './elastic.ts';
import { addFirewall } from './firewall.ts';
import { fleet } from './fleet.ts';
import { addLaneCommands } from './lanes.ts';
import { mirrorReport, mirrorStatus } from './mirror.ts';
import {
  commandOf,
  lasting,
  type MoveOptions,
  moving,
  type ReadOptions,
  reading,
  type WriteOptions,
  writing,
} from './options.ts';
import { order } from './order.ts';
import { listPlans, showPlan } from './plan.ts';
import { status } from './status.ts';
import { addStress } from './stress.ts';
import { SCOPE_HELP, scopeOf, secondsOf, shardsOf } from './words.ts';

type Done = (code: Promise<number>) => void;

export function addSwitchCommands(program: CliCommand, done: Done): void {
  reading(
    program.command('status').description('zones, switches, runs and gates as they stand'),
  ).action((o: ReadOptions) => done(status(o)));
  addMoves(program, done);
  addElastic(program, done);
  addOrders(program, done);
  addMirrors(program, done);
  addFirewall(program, done);
  addPlans(program, done);
  addLaneCommands(program, done);
  addStress(program, done);
  reading(program.command('audit').description('the trail, newest first'))
    .option('--limit <n>', 'lines, at most 1000', '50')
    .action((o: AuditOptions) => done(audit(o)));
  reading(program.command('fleet').description('gates, their epochs, who is missing')).action(
    (o: ReadOptions) => done(fleet(o)),
  );
  const boards = reading(program.command('board').description('all switches, as one document'));
  boards.action((o: ReadOptions) => done(board(o)));
  writing(
    boards
      .command('reassert')
      .description('put this gate’s board into a store that went backwards'),
  ).action((_: object, c: CliCommand) => done(reassert(c.optsWithGlobals())));
}

const give = (fields: object, o: MoveOptions): Promise<number> =>
  Promise.resolve().then(() => order(commandOf({ ...fields }, o), o));

const scoped = (program: CliCommand, name: string, description: string): CliCommand =>
  program
    .command(name)
    .description(description)
    .argument('<scope>', 'group, zone, idc, city, shards or endpoint')
    .argument('<name>', `as in: ${SCOPE_HELP}`);

function addMoves(program: CliCommand, done: Done): void {
  const drain = moving(scoped(program, 'drain', 'take a place out of service, step by step'));
  drain
    .option('--end-within <time>', 'of a group: what is still under way there is ended then')
    .option('--percent <n>', 'of a group’s requests, or of the shards in scope')
    .option('--to <where>', 'partner, local, remote, or a zone');
  const failover = moving(scoped(program, 'failover', 'move users to the partners, at once'));
  failover.option('--to <where>', 'partner, local, remote, or a zone');
  const restore = moving(scoped(program, 'restore', 'bring back what was taken from a place'));
  for (const command of [drain, failover, restore]) {
    command.action((kind: string, name: string, o: MoveOptions) =>
      done(giveScoped(command.name(), kind, name, o)),
    );
  }
  moving(
    program
      .command('move')
      .description('move shards to a zone, or all to where they are declared')
      .argument('<shards>', 'as 00-09,42; or the word declared')
      .argument('[zone]'),
  ).action((shards: string, zone: string | undefined, o: MoveOptions) =>
    done(giveMove(shards, zone, o)),
  );
}

async function giveScoped(
  what: string,
  kind: string,
  name: string,
  o: MoveOptions,
): Promise<number> {
  return give({ do: what, scope: scopeOf(kind, name) }, o);
}

async function giveMove(shards: string, zone: string | undefined, o: MoveOptions): Promise<number> {
  if (shards === 'declared' && zone === undefined)
    return give({ do: 'move', shards: [], to: 'declared' }, o);
  return give({ do: 'move', shards: shardsOf(shards), to: zone }, o);
}

function addOrders(program: CliCommand, done: Done): void {
  const orders = [
    lasting(scoped(program, 'freeze', 'refuse writes of a zone or of shards')),
    writing(scoped(program, 'unfreeze', 'let writes through again')),
    lasting(scoped(program, 'off', 'no request to a group or an endpoint, at once')).option(
      '--end-within <time>',
      'what is still under way at the group is ended then',
    ),
    writing(scoped(program, 'on', 'requests to it again')),
  ];
  for (const command of orders) {
    command.action((kind: string, name: string, o: MoveOptions) =>
      done(giveScoped(command.name(), kind, name, o)),
    );
  }
  lasting(program.command('pin').description('place one user in a zone, ahead of the table'))
    .argument('<uid>')
    .argument('<zone>')
    .action((uid: string, zone: string, o: MoveOptions) => done(give({ do: 'pin', uid, zone }, o)));
  writing(program.command('unpin').description('take such a pin back'))
    .argument('<uid>')
    .action((uid: string, o: WriteOptions) => done(give({ do: 'unpin', uid }, o)));
}

function addMirrors(program: CliCommand, done: Done): void {
  const mirror = program.command('mirror').description('copies of requests, and what they show');
  lasting(mirror.command('set').description('copy another part than is declared'))
    .argument('<rule>')
    .requiredOption('--percent <n>', 'of what the rule fits, with decimals')
    .action((rule: string, o: MoveOptions) => done(give({ do: 'mirror', rule }, o)));
  lasting(mirror.command('off').description('copy nothing by this rule'))
    .argument('<rule>')
    .action((rule: string, o: MoveOptions) =>
      done(give({ do: 'mirror', rule }, { ...o, percent: '0' })),
    );
  writing(mirror.command('on').description('as it is declared again'))
    .argument('<rule>')
    .action((rule: string, o: WriteOptions) => done(give({ do: 'unmirror', rule }, o)));
  reading(mirror.command('status').description('rules and what became of their copies')).action(
    (o: ReadOptions) => done(mirrorStatus(o)),
  );
  reading(mirror.command('report').description('where answers differ, by route and field'))
    .argument('[rule]')
    .action((rule: string | undefined, o: ReadOptions) => done(mirrorReport(rule, o)));
}

interface RunOptions extends MoveOptions {
  readonly drill?: string | undefined;
  readonly back?: boolean | undefined;
}

function addPlans(program: CliCommand, done: Done): void {
  const plan = program.command('plan').description('declared plans, and what runs');
  reading(plan.command('list').description('plans and runs')).action((o: ReadOptions) =>
    done(listPlans(o)),
  );
  reading(
    plan.command('show').description('a plan, or a run with its log').argument('<name>'),
  ).action((name: string, o: ReadOptions) => done(showPlan(name, o)));
  writing(plan.command('run').description('carry a plan out').argument('<name>'))
    .option('--drill <time>', 'an exercise: goes back by itself after so long')
    .option('--fenced <gates>', 'silent gates that surely write no more, as g1,g2')
    .action((name: string, o: RunOptions) => done(runPlan(name, o)));
  writing(plan.command('continue').description('go on with a run that holds').argument('<run>'))
    .option('--fenced <gates>', 'silent gates that surely write no more, as g1,g2')
    .action((run: string, o: RunOptions) => done(give({ do: 'continue', run }, o)));
  writing(plan.command('hold').description('stop a run where it is').argument('<run>')).action(
    (run: string, o: RunOptions) => done(give({ do: 'hold', run }, o)),
  );
  writing(plan.command('abort').description('end a run').argument('<run>'))
    .option('--back', 'and undo what it has done')
    .action((run: string, o: RunOptions) =>
      done(give({ do: 'abort', run, back: o.back === true }, o)),
    );
  writing(plan.command('approve').description('stand behind a run, too').argument('<run>')).action(
    (run: string, o: RunOptions) => done(give({ do: 'approve', run }, o)),
  );
}

async function runPlan(name: string, o: RunOptions): Promise<number> {
  const drillReturnS = o.drill === undefined ? undefined : secondsOf(o.drill, '--drill');
  return give({ do: 'plan', plan: name, drillReturnS }, o);
}
