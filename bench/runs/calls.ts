/** System calls for each request, counted by strace from outside. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startOrigin } from '../candidates/origin.ts';
import { wrk } from '../measure.ts';
import { straceCounts } from '../parse.ts';
import { pause } from '../processes.ts';
import type { CallsResult } from '../results.ts';
import type { CallsScenario, Contestant } from '../scenarios.ts';
import {
  type Contest,
  cookiesOf,
  ORIGIN_PORT,
  orLeftOut,
  REQUEST_FIELDS,
  SHARD,
  startContestant,
} from './contest.ts';

const ATTACH_PATIENCE_MS = 10_000;

export async function runCalls(contest: Contest, scenario: CallsScenario): Promise<CallsResult> {
  const { kind, name, title } = scenario;
  const site = { folder: contest.folder, processes: contest.processes };
  const origin = await startOrigin(ORIGIN_PORT, site);
  const contestants: { label: string; requests: number; calls: Record<string, number> }[] = [];
  try {
    for (const contestant of scenario.contestants) {
      const { label } = contestant;
      const found = await orLeftOut(contest, name, label, () =>
        count(contest, scenario, contestant),
      );
      if (found !== null) contestants.push({ label, ...found });
    }
  } finally {
    await origin.stop();
  }
  return { kind, name, title, contestants };
}

async function count(contest: Contest, scenario: CallsScenario, contestant: Contestant) {
  const { processes, seconds } = contest;
  const running = await startContestant(contest, scenario, contestant);
  try {
    const headers = { ...REQUEST_FIELDS, Cookie: cookiesOf(contest, contestant)[SHARD]! };
    const load = { connections: scenario.connections, path: '/api/orders', headers };
    // Connections to the origin are opened, and code is compiled, before anybody counts.
    await wrk(running.port, load, Math.min(seconds, 2), processes);
    const folder = join(contest.folder, scenario.name);
    mkdirSync(folder, { recursive: true });
    const table = join(folder, 'calls.txt');
    const tracer = await attached(contest, running.pids[0]!, table);
    const { requests } = await wrk(running.port, load, seconds, processes);
    await tracer.detach();
    const calls = Object.fromEntries(straceCounts(readFileSync(table, 'utf8')));
    contest.say(`${scenario.name} ${contestant.label}: ${requests} requests counted`);
    return { requests, calls };
  } finally {
    await running.stop();
  }
}

async function attached({ processes }: Contest, pid: number, table: string) {
  const args = ['-c', '-f', '-o', table, '-p', String(pid)];
  const strace = processes.start('load', 'strace', args, ['ignore', 'ignore', 'pipe']);
  let said = '';
  strace.stderr!.on('data', (d: Buffer) => (said += d.toString()));
  const ended = new Promise<void>((resolve) => strace.once('exit', () => resolve()));
  const deadline = performance.now() + ATTACH_PATIENCE_MS;
  while (!/attached/.test(said)) {
    if (strace.exitCode !== null) throw new Error(`strace may not attach: ${said.trim()}`);
    if (performance.now() > deadline) throw new Error('strace does not attach');
    await pause(20);
  }
  return {
    /** Its table is written on the way out. */
    detach: async (): Promise<void> => {
      strace.kill('SIGINT');
      await ended;
    },
  };
}
