/** Who the client is when trusted proxies stand between: the last address nobody vouches for. */
import type { GateSettings } from '../../gate/compile-gate.ts';
import { type ConnectionClass, clientBehind } from '../../model/facts.ts';
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
    client: clientBehind(head.findAll('x-forwarded-for'), remote, gate.proxies),
    https: head.find('x-forwarded-proto')?.toLowerCase() === 'https',
  };
}
