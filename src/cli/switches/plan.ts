/** Plans as declared, and runs of them. */
import { ofApp } from '../../failover/owners.ts';
import type { Plan, Run, Step } from '../../failover/run.ts';
import { scopeText } from '../../failover/scope.ts';
import { releaseText } from '../../failover/switch-text.ts';
import { plansAnswer, runAnswer, runsAnswer } from '../../shell/control/answers.ts';
import { CommandError, EXIT } from '../exit.ts';
import { Control } from './control.ts';
import type { ReadOptions } from './options.ts';
import { staleLines } from './stale.ts';
import { spanText } from './times.ts';

export async function listPlans(options: ReadOptions): Promise<number> {
  const control = new Control(options);
  const { plans } = await control.get('/v1/plans', plansAnswer);
  const { runs, standing } = await control.get('/v1/runs', runsAnswer);
  if (options.json === true) return put({ plans, runs });
  const lines = [
    ...staleLines(standing),
    plans.length === 0 ? 'plans: none declared' : 'plans:',
    ...plans.map((p) => `  ${p.name.padEnd(20)} ${p.level}, ${p.steps.length} steps`),
    runs.length === 0 ? 'runs: none' : 'runs:',
    ...runs.map((r) => `  ${r.id.padEnd(6)} ${r.name}: ${r.state}${noted(r.note)}; by ${r.by}`),
  ];
  return say(lines);
}

/** A plan by its name, or a run by its id, with what it has done: the report of a drill. */
export async function showPlan(name: string, options: ReadOptions): Promise<number> {
  const control = new Control(options);
  if (/^r\d{1,12}$/.test(name)) {
    const found = await control.find(`/v1/runs/${name}`, runAnswer);
    if (found === null) throw new CommandError(`the board has no run ${name}`, EXIT.failure);
    if (options.json === true) return put(found);
    return say([...staleLines(found.standing), ...runLines(found.run, found.waitsFor)]);
  }
  const { plans } = await control.get('/v1/plans', plansAnswer);
  const plan = plans.find((p) => p.name === name);
  if (plan === undefined) {
    const known = plans.map((p) => p.name).join(', ') || 'none';
    throw new CommandError(`there is no plan ${name}; there are ${known}`, EXIT.failure);
  }
  return options.json === true ? put(plan) : say(planLines(plan));
}

const noted = (note: string): string => (note === '' ? '' : ` (${note})`);

function planLines(plan: Plan): string[] {
  return [
    `${plan.name}: ${plan.level}, on trouble ${plan.onTrouble === 'back' ? 'goes back' : 'holds'}`,
    ...plan.steps.map((s, i) => `  ${i + 1}. ${stepText(s)}`),
  ];
}

function stepText(step: Step): string {
  if (step.do === 'confirm') return `confirm: ${step.text}`;
  if (step.do === 'soak') return `soak ${step.soakS} s`;
  if (step.do === 'release') return releaseText(step);
  if (step.do === 'wait') return `wait until ${new Date(step.untilMs).toISOString()}`;
  const what = `${step.do} ${scopeText(step.scope)}${'app' in step ? ofApp(step.app) : ''}`;
  if (!('to' in step)) return step.do === 'weigh' ? `${what}, ${step.percent} % out` : what;
  const pace = step.pace.length === 0 ? 'at once' : `pace ${step.pace.join(', ')}`;
  const where = step.do === 'restore' || step.do === 'pop-back' ? '' : ` to ${step.to}`;
  return `${what}${where}, ${step.percent} %, ${pace}, soak ${step.soakS} s, ${step.mode}`;
}

function runLines(run: Run, waitsFor: string | null): string[] {
  const took = run.endedAtMs === null ? '' : ` after ${spanText(run.endedAtMs - run.atMs)}`;
  return [
    `${run.id} ${run.name}: ${run.state}${took}${noted(run.note)}`,
    `by ${run.by} at ${new Date(run.atMs).toISOString()}: ${run.reason}`,
    `behind it: ${run.approvals.join(', ')}; carried out by ${run.steward ?? 'nobody'}`,
    ...(waitsFor === null ? [] : [`waits for: ${waitsFor}`]),
    ...run.steps.map((s, i) => `  ${i < run.at ? 'x' : i === run.at ? '>' : ' '} ${stepText(s)}`),
    ...run.log.map((l) => `  ${new Date(l.atMs).toISOString()} ${l.text}`),
  ];
}

function say(lines: readonly string[]): number {
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.ok;
}

function put(value: unknown): number {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  return EXIT.ok;
}
