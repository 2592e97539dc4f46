/** Memory of a connection that waits: resident memory with many of them, less that without. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Running } from '../candidates/candidate.ts';
import { startOrigin } from '../candidates/origin.ts';
import { measure, residentBytes } from '../measure.ts';
import { pause } from '../processes.ts';
import type { IdleResult } from '../results.ts';
import type { Contestant, IdleScenario } from '../scenarios.ts';
import {
  type Contest,
  cookiesOf,
  ORIGIN_PORT,
  orLeftOut,
  REQUEST_FIELDS,
  SHARD,
  startContestant,
} from './contest.ts';

const CLIENTS = fileURLToPath(new URL('../load/idle-clients.ts', import.meta.url));
const MAX_ROUNDS = 3;
const QUICK_CONNECTIONS = 1000;
/** Descriptors for files, for the origin, and for what the runtime holds. */
const OTHER_DESCRIPTORS = 1000;
const OPEN_PATIENCE_MS = 60_000;
const SETTLE_PATIENCE_MS = 8000;
const SETTLED_MS = 1000;

export async function runIdle(contest: Contest, scenario: IdleScenario): Promise<IdleResult> {
  const connections = Math.min(
    contest.quick ? QUICK_CONNECTIONS : scenario.connections,
    openFilesLimit() - OTHER_DESCRIPTORS,
  );
  const site = { folder: contest.folder, processes: contest.processes };
  const origin = await startOrigin(ORIGIN_PORT, site);
  const found = new Map<string, number[]>();
  try {
    for (let round = 0; round < Math.min(contest.rounds, MAX_ROUNDS); round++) {
      for (const contestant of scenario.contestants) {
        const { label } = contestant;
        const bytes = await orLeftOut(contest, scenario.name, label, () =>
          oneRound(contest, scenario, contestant, connections),
        );
        if (bytes === null) continue;
        found.set(label, [...(found.get(label) ?? []), bytes]);
        contest.say(`${scenario.name} ${round + 1} ${label}: ${Math.round(bytes)} bytes each`);
      }
    }
  } finally {
    await origin.stop();
  }
  const { kind, name, title } = scenario;
  const contestants = [...found].map(([label, bytesPerConnection]) => ({
    label,
    bytesPerConnection,
  }));
  return { kind, name, title, connections, contestants };
}

const openFilesLimit = (): number => {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const hard = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(limits)?.[1];
  return hard === undefined || hard === 'unlimited' ? Infinity : Number(hard);
};

/** In a fresh process, because none gives back what it has once taken. */
async function oneRound(
  contest: Contest,
  scenario: IdleScenario,
  contestant: Contestant,
  connections: number,
): Promise<number> {
  const { processes } = contest;
  const cookie = cookiesOf(contest, contestant)[SHARD]!;
  const running = await startContestant(contest, scenario, contestant);
  let clients: ChildProcess | null = null;
  try {
    // What a first load makes it take, whatever the number of connections, is not theirs.
    const headers = { ...REQUEST_FIELDS, Cookie: cookie };
    await measure(running, { connections: 100, path: '/', headers }, 2, processes);
    const before = await settledBytes(running);
    const args = [CLIENTS, String(running.port), String(connections), cookie];
    clients = processes.start('load', process.execPath, args, ['ignore', 'pipe', 'inherit']);
    await saidOpen(clients);
    const after = await settledBytes(running);
    if (clients.exitCode !== null) throw new Error('connections were lost while they waited');
    return (after - before) / connections;
  } finally {
    if (clients !== null) await processes.stop(clients);
    await running.stop();
  }
}

function saidOpen(clients: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error('not all connections were answered')),
      OPEN_PATIENCE_MS,
    );
    clients.stdout!.once('data', () => {
      clearTimeout(timer);
      resolve();
    });
    clients.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the clients ended with ${code ?? 'a signal'}`));
    });
  });
}

/** Once it has not changed for a while. */
async function settledBytes(running: Running): Promise<number> {
  const deadline = performance.now() + SETTLE_PATIENCE_MS;
  for (let last = residentBytes(running); ; ) {
    await pause(SETTLED_MS);
    const now = residentBytes(running);
    if (now === last || performance.now() > deadline) return now;
    last = now;
  }
}
