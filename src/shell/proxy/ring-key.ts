import type { Forward } from '../../decide/decision.ts';
import { stableHash } from '../../model/hash.ts';
import type { Balance } from '../../upstream/index.ts';
import type { RequestHead } from '../http1/request-head.ts';
import { NO_KEY } from '../upstream/roster.ts';

const HEADER = 'header:';

/** What keeps a request to one endpoint, hashed; NO_KEY where nothing is to, or it has none. */
export function ringKey(
  balance: Balance,
  decision: Forward,
  head: RequestHead,
  client: string,
): number {
  if (balance.by !== 'ring-hash') return NO_KEY;
  const key = keyText(balance.key, decision, head, client);
  return key === undefined || key === '' ? NO_KEY : stableHash(key);
}

function keyText(
  key: string,
  decision: Forward,
  head: RequestHead,
  client: string,
): string | undefined {
  if (key.startsWith(HEADER)) return head.find(key.slice(HEADER.length).toLowerCase());
  if (key === 'client') return client;
  if (key === 'path') return head.path;
  return decision.shard === null ? undefined : String(decision.shard);
}
