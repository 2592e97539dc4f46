/**
 * A command against a board: the next board, or why not. What moves users becomes a run, which is
 * first carried out in thought (`forecast`): a command that would be refused half-way is refused now.
 */
import type { ZoneId } from '../model/ids.ts';
import { assertNever, fail, ok } from '../model/result.ts';
import { ownsShards, type Topology } from '../zone/topology.ts';
import type { Board, Override, Scope, Signature } from './board.ts';
import { changed, numbered } from './change.ts';
import { asideUntilMs, type Command, DRAIN_PACE, DRAIN_SOAK_S, DRAINED_END_S } from './commands.ts';
import { type Popping, poppingPlan } from './elastic.ts';
import { type Forecast, forecast } from './forecast.ts';
import { mirror, order, pin, stress } from './orders.ts';
import { type At, input, type Outcome } from './outcome.ts';
import { apart, ownersOf } from './owners.ts';
import { close, gray, releaseStep, rollback, ungray } from './release-orders.ts';
import { promote } from './release-promote.ts';
import { FRESH } from './reverse.ts';
import { levelOf, type Plan, type Run, type Step } from './run.ts';
import { FIXED_RULES, judgeChange, refusalOf, type World } from './safety.ts';
import { scopeText, strayIn } from './scope.ts';
import { speakTo } from './speak.ts';
import { waf } from './waf-orders.ts';

export function apply(board: Board, command: Command, world: World, at: At): Outcome {
  const fixed = command.overrides.find((r) => FIXED_RULES.includes(r));
  if (fixed !== undefined)
    return input(`rule ${fixed} can't be set aside`, 'the command without --override of it');
  const stray = 'scope' in command ? strayIn(command.scope, world.topology) : null;
  if (stray !== null) return input(stray, 'a name of the topology');
  const signature: Signature = { by: command.by, reason: command.reason, atMs: at.nowMs };
  const before = withOverrides(board, command, signature);
  const outcome = carriedOut(before, command, signature, world, at);
  if (!outcome.ok) return outcome;
  const [refusal] = judgeChange(board, outcome.value.board, world, command.overrides);
  return refusal === undefined ? outcome : fail(refusal);
}

function withOverrides(board: Board, command: Command, signature: Signature): Board {
  const untilMs = asideUntilMs(command, signature.atMs);
  const fresh = command.overrides.map((rule): Override => ({ rule, untilMs, ...signature }));
  const old = board.overrides.filter((o) => !fresh.some((f) => f.rule === o.rule));
  return fresh.length === 0 ? board : { ...board, overrides: [...old, ...fresh] };
}

function carriedOut(
  board: Board,
  command: Command,
  signature: Signature,
  world: World,
  at: At,
): Outcome {
  switch (command.do) {
    case 'drain':
    case 'failover':
    case 'restore':
    case 'move':
      return startMove(board, command, signature, world, at);
    case 'pop-out':
    case 'pop-back':
      return startPopping(board, command, signature, world, at);
    case 'freeze':
    case 'unfreeze':
    case 'off':
    case 'on':
      return order(board, command, signature);
    case 'pin':
    case 'unpin':
      return pin(board, command, signature, world.topology);
    case 'release': {
      const step = releaseStep(board, command, world);
      if (!step.ok) return step;
      const plan: Plan = {
        name: `release ${command.name}`,
        level: 'zone',
        steps: [step.value],
        onTrouble: command.onTrouble,
      };
      return start(board, plan, wishesOf(command, signature), signature, world, at);
    }
    case 'promote':
      return promote(board, command, signature, at.me);
    case 'rollback':
      return rollback(board, command, signature);
    case 'close':
      return close(board, command, signature, world);
    case 'gray':
      return gray(board, command, signature, world);
    case 'ungray':
      return ungray(board, command, signature);
    case 'stress-stop':
    case 'stress-go':
      return stress(board, command, signature, world);
    case 'mirror':
    case 'unmirror':
      return mirror(board, command, signature, at);
    case 'waf-mode':
    case 'waf-as-declared':
    case 'waf-rule-off':
    case 'waf-rule-on':
    case 'waf-exempt':
    case 'waf-unexempt':
      return waf(board, command, signature, at);
    case 'plan': {
      const plan = at.plans.get(command.plan);
      if (plan === undefined)
        return input(
          `there is no plan ${command.plan}`,
          `one of ${[...at.plans.keys()].join(', ')}`,
        );
      const returnAfterS = command.drillReturnS ?? null;
      return start(
        board,
        plan,
        { ...wishesOf(command, signature), fenced: command.fenced, returnAfterS },
        signature,
        world,
        at,
      );
    }
    case 'approve':
    case 'continue':
    case 'hold':
    case 'abort':
      return speakTo(board, command, signature, world, at);
    default:
      return assertNever(command);
  }
}

type Moving = Extract<Command, { do: 'drain' | 'failover' | 'restore' | 'move' }>;

interface Wishes {
  readonly fenced: readonly string[];
  readonly returnAfterS: number | null;
  readonly untilMs: number | null;
  readonly overrode: readonly string[];
  readonly overrodeUntilMs: number;
}

const wishesOf = (command: Command, signature: Signature): Wishes => ({
  ...{ fenced: [], returnAfterS: null, untilMs: null, overrode: command.overrides },
  overrodeUntilMs: asideUntilMs(command, signature.atMs),
});

function startMove(
  board: Board,
  command: Moving,
  signature: Signature,
  world: World,
  at: At,
): Outcome {
  const scope: Scope =
    command.do === 'move'
      ? { kind: 'shards', shards: command.shards.toSorted((a, b) => a - b) }
      : command.scope;
  const trouble = misfit(command, scope, world.topology);
  if (trouble !== null) return trouble;
  if (command.forS !== undefined && command.do !== 'drain' && command.do !== 'failover')
    return input(`${command.do} does not end by itself`, 'a drain or failover with --for');
  const untilMs = command.forS === undefined ? null : signature.atMs + command.forS * 1000;
  const steps = [stepOf(command, scope, world.topology)];
  const plan: Plan = {
    name: `${command.do} ${command.do === 'move' && command.to === 'declared' ? 'declared' : scopeText(scope)}`,
    level: levelOf(steps),
    steps,
    onTrouble: command.onTrouble,
  };
  return start(
    board,
    plan,
    { ...wishesOf(command, signature), fenced: command.fenced, untilMs },
    signature,
    world,
    at,
  );
}

function startPopping(
  board: Board,
  command: Popping,
  signature: Signature,
  world: World,
  at: At,
): Outcome {
  const planned = poppingPlan(command, world, signature.atMs);
  if (!planned.ok) return planned;
  const { plan, untilMs } = planned.value;
  // What is set aside is so when the shards go, which may be days from now.
  const [first] = plan.steps;
  const begins = first?.do === 'wait' ? { ...signature, atMs: first.untilMs } : signature;
  const wishes = { ...wishesOf(command, begins), fenced: command.fenced, untilMs };
  return start(board, plan, wishes, signature, world, at);
}

function misfit(command: Moving, scope: Scope, topology: Topology): Outcome | null {
  if (scope.kind === 'endpoint')
    return input(`${command.do} does not fit an endpoint`, 'off and on do');
  if (scope.kind === 'shards') {
    if (command.do !== 'move') return input(`${command.do} does not fit shards`, 'move does');
    const stray = strayIn(scope, topology);
    if (stray !== null) return input(stray, 'a shard of the topology');
    if (scope.shards.length === 0 && command.to !== 'declared')
      return input('no shards are named', 'shards, or to: declared');
  }
  const part = command.do === 'drain' && (scope.kind !== 'group' || command.percent < 100);
  if (part && command.endWithinS !== undefined)
    return input('--end-within fits a whole group only', 'drain group ZONE/GROUP');
  if (scope.kind === 'group' && command.do === 'failover')
    return input('failover does not fit a group', 'drain does');
  if (command.do === 'restore') return null;
  const named = command.to !== 'partner' && command.to !== 'local' && command.to !== 'remote';
  if (!named || command.to === 'declared') return null;
  const zone = topology.zones.get(command.to as ZoneId);
  if (zone !== undefined && ownsShards(zone)) return null;
  return input(`${command.to} can't own shards`, 'an rzone or an elastic zone');
}

/** Groups and zones without shards of their own only change their weight. */
function stepOf(command: Moving, scope: Scope, topology: Topology): Step {
  const zone = scope.kind === 'zone' ? topology.zones.get(scope.zone as ZoneId) : undefined;
  const weighed = scope.kind === 'group' || zone?.type === 'gzone' || zone?.type === 'czone';
  if (weighed) {
    const percent = command.do === 'drain' ? command.percent : command.do === 'restore' ? 0 : 100;
    const endWithinS = command.do === 'drain' ? endingOf(command, scope, percent) : null;
    return { do: 'weigh', scope, percent, endWithinS };
  }
  const slow = command.do === 'drain';
  return {
    do: command.do,
    scope,
    app: null,
    to: command.do === 'restore' ? 'partner' : command.to,
    percent: command.do === 'drain' ? command.percent : 100,
    pace: command.pace ?? (slow ? DRAIN_PACE : []),
    soakS: command.soakS ?? (slow ? DRAIN_SOAK_S : 0),
    mode: command.mode,
    stopWhen: { errorPercent: command.errorPercent },
    exact: false,
  };
}

/** Of a group that is drained whole, what is under way ends some time, asked or not. */
const endingOf = (
  { endWithinS }: Extract<Command, { do: 'drain' }>,
  scope: Scope,
  percent: number,
): number | null =>
  scope.kind === 'group' && percent === 100 ? (endWithinS ?? DRAINED_END_S) : null;

function start(
  board: Board,
  plan: Plan,
  wishes: Wishes,
  signature: Signature,
  world: World,
  at: At,
): Outcome {
  const { id, nextId } = numbered(board, 'r');
  const run: Run = {
    ...plan,
    ...signature,
    ...wishes,
    ...FRESH,
    ...{ id, state: 'running', note: '', approvals: [signature.by], steward: at.me },
  };
  const thought = forecast(beginning(board, run, nextId, signature), id, world);
  if (thought.stopped !== null) return fail(refusalOf(thought.stopped));
  if (!doesAnything(board, thought, plan, world))
    return input(`${plan.name} would change nothing`, 'look at the status: it is so already');
  const level = leavesCity(board, thought.last, world) ? 'city' : plan.level;
  const alone =
    level === 'city' && world.settings.safety.persons > 1 && !run.overrode.includes('two-persons');
  const note = `two-persons: this empties a city; somebody else must say: approve ${id}`;
  const judged: Run = alone ? { ...run, level, state: 'waiting', note } : { ...run, level };
  return ok({ board: beginning(board, judged, nextId, signature), run: id, what: plan.name });
}

const beginning = (board: Board, run: Run, nextId: number, signature: Signature): Board =>
  changed(board, { runs: [...board.runs, run], nextId }, signature);

/** Steps that only wait do something, too: for those who wait. */
function doesAnything(board: Board, thought: Forecast, plan: Plan, { rules }: World): boolean {
  if (plan.steps.some((s) => s.do === 'confirm' || s.do === 'soak' || s.do === 'wait')) return true;
  const state = (b: Board): string =>
    JSON.stringify([
      ownersOf(b, rules),
      apart(b, rules).map((o) => ({ ...o, since: 0 })),
      b.switches.map((s) => ({ ...s, by: '', reason: '', atMs: 0 })),
    ]);
  return thought.boards.length > 2 || state(board) !== state(thought.last);
}

/** By whatever steps: a city whose zones have users has none after it. */
function leavesCity(before: Board, after: Board, { topology, rules }: World): boolean {
  const peopled = (board: Board): Set<string> =>
    new Set(ownersOf(board, rules).map((o) => topology.zones.get(o as ZoneId)?.city ?? ''));
  const left = peopled(after);
  return [...peopled(before)].some((city) => !left.has(city));
}
