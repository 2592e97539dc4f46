import ipaddr from 'ipaddr.js';
import type { DocPath, Report } from '../model/issue.ts';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** A list of networks. Asked once per connection, never per request. */
export interface Networks {
  has(address: string): boolean;
}

/** @param texts single addresses or CIDR blocks, IPv4 or IPv6. */
export function compileNetworks(texts: readonly string[], path: DocPath, report: Report): Networks {
  const ranges: Range[] = [];
  texts.forEach((text, i) => {
    const range = parseRange(text);
    if (range !== null) ranges.push(range);
    else {
      report.error([...path, i], 'network', `${text} is not a network`, {
        found: text,
        expected: 'an address or a block, as 10.0.0.0/8',
      });
    }
  });
  return {
    has(address) {
      if (ranges.length === 0 || !ipaddr.isValid(address)) return false;
      // An IPv4 client of a dual-stack socket shows as ::ffff:a.b.c.d; process() undoes that.
      const ip = ipaddr.process(address);
      return ranges.some(([net, bits]) => ip.kind() === net.kind() && ip.match(net, bits));
    },
  };
}

function parseRange(text: string): Range | null {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.isValid(text)) return null;
  const ip = ipaddr.process(text);
  return [ip, ip.kind() === 'ipv4' ? 32 : 128];
}
