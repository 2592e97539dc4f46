/** Load tests: their kill switch, how they stand, and passes for them. */
import type { Command as CliCommand } from 'commander';
import type { z } from 'zod';
import { stressAnswer } from '../../shell/control/answers.ts';
import { EXIT } from '../exit.ts';
import { type StressTokenArguments, stressToken } from '../stress-token.ts';
import { Control } from './control.ts';
import {
  commandOf,
  lasting,
  type MoveOptions,
  type ReadOptions,
  reading,
  writing,
} from './options.ts';
import { order } from './order.ts';
import { staleLines } from './stale.ts';
import { agoText, untilText } from './times.ts';

interface SceneOptions extends MoveOptions {
  readonly scene: string;
}

export function addStress(program: CliCommand, done: (code: Promise<number>) => void): void {
  const stress = program.command('stress').description('load tests: stop, go, status, token');
  const give = (what: 'stress-stop' | 'stress-go', o: SceneOptions): Promise<number> =>
    Promise.resolve().then(() => order(commandOf({ do: what, scene: o.scene }, o), o));
  lasting(stress.command('stop').description('end a load test everywhere, at once'))
    .requiredOption('--scene <name>', 'which; * for all')
    .action((o: SceneOptions) => done(give('stress-stop', o)));
  writing(stress.command('go').description('take such a stop back'))
    .requiredOption('--scene <name>', 'which; * for the stop of all')
    .action((o: SceneOptions) => done(give('stress-go', o)));
  reading(stress.command('status').description('scenes, their limits and counts')).action(
    (o: ReadOptions) => done(status(o)),
  );
  stress
    .command('token')
    .description('a signed pass for a load generator')
    .requiredOption(
      '-c, --config <dir>',
      'directory of YAML documents',
      process.env.ZONEGATE_CONFIG,
    )
    .requiredOption('--scene <name>', 'of which load test')
    .requiredOption('--qps <n>', 'requests a second, at each gate')
    .option('--for <time>', 'how long it is good: 30s, 10m, 2h', '10m')
    .option('--client <network>', 'good only from there, as 10.9.0.0/16')
    .action((o: StressTokenArguments) => done(Promise.resolve().then(() => stressToken(o))));
}

async function status(options: ReadOptions): Promise<number> {
  const answer = await new Control(options).get('/v1/stress', stressAnswer);
  const text =
    options.json === true ? JSON.stringify(answer, null, 2) : statusLines(answer).join('\n');
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}

type Answer = z.infer<typeof stressAnswer>;

function statusLines({ standing, scenes, why }: Answer): string[] {
  const now = Date.now();
  return [
    ...staleLines(standing),
    ...(why === null ? [] : [`the gates can’t be asked: ${why}`]),
    ...(scenes.length === 0
      ? ['no scenes are declared']
      : scenes.flatMap((s) => sceneLines(s, now))),
  ];
}

function sceneLines(s: Answer['scenes'][number], now: number): string[] {
  const { rps, concurrency, total } = s.limits;
  const inAll = total === null ? '' : `, ${total} in all`;
  const stop =
    s.stop === null
      ? []
      : [
          `  stopped by ${s.stop.by} ${agoText(s.stop.atMs, now)}: ${s.stop.reason}${s.stop.untilMs === null ? '' : `; ${untilText(s.stop.untilMs, now)}`}`,
        ];
  return [
    `${s.scene}: ${s.state === 'on' ? `on until ${s.until}` : s.state.toUpperCase()}`,
    ...stop,
    `  ${s.endpoints} endpoints, ${s.table === 'own' ? 'a table of its own' : 'the users’ table'}; at each gate ${rps} a second, ${concurrency} at once${inAll}`,
    `  under way ${s.active}, let in ${s.total}, turned away ${s.refused}`,
    ...s.gates.map(
      (g) => `    ${g.gate}: under way ${g.active}, let in ${g.total}, turned away ${g.refused}`,
    ),
  ];
}
