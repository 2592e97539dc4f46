/** Contestants side by side under one load, in interleaved rounds. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Running } from '../candidates/candidate.ts';
import { LARGE_BYTES, startOrigin, startSink } from '../candidates/origin.ts';
import { manyRoutes } from '../candidates/zonegate.ts';
import type { Round } from '../figures.ts';
import { type Load, measure } from '../measure.ts';
import type { LoadResult } from '../results.ts';
import type { Contestant, LoadScenario } from '../scenarios.ts';
import { API_BODY, API_FIELDS, API_POST_TARGET, API_TARGET } from './api-requests.ts';
import {
  type Contest,
  cookiesOf,
  ORIGIN_PORT,
  orLeftOut,
  REQUEST_FIELDS,
  SHARD,
  startContestant,
} from './contest.ts';
import { mustDoTheWork } from './same-work.ts';

/** V8 compiles what is hot within it. */
const WARM_UP_S = 3;
const script = (name: string): string => fileURLToPath(new URL(`../load/${name}`, import.meta.url));

interface Started {
  readonly contestant: Contestant;
  readonly running: Running;
  readonly load: Load;
  readonly rounds: Round[];
  lost: boolean;
}

export async function runLoad(contest: Contest, scenario: LoadScenario): Promise<LoadResult> {
  const site = { folder: contest.folder, processes: contest.processes };
  const start = scenario.request === 'upload' ? startSink : startOrigin;
  const origin = await start(ORIGIN_PORT, site);
  const started: Started[] = [];
  try {
    for (const contestant of scenario.contestants) {
      const one = await orLeftOut(contest, scenario.name, contestant.label, () =>
        prepare(contest, scenario, contestant),
      );
      if (one !== null) started.push(one);
    }
    for (let round = 0; round < contest.rounds; round++)
      for (const one of inTurn(started, round)) await oneRound(contest, scenario, one, round);
  } finally {
    for (const { running } of started) await running.stop();
    await origin.stop();
  }
  const { kind, name, title, reference } = scenario;
  const contestants = started.map(({ contestant: { label, candidate }, rounds }) => ({
    label,
    candidate,
    rounds,
  }));
  return { kind, name, title, reference, contestants };
}

/** Another one begins each round, so that no one always follows the same one. */
const inTurn = <T>(all: readonly T[], round: number): readonly T[] =>
  all.map((_, i) => all[(i + round) % all.length]!);

async function prepare(
  contest: Contest,
  scenario: LoadScenario,
  contestant: Contestant,
): Promise<Started> {
  const load = loadOf(contest, scenario, contestant);
  const running = await startContestant(contest, scenario, contestant);
  try {
    await mustDoTheWork(running.port, scenario, contestant, load);
    await measure(running, load, contest.quick ? 1 : WARM_UP_S, contest.processes);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return { contestant, running, load, rounds: [], lost: false };
}

async function oneRound(
  contest: Contest,
  scenario: LoadScenario,
  one: Started,
  index: number,
): Promise<void> {
  if (one.lost) return;
  const { contestant, running, load, rounds } = one;
  const round = await orLeftOut(contest, scenario.name, contestant.label, () =>
    measure(running, load, contest.seconds, contest.processes),
  );
  if (running.logFile !== null) truncateSync(running.logFile);
  one.lost = round === null;
  if (round === null) return;
  rounds[index] = round;
  contest.say(
    `${scenario.name} ${index + 1}/${contest.rounds} ${contestant.label}: ${Math.round(round.requestsPerCpuSecond)} requests per CPU-second, ${Math.round(round.requestsPerSecond)} per second${round.errors > 0 ? `, ${round.errors} errors` : ''}`,
  );
}

function loadOf(contest: Contest, scenario: LoadScenario, contestant: Contestant): Load {
  const { connections, request, shortConnections } = scenario;
  const cookies = cookiesOf(contest, contestant);
  const headers = {
    ...REQUEST_FIELDS,
    Cookie: `theme=dark; ${cookies[SHARD]!}; lang=en`,
    ...(shortConnections ? { Connection: 'close' } : {}),
  };
  const base = { connections, headers, path: '/api/orders' };
  switch (request) {
    case 'small':
      return base;
    case 'api-get':
      return { connections, headers: API_FIELDS, path: API_TARGET };
    case 'api-post': {
      const args = [writeBody(contest)];
      const headers = { ...API_FIELDS, 'Content-Type': 'application/json' };
      return {
        connections,
        headers,
        path: API_POST_TARGET,
        script: { file: script('post-file.lua'), args },
      };
    }
    case 'large':
      return { ...base, path: '/large' };
    case 'upload': {
      const args = [String(LARGE_BYTES)];
      return { ...base, script: { file: script('post-body.lua'), args } };
    }
    case 'list': {
      const { host, path } = manyRoutes(1)[0]!;
      const args = [writeList(contest, contestant, cookies)];
      const file = script('request-list.lua');
      return { ...base, path, headers: { ...headers, Host: host }, script: { file, args } };
    }
  }
}

function writeBody({ folder }: Contest): string {
  const file = join(folder, 'body.json');
  writeFileSync(file, API_BODY);
  return file;
}

/** Every route of the table, and every shard, at least once. */
function writeList(contest: Contest, { label, work }: Contestant, cookies: readonly string[]) {
  const routes = manyRoutes(work.routes);
  const lines = Array.from({ length: Math.max(routes.length, cookies.length) }, (_, i) => {
    const { host, path } = routes[i % routes.length]!;
    return `${host}\t${path}/1\ttheme=dark; ${cookies[i % cookies.length]!}; lang=en\n`;
  });
  const folder = join(contest.folder, 'lists');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, label.replaceAll(/\W/g, '-'));
  writeFileSync(file, lines.join(''));
  return file;
}
