/** Sends benign requests to a gate, and counts those that it refuses. */
import { type Address, send } from '../crs/send.ts';
import { type BenignRequest, categoryOf } from './index.ts';

export interface FalseAlarms {
  readonly requests: number;
  /** Names of what was answered with the firewall's status. */
  readonly refused: readonly string[];
  /** Names of what got no answer at all, or another status than 200. */
  readonly odd: readonly string[];
  readonly byCategory: ReadonlyMap<string, { readonly requests: number; readonly refused: number }>;
}

const PATIENCE_MS = 10_000;
const AT_ONCE = 4;

/** The upstream must answer every request with 200. @param refusal the status of a request refused */
export async function falseAlarms(
  gate: Address,
  requests: Iterable<BenignRequest>,
  refusal = 403,
): Promise<FalseAlarms> {
  const refused: string[] = [];
  const odd: string[] = [];
  const byCategory = new Map<string, { requests: number; refused: number }>();
  const left = requests[Symbol.iterator]();
  let count = 0;
  const work = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      const request = next.value;
      const category = categoryOf(request);
      const counts = byCategory.get(category) ?? { requests: 0, refused: 0 };
      byCategory.set(category, counts);
      count++;
      counts.requests++;
      const reply = await send(gate, request.raw, PATIENCE_MS);
      const status = reply.kind === 'answer' ? reply.status : 0;
      if (status === refusal) {
        counts.refused++;
        refused.push(request.name);
      } else if (status !== 200) odd.push(`${request.name}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { requests: count, refused, odd, byCategory };
}
