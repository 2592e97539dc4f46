/** Tests that are known to fail, and why; and whether a run agrees. Pure. */
import { parse } from 'yaml';
import * as z from 'zod';
import type { Outcome } from './run-suite.ts';

export interface KnownMiss {
  readonly test: string;
  readonly reason: string;
}

const FILE = z
  .array(
    z.strictObject({ test: z.string().regex(/^\d{6}-\d+$/), reason: z.string().trim().min(10) }),
  )
  .nullable();

/** Throws when the file is not what it should be, or names a test twice. */
export function readKnownMisses(text: string): readonly KnownMiss[] {
  const misses = FILE.parse(parse(text)) ?? [];
  const twice = misses.find((m, i) => misses.findIndex((n) => n.test === m.test) !== i);
  if (twice !== undefined) throw new Error(`${twice.test} is there twice`);
  return misses;
}

export interface Comparison {
  /** Failed, and nobody has said why it may. */
  readonly newMisses: readonly Outcome[];
  /** Known as misses, and they have passed: the file is out of date. */
  readonly nowPass: readonly string[];
  /** Known as misses, and not in this copy of the tests. Copies differ; that alone is no fault. */
  readonly absent: readonly string[];
}

export function compare(outcomes: readonly Outcome[], known: readonly KnownMiss[]): Comparison {
  const names = new Set(known.map((k) => k.test));
  const byId = new Map(outcomes.map((o) => [o.id, o]));
  return {
    newMisses: outcomes.filter((o) => o.why !== null && !names.has(o.id)),
    nowPass: known.map((k) => k.test).filter((test) => byId.get(test)?.why === null),
    absent: known.map((k) => k.test).filter((test) => !byId.has(test)),
  };
}
