/** Releases as they stand: how far, what they wait for, how both groups do. */
import type { Switch } from '../../failover/board.ts';
import { isOver, type ReleaseStep, type Run } from '../../failover/run.ts';
import { releaseText, switchText } from '../../failover/switch-text.ts';
import {
  boardAnswer,
  type FleetAnswer,
  fleetAnswer,
  runAnswer,
} from '../../shell/control/answers.ts';
import { CommandError, EXIT } from '../exit.ts';
import { Control } from './control.ts';
import type { ReadOptions } from './options.ts';
import { staleLines } from './stale.ts';

type Release = Extract<Switch, { action: 'release' }>;

const stepOf = (run: Run): ReleaseStep | undefined =>
  run.steps.find((s): s is ReleaseStep => s.do === 'release');

/** The run that carries a release, for those who say its name. */
export async function runOf(name: string, options: ReadOptions): Promise<Run> {
  const { board } = await new Control(options).get('/v1/board', boardAnswer);
  const run = board.runs.find((r) => !isOver(r) && stepOf(r)?.name === name);
  if (run !== undefined) return run;
  throw new CommandError(`no release ${name} is under way`, EXIT.failure);
}

export async function releaseStatus(
  name: string | undefined,
  options: ReadOptions,
): Promise<number> {
  const control = new Control(options);
  const { board, standing } = await control.get('/v1/board', boardAnswer);
  const { gates } = await control.get('/v1/fleet', fleetAnswer);
  const fits = (n: string | undefined): boolean =>
    n !== undefined && (name === undefined || n === name);
  const stands = board.switches.filter((s): s is Release => s.action === 'release' && fits(s.name));
  const runs = board.runs.filter((r) => fits(stepOf(r)?.name));
  const open = runs
    .filter((r) => !isOver(r))
    .map((r) => control.find(`/v1/runs/${r.id}`, runAnswer));
  const waits = new Map(
    (await Promise.all(open)).flatMap((f) => (f === null ? [] : [[f.run.id, f.waitsFor]])),
  );
  const measured = measuredOf(gates ?? []);
  if (options.json === true) {
    const report = { releases: stands, runs, measured: Object.fromEntries(measured) };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return EXIT.ok;
  }
  const lines = [
    ...staleLines(standing),
    ...(stands.length === 0 ? ['no release stands'] : []),
    ...stands.flatMap((s) => [switchText(s), ...(measured.get(s.name) ?? [])]),
    ...runs.flatMap((run) => runLines(run, waits.get(run.id) ?? null)),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.ok;
}

type Gates = NonNullable<FleetAnswer['gates']>;
type Side = Gates[number]['releases'][number]['to'];

/** Of each living gate, for only these have numbers of their own. */
function measuredOf(gates: Gates): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  for (const { gate, living, releases } of gates) {
    if (!living) continue;
    for (const { release, from, to } of releases) {
      const line = `  ${gate}: old group ${sideText(from)}; new group ${sideText(to)}`;
      lines.set(release, [...(lines.get(release) ?? []), line]);
    }
  }
  return lines;
}

const sideText = ({ requests, failed, p95Ms }: Side): string =>
  `${failed} of ${requests} failed${p95Ms === null ? '' : `, p95 ${p95Ms.toFixed(1)} ms`}`;

function runLines(run: Run, waitsFor: string | null): string[] {
  const step = stepOf(run);
  const why = waitsFor ?? run.note;
  return [
    `${run.id} ${run.state}${why === '' ? '' : `: ${why}`}`,
    ...(step === undefined ? [] : [`  ${releaseText(step)}`]),
    ...run.log.map((l) => `  ${new Date(l.atMs).toISOString()} ${l.text}`),
  ];
}
