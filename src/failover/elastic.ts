/** The commands pop-out and pop-back as plans of a step or two, judged as `apply` judges all of them. */
import type { AppId, ZoneId } from '../model/ids.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Scope } from './board.ts';
import type { Command } from './commands.ts';
import { windowOf } from './moments.ts';
import { ofApp } from './owners.ts';
import { levelOf, type MoveStep, type Plan, type Step } from './run.ts';
import type { Refusal, World } from './safety.ts';
import { scopeText, strayIn } from './scope.ts';

export type Popping = Extract<Command, { do: 'pop-out' | 'pop-back' }>;

interface Planned {
  readonly plan: Plan;
  /** Of the window; null: until somebody pops them back. */
  readonly untilMs: number | null;
}

const input = (message: string, passes: string): Result<never, Refusal> =>
  fail({ rule: 'input', message, passes });

export function poppingPlan(
  command: Popping,
  world: World,
  nowMs: number,
): Result<Planned, Refusal> {
  const trouble = misfit(command, world);
  if (trouble !== null) return trouble;
  if (command.do === 'pop-back') {
    const step = stepOf(command, command.scope, 'partner');
    return ok({ plan: planOf(command, [step], command.scope), untilMs: null });
  }
  const window = windowOf(command.from, command.until, nowMs);
  if (typeof window === 'string') return input(window, 'a window that is still to come');
  const { fromMs, untilMs } = window;
  const shards = [...new Set(command.shards)].toSorted((a, b) => a - b);
  // Always the first so many: raising the part keeps those who are out.
  const part = shards.slice(0, Math.ceil((shards.length * command.percent) / 100));
  const scope: Scope = { kind: 'shards', shards: part };
  const wait: Step[] = fromMs === null ? [] : [{ do: 'wait', untilMs: fromMs }];
  const steps = [...wait, stepOf(command, scope, command.to)];
  return ok({ plan: planOf(command, steps, scope), untilMs });
}

function misfit(command: Popping, { topology, userApps }: World): Result<never, Refusal> | null {
  const { app } = command;
  if (app !== undefined && !userApps.includes(app as AppId))
    return input(`users have no app ${app}`, `one of ${userApps.join(', ')}`);
  if (command.do === 'pop-out') {
    const stray = strayIn({ kind: 'shards', shards: command.shards }, topology);
    if (stray !== null) return input(stray, 'shards of the topology');
    return notElastic(command.to, topology);
  }
  const { scope } = command;
  if (scope.kind === 'shards') return null;
  if (scope.kind === 'zone') return notElastic(scope.zone, topology);
  return input(`pop-back does not fit ${scopeText(scope)}`, 'shards, or an elastic zone');
}

function notElastic(name: string, topology: World['topology']): Result<never, Refusal> | null {
  const zone = topology.zones.get(name as ZoneId);
  if (zone?.type === 'elastic') return null;
  const there = [...topology.zones.values()].filter((z) => z.type === 'elastic').map((z) => z.id);
  const what = zone === undefined ? 'does not exist' : `is no elastic zone but a ${zone.type}`;
  return input(`${name} ${what}`, there.length === 0 ? 'there is none' : there.join(' or '));
}

const stepOf = (command: Popping, scope: Scope, to: string): MoveStep => ({
  do: command.do,
  scope,
  app: command.app ?? null,
  to,
  percent: 100,
  pace: command.pace ?? [],
  soakS: command.soakS ?? 0,
  mode: command.mode,
  stopWhen: { errorPercent: command.errorPercent },
  exact: false,
});

function planOf(command: Popping, steps: readonly Step[], scope: Scope): Plan {
  const where = command.do === 'pop-out' ? ` to ${command.to}` : '';
  const name = `${command.do} ${scopeText(scope)}${ofApp(command.app ?? null)}${where}`;
  return { name, level: levelOf(steps), steps, onTrouble: command.onTrouble };
}
