/** Elastic zones: shards out for a promotion, and home again. */
import type { Command as CliCommand } from 'commander';
import { popOutsOf } from '../../failover/owners.ts';
import { boardAnswer, runAnswer } from '../../shell/control/answers.ts';
import { EXIT, usageError } from '../exit.ts';
import { Control } from './control.ts';
import {
  commandOf,
  type MoveOptions,
  type ReadOptions,
  reading,
  walking,
  writing,
} from './options.ts';
import { order } from './order.ts';
import { staleLines } from './stale.ts';
import { isCurrent, runLine, switchLine } from './status.ts';
import { shardsOf } from './words.ts';

interface PopOptions extends MoveOptions {
  readonly shards?: string | undefined;
  readonly zone?: string | undefined;
}

export function addElastic(program: CliCommand, done: (code: Promise<number>) => void): void {
  const elastic = program.command('elastic').description('shards on loan at elastic zones');
  const out = elastic.command('out').description('pop shards out to an elastic zone');
  walking(writing(out))
    .requiredOption('--shards <list>', 'as 90-94')
    .requiredOption('--to <zone>', 'an elastic zone')
    .option('--percent <n>', 'of the shards: the first so many')
    .option('--app <app>', 'only the requests of this app')
    .option('--from <when>', 'begin then: 2026-11-11T00:00:00+08:00, or 30m from now')
    .option('--until <when>', 'they come home by themselves then')
    .action((o: PopOptions) => done(popOut(o)));
  const back = elastic.command('back').description('pop shards back to where they were taken from');
  walking(writing(back))
    .option('--shards <list>', 'as 90-94')
    .option('--zone <zone>', 'all that is out at this elastic zone')
    .option('--app <app>', 'only this app of them')
    .action((o: PopOptions) => done(popBack(o)));
  reading(
    elastic.command('status').description('what is out, until when, and what is planned'),
  ).action((o: ReadOptions) => done(status(o)));
}

async function popOut(o: PopOptions): Promise<number> {
  return order(commandOf({ do: 'pop-out', shards: shardsOf(o.shards ?? '') }, o), o);
}

async function popBack(o: PopOptions): Promise<number> {
  const { shards, zone } = o;
  if ((shards === undefined) === (zone === undefined))
    throw usageError('say what comes back: --shards 90-94, or all of a zone: --zone EZ01');
  const scope =
    zone === undefined
      ? { kind: 'shards', shards: shardsOf(shards ?? '') }
      : { kind: 'zone', zone };
  return order(commandOf({ do: 'pop-back', scope }, o), o);
}

async function status(options: ReadOptions): Promise<number> {
  const control = new Control(options);
  const { board, standing } = await control.get('/v1/board', boardAnswer);
  const outs = popOutsOf(board);
  const runs = board.runs.filter(
    (r) => isCurrent(r) && r.steps.some((s) => s.do === 'pop-out' || s.do === 'pop-back'),
  );
  const found = await Promise.all(runs.map((r) => control.find(`/v1/runs/${r.id}`, runAnswer)));
  const waits = new Map(
    found.flatMap((f) => (f === null ? [] : [[f.run.id, f.waitsFor] as const])),
  );
  const now = Date.now();
  const lines = [
    ...staleLines(standing),
    ...(outs.length === 0 ? ['nothing is out'] : outs.map((s) => switchLine(s, now))),
    ...runs.map((r) => runLine(r, waits, now)),
  ];
  const answer = { outs, runs, waits: Object.fromEntries(waits) };
  process.stdout.write(
    options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : `${lines.join('\n')}\n`,
  );
  return EXIT.ok;
}
