/** What people say of releases and gray rules: begin, roll back, close. */

import type { ZoneId } from '../model/ids.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Topology, Zone } from '../zone/topology.ts';
import type { Board, ReleaseScope, Signature, Switch } from './board.ts';
import { changed, logged, numbered } from './change.ts';
import type { Command } from './commands.ts';
import { input, type Outcome } from './outcome.ts';
import { serving, weightsNow } from './places.ts';
import { releaseNamed, releasesOf } from './release-lanes.ts';
import { isOver, type ReleaseStep, type Run } from './run.ts';
import type { Refusal, World } from './safety.ts';
import { switchText } from './switch-text.ts';

type Of<D extends Command['do']> = Extract<Command, { do: D }>;

const wrong = (message: string, passes: string): Result<never, Refusal> =>
  fail({ rule: 'input', message, passes });

/** The step of a release, its zones spelt out; or what forbids it. */
export function releaseStep(
  board: Board,
  command: Of<'release'>,
  { topology, rules }: World,
): Result<ReleaseStep, Refusal> {
  const { name, app, from, to, stages, soakS, gates } = command;
  if (from === to) return wrong(`group ${to} is where they are`, 'another group in --to');
  if (stages.some((p, i) => i > 0 && p <= stages[i - 1]!))
    return wrong(`stages ${stages.join(', ')} do not rise`, 'rising percents, as 1, 5, 25, 100');
  const zones = zonesOf(command.zones, topology, [from, to], app);
  if (!zones.ok) return zones;
  if (zones.value.length > MOST_ZONES)
    return wrong(`${zones.value.length} zones have both groups`, `at most ${MOST_ZONES}, by name`);
  const taken = claimsOf(board).find((c) => c.name === name || meets(c, zones.value, app));
  if (taken !== undefined)
    return wrong(
      `release ${taken.name} stands, or begins, in ${taken.zones.join(', ')}`,
      taken.name === name ? 'another name' : 'close it or roll it back first',
    );
  for (const zone of zones.value) {
    const i = zone.groups.findIndex((g) => g.id === from);
    if ((weightsNow(board, zone, rules, topology)[i] ?? 0) <= 0)
      return wrong(`group ${zone.id}/${from} has no users: its weight is 0`, 'a group that has');
    const group = zone.groups.find((g) => g.id === to)!;
    if (serving(board, zone, group, topology) <= 0)
      return wrong(`group ${zone.id}/${to} is switched off or drained`, 'switch it on first');
  }
  const ids = zones.value.map((z) => z.id);
  return ok({ do: 'release', name, zones: ids, app, from, to, stages, soakS, gates });
}

/** Of a board with more, gates can't take in what it means. */
const MOST_ZONES = 1000;
const MOST_GRAYS = 32;

/** Releases that stand, and those that have not come so far yet. */
const claimsOf = (board: Board): ReleaseScope[] => [
  ...releasesOf(board),
  ...board.runs.filter((r) => !isOver(r)).flatMap((r) => r.steps.filter((s) => s.do === 'release')),
];

const meets = (r: ReleaseScope, zones: readonly Zone[], app: string | null): boolean =>
  zones.some((z) => r.zones.includes(z.id)) && (r.app === null || app === null || r.app === app);

/** Zones by name, or all that have the groups; each of them runs the app in these. */
function zonesOf(
  names: readonly string[],
  topology: Topology,
  groups: readonly string[],
  app: string | null,
): Result<Zone[], Refusal> {
  const lack = (zone: Zone): string | null => {
    const missing = groups.find((name) => !zone.groups.some((g) => g.id === name));
    if (missing !== undefined) return `zone ${zone.id} has no group ${missing}`;
    const without = zone.groups.find(
      (g) =>
        groups.includes(g.id) && app !== null && ![...g.endpoints.keys()].includes(app as never),
    );
    return without === undefined ? null : `group ${zone.id}/${without.id} does not run ${app}`;
  };
  if (names.length === 0) {
    const all = [...topology.zones.values()].filter((z) => lack(z) === null);
    if (all.length > 0) return ok(all);
    return wrong(
      `no zone has ${groups.join(' and ')}${app === null ? '' : ` with ${app}`}`,
      'groups of a zone',
    );
  }
  const zones: Zone[] = [];
  for (const name of new Set(names)) {
    const zone = topology.zones.get(name as ZoneId);
    if (zone === undefined)
      return wrong(
        `zone ${name} does not exist`,
        `one of ${[...topology.zones.keys()].join(', ')}`,
      );
    const missing = lack(zone);
    if (missing !== null)
      return wrong(missing, `groups ${zone.groups.map((g) => g.id).join(', ')}`);
    zones.push(zone);
  }
  return ok(zones);
}

export const runsOf = (board: Board, name: string): Run[] =>
  board.runs.filter(
    (r) => !isOver(r) && r.steps.some((s) => s.do === 'release' && s.name === name),
  );

/** Everybody back to where the release took them from, with this very board. */
export function rollback(
  board: Board,
  { release, by, reason }: Of<'rollback'>,
  signature: Signature,
): Outcome {
  const stands = releaseNamed(board, release);
  const open = runsOf(board, release);
  if (stands === undefined && open.length === 0)
    return input(`there is no release ${release}`, 'a release as the board shows it');
  const note = `rolled back by ${by}: ${reason}`;
  const { atMs } = signature;
  const runs = board.runs.map((r) =>
    open.includes(r)
      ? logged({ ...r, state: 'aborted', note, endedAtMs: atMs, queue: [] }, atMs, note)
      : r,
  );
  const switches = board.switches.filter((s) => s !== stands);
  const what = `roll back release ${release}`;
  return ok({ board: changed(board, { switches, runs }, signature), run: null, what });
}

/** Takes a finished release off the board, once the weights say the same without it. */
export function close(
  board: Board,
  { release }: Of<'close'>,
  signature: Signature,
  { topology, rules }: World,
): Outcome {
  const stands = releaseNamed(board, release);
  if (stands === undefined)
    return input(`there is no release ${release}`, 'a release as the board shows it');
  const [run] = runsOf(board, release);
  if (run !== undefined)
    return input(`release ${release} is under way in ${run.id}`, 'promote or roll back first');
  for (const name of stands.zones) {
    const zone = topology.zones.get(name as ZoneId);
    const i = zone?.groups.findIndex((g) => g.id === stands.from) ?? -1;
    if (zone === undefined || (weightsNow(board, zone, rules, topology)[i] ?? 0) <= 0) continue;
    return input(
      `Rules still give weight to ${name}/${stands.from}: without the release its users would go back there`,
      `weights: ${name}: { ${stands.from}: 0, ${stands.to}: 100 } in Rules, or release rollback ${release}`,
    );
  }
  const switches = board.switches.filter((s) => s !== stands);
  return ok({
    board: changed(board, { switches }, signature),
    run: null,
    what: `close release ${release}`,
  });
}

/** One rule by name: said again, what is said is changed, and the rest stays. */
export function gray(
  board: Board,
  command: Of<'gray'>,
  signature: Signature,
  world: World,
): Outcome {
  const { name, to, forS } = command;
  const rules = board.switches.filter((s) => s.action === 'gray');
  const old = rules.find((s) => s.name === name);
  const zones = command.zones ?? old?.zones ?? [];
  const app = command.app === undefined ? (old?.app ?? null) : command.app;
  const fit = zonesOf(zones, world.topology, [to], app);
  if (!fit.ok) return fit;
  if (old === undefined && rules.length >= MOST_GRAYS)
    return input(`there are ${rules.length} gray rules`, `at most ${MOST_GRAYS}: end some first`);
  const allow = command.allow ?? old?.allow ?? [];
  const tester = command.tester === undefined ? (old?.tester ?? null) : command.tester;
  const clients = command.clients ?? old?.clients ?? [];
  const percent = command.percent ?? old?.percent ?? 0;
  const nobody = allow.length === 0 && tester === null && clients.length === 0 && percent === 0;
  if (nobody) return input('the rule fits nobody', 'allow, tester, clients or percent');
  const { id, nextId } =
    old === undefined ? numbered(board, 's') : { id: old.id, nextId: board.nextId };
  const untilMs = forS === undefined ? (old?.untilMs ?? null) : signature.atMs + forS * 1000;
  const fresh: Switch = {
    ...{ id, action: 'gray', name, zones, app, to, allow, tester, clients, percent },
    ...{ untilMs, overrode: [], ...signature },
  };
  const switches =
    old === undefined
      ? [...board.switches, fresh]
      : board.switches.map((s) => (s === old ? fresh : s));
  const next = changed(board, { switches, nextId }, signature);
  return ok({ board: next, run: null, what: switchText(fresh) });
}

export function ungray(board: Board, command: Of<'ungray'>, signature: Signature): Outcome {
  const switches = board.switches.filter((s) => !(s.action === 'gray' && s.name === command.gray));
  if (switches.length === board.switches.length)
    return input(`there is no gray rule ${command.gray}`, 'a rule as the board shows it');
  return ok({
    board: changed(board, { switches }, signature),
    run: null,
    what: `ungray ${command.gray}`,
  });
}
