/** Conditions of any shape → branches of which one must hold, each a list of things that all must. */
import type { DocPath } from '../../model/issue.ts';
import type { Condition, Leaf } from './native-schema.ts';

export interface Literal {
  readonly leaf: Leaf;
  /** It must not hold for any value. */
  readonly none: boolean;
  readonly path: DocPath;
}
export type Branch = readonly Literal[];

/** A rule that says more is not one that a person has understood. */
export const MAX_BRANCHES = 64;

/** @returns null: more than MAX_BRANCHES */
export function branchesOf(
  condition: Condition,
  path: DocPath,
  negated = false,
): readonly Branch[] | null {
  if ('not' in condition) return branchesOf(condition.not, [...path, 'not'], !negated);
  if ('all' in condition) return join(condition.all, [...path, 'all'], negated, !negated);
  if ('any' in condition) return join(condition.any, [...path, 'any'], negated, negated);
  return [[{ leaf: condition, none: negated, path }]];
}

/** @param together all of the parts are needed (De Morgan has turned the rest around) */
function join(
  parts: readonly Condition[],
  path: DocPath,
  negated: boolean,
  together: boolean,
): readonly Branch[] | null {
  let branches: readonly Branch[] = together ? [[]] : [];
  for (const [i, part] of parts.entries()) {
    const own = branchesOf(part, [...path, i], negated);
    if (own === null) return null;
    branches = together
      ? branches.flatMap((before) => own.map((more) => [...before, ...more]))
      : [...branches, ...own];
    if (branches.length > MAX_BRANCHES) return null;
  }
  return branches;
}
