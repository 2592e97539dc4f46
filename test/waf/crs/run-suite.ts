/** Runs regression tests against the outside of a gate. */
import type { Hits, HitsOf } from './hits.ts';
import { requestBytes } from './request-bytes.ts';
import { type Address, type Reply, send } from './send.ts';
import type { Expected, RegressionTest, Stage } from './types.ts';

export interface Suite {
  readonly gate: Address;
  readonly tests: readonly RegressionTest[];
  readonly hitsOf: HitsOf;
  /** Tests under way; 1 when absent. */
  readonly atOnce?: number;
  /** How long one answer may take; a request that never gets one costs this much (10 s). */
  readonly patienceMs?: number;
  /** Called behind each test. */
  readonly onOutcome?: (outcome: Outcome) => unknown;
}

export interface Outcome {
  /** `920100-8` */
  readonly id: string;
  /** null when it has passed. */
  readonly why: string | null;
}

const PATIENCE_MS = 10_000;

/** Some at a time, begun in the order given, and answered for in it. Their markers keep them apart. */
export async function runSuite(suite: Suite): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < suite.tests.length; i = next++) {
      const test = suite.tests[i]!;
      const outcome = { id: test.id, why: await runTest(suite, test) };
      outcomes[i] = outcome;
      suite.onOutcome?.(outcome);
    }
  };
  await Promise.all(Array.from({ length: suite.atOnce ?? 1 }, work));
  return outcomes;
}

/** What is wrong with the first stage that fails. */
async function runTest(suite: Suite, { id, stages }: RegressionTest): Promise<string | null> {
  for (const [index, stage] of stages.entries()) {
    const marker = `crs${id.replace('-', 't')}s${index}`;
    let why = await runStage(suite, stage, `${marker}a1`);
    if (why !== null && stage.expected.retryOnce) why = await runStage(suite, stage, `${marker}a2`);
    if (why !== null) return stages.length === 1 ? why : `stage ${index}: ${why}`;
  }
  return null;
}

async function runStage(suite: Suite, { input, expected }: Stage, marker: string) {
  const reply = await send(
    suite.gate,
    requestBytes(input, marker),
    suite.patienceMs ?? PATIENCE_MS,
  );
  return judge(expected, reply, await suite.hitsOf(marker));
}

/** @returns null when everything is as expected */
export function judge(expected: Expected, reply: Reply, hits: Hits): string | null {
  if (expected.error)
    return reply.kind === 'error' ? null : `an answer ${reply.status}, not an error`;
  if (reply.kind === 'error') return `no answer: ${reply.why}`;
  if (expected.status !== null && reply.status !== expected.status)
    return `status ${reply.status}, not ${expected.status}`;
  const { ids, noIds, match, noMatch, isolated } = expected;
  const lacking = ids.filter((id) => !hits.ids.includes(id));
  const said = `status ${reply.status}, logged ${shown(hits.ids)}`;
  if (lacking.length > 0) return `no ${lacking.join(', ')}: ${said}`;
  const surplus = noIds.filter((id) => hits.ids.includes(id));
  if (surplus.length > 0) return `${surplus.join(', ')} in the log`;
  if (match !== null && !regExp(match).test(hits.text)) return `no /${match}/ in the log: ${said}`;
  if (noMatch !== null && regExp(noMatch).test(hits.text)) return `/${noMatch}/ in the log`;
  if (isolated && new Set(hits.ids).size !== 1) return `more than one rule: ${said}`;
  return null;
}

const shown = (ids: readonly number[]): string =>
  ids.length === 0 ? 'nothing' : [...new Set(ids)].join(' ');

/** Written for Go's regular expressions; those of the tests mean the same here. */
const regExp = (pattern: string): RegExp => new RegExp(pattern, 'm');
