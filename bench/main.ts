/**
 * `npm run bench`: what a request costs zonegate, nginx, HAProxy and the usual Node proxies that do
 * the same work. Requests per CPU-second of the proxy, as ratios in interleaved rounds: on a shared
 * machine wall-clock figures say more about the neighbours. Method: docs/benchmarks.md.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Plan, planOf, USAGE } from './arguments.ts';
import { environmentOf, lackOf, withoutTools } from './environment.ts';
import { pureParts } from './micro.ts';
import { Processes } from './processes.ts';
import { markdown } from './report.ts';
import type { Report, ScenarioResult } from './results.ts';
import { runCalls } from './runs/calls.ts';
import { type Contest, orLeftOut } from './runs/contest.ts';
import { runIdle } from './runs/idle.ts';
import { runLoad } from './runs/load.ts';
import type { Scenario } from './scenarios.ts';
import { judge, TARGETS } from './targets.ts';

const EXIT = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const;
const RESULT = fileURLToPath(new URL('../.bench/result.json', import.meta.url));
const PART_CALLS = 1_000_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(args: readonly string[]): Promise<number> {
  const asked = planOf(args);
  if (typeof asked === 'string') {
    say(`${asked}\n\n${USAGE}`);
    return EXIT.usage;
  }
  const lack = lackOf(asked);
  if (lack !== null) {
    say(lack);
    return EXIT.failure;
  }
  const processes = new Processes();
  const { plan, leftOut } = withoutTools(asked);
  const folder = mkdtempSync(join(tmpdir(), 'zonegate-bench-'));
  const { rounds, seconds, quick } = plan;
  const contest: Contest = { folder, processes, rounds, seconds, quick, leftOut, say };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => void processes.stopAll());
  const environment = environmentOf(plan, args, new Date());
  try {
    const scenarios = await runAll(contest, plan);
    publish({ environment, scenarios, leftOut }, plan);
    return EXIT.ok;
  } catch (error) {
    if (!processes.stopped) throw error;
    say('stopped');
    return EXIT.interrupted;
  } finally {
    await processes.stopAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runAll(contest: Contest, plan: Plan): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  for (const scenario of plan.scenarios) {
    const result = await orLeftOut(contest, scenario.name, 'all', () => run(contest, scenario));
    if (result !== null) results.push(result);
    if (contest.processes.stopped) throw new Error('stopped');
  }
  return results;
}

function run(contest: Contest, scenario: Scenario): Promise<ScenarioResult> {
  switch (scenario.kind) {
    case 'load':
      return runLoad(contest, scenario);
    case 'idle':
      return runIdle(contest, scenario);
    case 'calls':
      return runCalls(contest, scenario);
    case 'parts': {
      const { kind, name, title } = scenario;
      const parts = pureParts(contest.quick ? PART_CALLS / 10 : PART_CALLS);
      return Promise.resolve({ kind, name, title, parts });
    }
  }
}

function publish(report: Report, plan: Plan): void {
  const file = plan.json === null ? RESULT : resolve(plan.json);
  const goals = TARGETS.map((target) => judge(target, report.scenarios));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...report, goals }, null, 2)}\n`);
  process.stdout.write(markdown(report));
  say(`\nwritten to ${file}`);
}

process.exitCode = await main(process.argv.slice(2));
