/** What all runs share: a folder and ports for each contestant, and what goes wrong with one. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Running } from '../candidates/candidate.ts';
import { START } from '../candidates/index.ts';
import { routeCookies } from '../candidates/zonegate.ts';
import type { Processes } from '../processes.ts';
import type { LeftOut } from '../results.ts';
import type { Contestant, Scenario } from '../scenarios.ts';

/** 29000–29099 belong to the benchmark. */
export const ORIGIN_PORT = 29_000;
const FIRST_PORT = 29_010;
const PORTS_EACH = 4;

export interface Contest {
  readonly folder: string;
  readonly processes: Processes;
  readonly rounds: number;
  readonly seconds: number;
  readonly quick: boolean;
  readonly leftOut: LeftOut[];
  say(line: string): void;
}

export async function startContestant(
  contest: Contest,
  scenario: Scenario,
  contestant: Contestant,
): Promise<Running> {
  const index = scenario.contestants.indexOf(contestant);
  const folder = join(contest.folder, scenario.name, String(index));
  mkdirSync(folder, { recursive: true });
  const ports = Array.from({ length: PORTS_EACH }, (_, i) => FIRST_PORT + index * PORTS_EACH + i);
  const { processes } = contest;
  return START[contestant.candidate](contestant.work, {
    folder,
    ports,
    origin: ORIGIN_PORT,
    processes,
  });
}

/**
 * What one contestant can't do must not end the others' run; being told to stop must.
 * @returns null when it failed
 */
export async function orLeftOut<T>(
  contest: Contest,
  scenario: string,
  label: string,
  attempt: () => Promise<T>,
): Promise<T | null> {
  try {
    return await attempt();
  } catch (error) {
    if (contest.processes.stopped) throw error;
    const why = error instanceof Error ? error.message : String(error);
    contest.leftOut.push({ scenario, label, why });
    contest.say(`${scenario} ${label}: left out: ${why}`);
    return null;
  }
}

/** The user of the loads with one kind of request: of a shard that is not the default. */
export const SHARD = 68;

export function cookiesOf(contest: Contest, contestant: Contestant): readonly string[] {
  const folder = join(contest.folder, `cookies-${contestant.work.zones}`);
  return routeCookies(folder, { ...contestant.work, routing: 'routed' });
}

export const REQUEST_FIELDS = {
  Host: 'shop.example',
  'User-Agent': 'bench/1.0',
  Accept: '*/*',
} as const;
