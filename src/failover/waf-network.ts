/** Networks as people write them in orders, and one way in which the board keeps each. */
import ipaddr from 'ipaddr.js';
import { parseIpBlock } from '../model/ip-address.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Refusal } from './safety.ts';

/** Blocks of fewer bits are a large part of the world. */
export const WIDEST_BITS = { ipv4: 8, ipv6: 16 } as const;

export interface Network {
  /** An address, or a block of it; IPv6 as RFC 5952 has it. The same network always has the same text. */
  readonly text: string;
  readonly family: keyof typeof WIDEST_BITS;
  /** 0 … 32 or 0 … 128 */
  readonly bits: number;
}

/** Bits behind the prefix are refused: 10.1.2.3/8 may have been meant for one host, or for all of 10. */
export function networkOf(given: string): Result<Network, Refusal> {
  const parsed = parseIpBlock(given);
  if (parsed === null)
    return refusal(`${given} is not a network`, 'an address or a block, as 10.0.0.0/8');
  const { bits } = parsed;
  const [family, room, most] = parsed.address.is4
    ? (['ipv4', ipaddr.IPv4, 32] as const)
    : (['ipv6', ipaddr.IPv6, 128] as const);
  const block = given.includes('/') ? given : `${given}/${bits}`;
  const [address] = room.parseCIDR(block);
  const first = room.networkAddressFromCIDR(block).toString();
  const text = bits === most ? first : `${first}/${bits}`;
  if (first === address.toString()) return ok({ text, family, bits });
  return refusal(
    `${given} has an address inside of its network`,
    `${text} or ${address.toString()}`,
  );
}

const refusal = (message: string, passes: string): Result<never, Refusal> =>
  fail({ rule: 'input', message, passes });
