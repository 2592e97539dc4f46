/** `npm run bench -- …` → what to run. Pure. */
import { parseArgs } from 'node:util';
import { CANDIDATES, type CandidateName } from './candidates/candidate.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly candidates: readonly CandidateName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly quick: boolean;
  readonly json: string | null;
}

const ROUNDS = 5;
const SECONDS = 4;

export const USAGE = `npm run bench -- [options]
  --only NAMES        scenarios, with commas between them:
                      ${SCENARIOS.map((s) => s.name).join(', ')}
  --candidates NAMES  ${CANDIDATES.join(', ')}
  --rounds N          of each scenario (${ROUNDS})
  --seconds N         of each round (${SECONDS})
  --quick             one round of one second, to see whether everything runs
  --json FILE         where to write the result (.bench/result.json)`;

/** @returns a text for the user when the arguments can't be understood */
export function planOf(args: readonly string[]): Plan | string {
  let values: Readonly<Record<string, boolean | string | undefined>>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        candidates: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        quick: { type: 'boolean' },
        json: { type: 'string' },
      },
    }));
  } catch (error) {
    return (error as Error).message;
  }
  const quick = values.quick === true;
  const names = SCENARIOS.map((s) => s.name);
  const only = chosen(values.only, names);
  const candidates = chosen(values.candidates, CANDIDATES);
  const rounds = count(values.rounds, quick ? 1 : ROUNDS);
  const seconds = count(values.seconds, quick ? 1 : SECONDS);
  if (typeof only === 'string') return `--only: ${only}`;
  if (typeof candidates === 'string') return `--candidates: ${candidates}`;
  if (rounds === null || seconds === null)
    return '--rounds and --seconds take whole numbers from 1';
  const scenarios = SCENARIOS.filter((s) => only.includes(s.name))
    .map((s) => ({
      ...s,
      contestants: s.contestants.filter((c) => candidates.includes(c.candidate)),
    }))
    .filter((s) => s.contestants.length > 0);
  const json = typeof values.json === 'string' ? values.json : null;
  return { scenarios, candidates, rounds, seconds, quick, json };
}

/** Those named, in the order of all; or a text about the first that is not known. */
function chosen<T extends string>(
  list: boolean | string | undefined,
  all: readonly T[],
): readonly T[] | string {
  if (typeof list !== 'string') return all;
  const names = list.split(',').map((n) => n.trim());
  const stranger = names.find((n) => !all.some((a) => a === n));
  if (stranger !== undefined) return `${stranger} is none of ${all.join(', ')}`;
  return all.filter((a) => names.includes(a));
}

function count(text: boolean | string | undefined, normal: number): number | null {
  if (text === undefined) return normal;
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 && value <= 1000 ? value : null;
}
