/** The Core Rule Set's own suite against a gate, and against what is known of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crsFolder } from '../../../bench/candidates/crs.ts';
import { type Comparison, compare, readKnownMisses } from './known-misses.ts';
import { readTests } from './read-tests.ts';
import { type Outcome, runSuite, type Suite } from './run-suite.ts';

export interface CrsResult extends Comparison {
  readonly outcomes: readonly Outcome[];
  readonly passed: number;
}

const KNOWN = new URL('./known-misses.yaml', import.meta.url);

/**
 * The gate must be set up as crs-setup.ts says, with albedo.ts behind it.
 * @param prefixes of the ids of tests (`920`, `942100-3`); none for all
 */
export async function runCrsSuite(
  suite: Omit<Suite, 'tests'>,
  prefixes: readonly string[] = [],
): Promise<CrsResult> {
  const tests = readTests(join(crsFolder(), 'tests')).filter(
    ({ id }) => prefixes.length === 0 || prefixes.some((p) => id.startsWith(p)),
  );
  const outcomes = await runSuite({ ...suite, tests });
  const known = readKnownMisses(readFileSync(KNOWN, 'utf8'));
  const passed = outcomes.filter((o) => o.why === null).length;
  return { outcomes, passed, ...compare(outcomes, known) };
}
