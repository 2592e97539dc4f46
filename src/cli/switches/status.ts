/** What stands now, for people at night. */
import type { z } from 'zod';
import type { Board, Switch } from '../../failover/board.ts';
import { isOver, type Run } from '../../failover/run.ts';
import { switchText } from '../../failover/switch-text.ts';
import {
  boardAnswer,
  type FleetAnswer,
  fleetAnswer,
  placesAnswer,
  runAnswer,
} from '../../shell/control/answers.ts';
import { rangesText } from '../../zone/compile-rules.ts';
import { EXIT } from '../exit.ts';
import { Control } from './control.ts';
import { fleetLines } from './fleet.ts';
import type { ReadOptions } from './options.ts';
import { staleLines } from './stale.ts';
import { agoText, untilText } from './times.ts';

type Cities = z.infer<typeof placesAnswer>['cities'];
/** By run: what it waits for, null for nothing. */
type Waits = ReadonlyMap<string, string | null>;
type Zone = Cities[number]['idcs'][number]['zones'][number];

export async function status(options: ReadOptions): Promise<number> {
  const control = new Control(options);
  const [{ board, standing }, { cities }, fleet] = await Promise.all([
    control.get('/v1/board', boardAnswer),
    control.get('/v1/places', placesAnswer),
    control.get('/v1/fleet', fleetAnswer),
  ]);
  const current = board.runs.filter(isCurrent);
  const found = await Promise.all(current.map((r) => control.find(`/v1/runs/${r.id}`, runAnswer)));
  const waits = new Map(found.flatMap((f) => (f === null ? [] : [[f.run.id, f.waitsFor]])));
  const all = { standing, board, cities, fleet, waits: Object.fromEntries(waits) };
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(all, null, 2)}\n`
      : `${statusLines(board, cities, fleet, waits).join('\n')}\n`,
  );
  return EXIT.ok;
}

function statusLines(board: Board, cities: Cities, fleet: FleetAnswer, waits: Waits): string[] {
  const { standing } = fleet;
  const now = Date.now();
  const at = board.epoch === 0 ? 'nobody has ordered anything yet' : signed(board, now);
  return [
    ...staleLines(standing),
    `gate ${standing.gate} in ${standing.idc}, store ${standing.store}`,
    `board epoch ${board.epoch}: ${at}`,
    ...(standing.alarms.length === 0 ? ['no alarms'] : standing.alarms.map((a) => `ALARM ${a}`)),
    '',
    ...cityLines(cities),
    '',
    ...section(
      'switches in force',
      board.switches.map((s) => switchLine(s, now)),
    ),
    ...section(
      'shards under way',
      board.moves.map(
        (m) =>
          `${m.id} of ${m.run}: shards ${rangesText(m.shards)}, ${m.from} → ${m.to}, ${m.state}`,
      ),
    ),
    ...section(
      'runs',
      board.runs.filter(isCurrent).map((r) => runLine(r, waits, now)),
    ),
    ...section(
      'rules set aside',
      board.overrides.map((o) => `${o.rule} ${untilText(o.untilMs, now)}; ${signed(o, now)}`),
    ),
    ...fleetLines(fleet),
  ];
}

const section = (title: string, lines: readonly string[]): string[] => [
  lines.length === 0 ? `${title}: none` : `${title}:`,
  ...lines.map((l) => `  ${l}`),
];

function cityLines(cities: Cities): string[] {
  return cities.flatMap((city) => [
    `${city.city}${mark(city.state)}`,
    ...city.idcs.flatMap((idc) => [
      `  ${idc.idc}${mark(idc.state)}`,
      ...idc.zones.map((z) => `    ${zoneLine(z)}`),
    ]),
  ]);
}

/** What is as it should be needs no word. */
const mark = (state: string): string => (state === 'serving' ? '' : `  ${state.toUpperCase()}`);

function zoneLine(z: Zone): string {
  const name = `${z.zone.padEnd(8)} ${z.type.padEnd(8)} ${z.state.padEnd(24)}`;
  const groups = z.groups.map((g) => `${g.group} ${g.percent} %`).join(', ');
  const users =
    z.type === 'gzone' || z.type === 'czone'
      ? ''
      : ` ${z.shardCount} shards, ${z.percentOfUsers} % of users${z.shards === '' ? '' : ` (${z.shards})`};`;
  const moving = z.moving === 0 ? '' : `; ${z.moving} shards under way`;
  const frozen = z.frozen === 0 ? '' : `; writes of ${z.frozen} shards are refused`;
  return `${name}${users} ${groups}${moving}${frozen}`;
}

function switchLine(s: Switch, now: number): string {
  const what = s.action === 'pin' ? `pin ${s.uid} to ${s.zone}` : switchText(s);
  const until = s.untilMs === null ? '' : ` ${untilText(s.untilMs, now)}`;
  return `${s.id} ${what}${until}; ${signed(s, now)}`;
}

const signed = (
  s: { readonly by: string; readonly reason: string; readonly atMs: number },
  now: number,
): string => `by ${s.by} ${agoText(s.atMs, now)}: ${s.reason}`;

const isCurrent = (run: Run): boolean => !isOver(run) || run.returnAtMs !== null;

function runLine(run: Run, waits: Waits, now: number): string {
  const step = run.steps[run.at];
  const where = step === undefined ? '' : `, step ${run.at + 1}/${run.steps.length} ${step.do}`;
  const why = waits.get(run.id) ?? run.note;
  const note = why === '' ? '' : `; waits for: ${why}`;
  const back = run.returnAtMs === null ? '' : `; goes back ${untilText(run.returnAtMs, now)}`;
  return `${run.id} ${run.name}: ${run.state}${where}${note}${back}; ${signed(run, now)}`;
}
