/** Who the client is when trusted proxies stand between: the last address nobody vouches for. */
import type { GateSettings } from '../../gate/compile-gate.ts';
import type { ConnectionClass } from '../../model/facts.ts';
import type { RequestHead } from '../http1/request-head.ts';

export interface SenderFacts {
  /** Address of the TCP peer. */
  readonly remote: string;
  /** His X-Forwarded-* are believed. */
  readonly trusted: boolean;
  /** Address of the client as far as trusted senders tell. */
  readonly client: string;
  /** The client came by https, as a trusted sender says. */
  readonly https: boolean;
}

export function senderOf(
  head: RequestHead,
  remote: string,
  from: ConnectionClass,
  gate: GateSettings,
): SenderFacts {
  // An operator's token speaks for zones, not for addresses.
  const trusted = from === 'app' || from === 'peer' || gate.proxies.has(remote);
  if (!trusted) return { remote, trusted, client: remote, https: false };
  return {
    remote,
    trusted,
    client: clientOf(head, remote, gate),
    https: head.find('x-forwarded-proto')?.toLowerCase() === 'https',
  };
}

function clientOf(head: RequestHead, remote: string, gate: GateSettings): string {
  const chain = head.findAll('x-forwarded-for').split(',');
  let client = remote;
  for (let i = chain.length - 1; i >= 0; i--) {
    const hop = chain[i]!.trim();
    if (hop === '') break;
    client = hop;
    if (!gate.proxies.has(hop)) break;
  }
  return client;
}
