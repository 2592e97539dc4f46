/** Of a value that may be one of several shapes: what is wrong by the shape that was meant. */
import type { z } from 'zod';

type ZodIssue = z.core.$ZodIssue;

/** Zod says of a union only that no branch fits; this says what is wrong in the nearest branch. */
export function flattenUnions(issues: readonly ZodIssue[]): ZodIssue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union') return [issue];
    const branches = issue.errors.map((branch) => flattenUnions(branch));
    const nearest = branches.toSorted((a, b) => distance(a) - distance(b))[0];
    // No branch is of the right type at all: its own sentence would name just one of them.
    if (nearest === undefined || distance(nearest) >= WRONG_TYPE) return [issue];
    return nearest.map((i) => ({ ...i, path: [...issue.path, ...i.path] }));
  });
}

const WRONG_TYPE = 1000;

/** The shape that was meant has the right type at its root, knows the keys there, and has the fewest mistakes. */
function distance(issues: readonly ZodIssue[]): number {
  const wrongType = issues.some(
    (i) => i.path.length === 0 && (i.code === 'invalid_type' || i.code === 'invalid_value'),
  );
  const strange = issues.some((i) => i.path.length === 0 && i.code === 'unrecognized_keys');
  return (wrongType ? WRONG_TYPE : 0) + (strange ? 1 : 0) + issues.length;
}
