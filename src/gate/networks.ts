import { blocksMeet, type IpBlock, parseIp, parseIpBlock } from '../model/ip-address.ts';
import { IpSetBuilder } from '../model/ip-set.ts';
import type { DocPath, Report } from '../model/issue.ts';

/** A list of networks. */
export interface Networks {
  has(address: string): boolean;
  /** Do they share an address with this network? For checks. */
  meets(text: string): boolean;
}

/** @param texts single addresses or CIDR blocks, IPv4 or IPv6. */
export function compileNetworks(texts: readonly string[], path: DocPath, report: Report): Networks {
  const blocks: IpBlock[] = [];
  const builder = new IpSetBuilder();
  texts.forEach((text, i) => {
    const block = parseIpBlock(text);
    if (block !== null) {
      blocks.push(block);
      builder.add(block);
    } else {
      report.error([...path, i], 'network', `${text} is not a network`, {
        found: text,
        expected: 'an address or a block, as 10.0.0.0/8',
      });
    }
  });
  const set = builder.build();
  return {
    has(text) {
      if (blocks.length === 0) return false;
      const address = parseIp(text);
      return address !== null && set.has(address);
    },
    meets(text) {
      const other = parseIpBlock(text);
      return other !== null && blocks.some((block) => blocksMeet(block, other));
    },
  };
}
