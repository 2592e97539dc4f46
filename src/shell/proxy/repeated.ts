import { startsPair } from '../../model/facts.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { RequestHead } from '../http1/request-head.ts';
import { idOf } from '../http1/tables.ts';

const COOKIE = idOf('cookie');
/** Fields of the gate's own that decide where a request goes; only the first of each is read. */
const OWN = ['x-ldc-operator', 'x-ldc-zone', 'x-ldc-decision', 'x-ldc-fault'] as const;

/**
 * Does something that decides where the request goes stand in it twice? Two readers might take
 * different ones. (RFC 6265 4.2.2 lets two cookies share a name, by path or domain.)
 * @param identity the route's list, null for none
 */
export function repeatsRouting(
  head: RequestHead,
  snapshot: Snapshot,
  identity: string | null,
): boolean {
  if (head.first[COOKIE]! >= 0 && repeatsCookie(head, snapshot.gate.cookie.name)) return true;
  if (head.hasInternal) for (const name of OWN) if (repeats(head, name)) return true;
  const headers = identity === null ? undefined : snapshot.identityHeaders.get(identity);
  if (headers === undefined) return false;
  for (const name of headers) if (repeats(head, name)) return true;
  return false;
}

function repeats(head: RequestHead, name: string): boolean {
  let seen = false;
  for (let f = 0; f < head.count; f++) {
    if (!head.nameIs(f, name)) continue;
    if (seen) return true;
    seen = true;
  }
  return false;
}

function repeatsCookie(head: RequestHead, name: string): boolean {
  let seen = false;
  for (let f = head.first[COOKIE]!; f < head.count; f++) {
    if (head.id(f) !== COOKIE) continue;
    const text = head.value(f);
    for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
      if (text.charCodeAt(at + name.length) !== 0x3d || !startsPair(text, at)) continue;
      if (seen) return true;
      seen = true;
    }
  }
  return false;
}
