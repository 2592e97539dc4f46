/** Two answers to one request, field by field. */
import type { CompareRule } from './index.ts';
import { type Difference, jsonDifferences, kindOf } from './json-differences.ts';

export interface SeenAnswer {
  readonly status: number;
  /** In the order of the rule's names; null where the field is absent. */
  readonly headers: readonly (string | null)[];
  /** Decoded; null: not there whole, so nothing is said of it. */
  readonly body: Buffer | null;
}

export function differences(ours: SeenAnswer, theirs: SeenAnswer, rule: CompareRule): Difference[] {
  const found: Difference[] = [];
  if (rule.status && ours.status !== theirs.status)
    found.push({ field: 'status', ours: `${ours.status}`, theirs: `${theirs.status}` });
  rule.headers.forEach((name, i) => {
    const a = ours.headers[i] ?? undefined;
    const b = theirs.headers[i] ?? undefined;
    if (a !== b) found.push({ field: `header:${name}`, ours: kindOf(a), theirs: kindOf(b) });
  });
  if (ours.body !== null && theirs.body !== null)
    found.push(...ofBodies(ours.body, theirs.body, rule));
  return found;
}

function ofBodies(ours: Buffer, theirs: Buffer, { body, ignore }: CompareRule): Difference[] {
  if (body === 'none' || ours.equals(theirs)) return [];
  if (body === 'json') {
    const a = parsed(ours);
    const b = parsed(theirs);
    if (a !== undefined && b !== undefined) return jsonDifferences(a, b, ignore);
  }
  const bytes = (b: Buffer): string => `bytes(${b.length})`;
  return [{ field: 'body', ours: bytes(ours), theirs: bytes(theirs) }];
}

/** undefined: no JSON. Of a key that stands twice the last counts, as for most who read it. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
