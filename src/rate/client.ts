import { clientBehind, type RequestFacts } from '../model/facts.ts';
import { type IpAddress, parseIp } from '../model/ip-address.ts';

/**
 * The client whom rates and lists are about: behind the trusted proxies the last address that none of
 * them is, else the TCP peer. A chain that names no address is the proxy's own word, so the proxy it is.
 */
export function clientOf(
  facts: RequestFacts,
  proxies: { has(address: string): boolean },
): IpAddress | null {
  if (!proxies.has(facts.remote)) return parseIp(facts.remote);
  const chain = facts.list('x-forwarded-for');
  return parseIp(clientBehind(chain, facts.remote, proxies)) ?? parseIp(facts.remote);
}
