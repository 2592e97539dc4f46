import ipaddr from 'ipaddr.js';
import type { DocPath, Report } from '../model/issue.ts';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** A list of networks. Asked once per connection, never per request. */
export interface Networks {
  has(address: string): boolean;
  /** Do they share an address with this network? For checks. */
  meets(text: string): boolean;
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
    meets(text) {
      const other = parseRange(text);
      return other !== null && ranges.some((range) => share(range, other));
    },
  };
}

/** Of two blocks that share an address one holds the other. */
const share = ([a, aBits]: Range, [b, bBits]: Range): boolean =>
  a.kind() === b.kind() && a.match(b, Math.min(aBits, bBits));

/** IPv4 in four decimal parts only: “10” would be 0.0.0.10 to some and 10.0.0.0 to others. */
function parseRange(text: string): Range | null {
  const address = text.split('/', 1)[0]!;
  const v4 = ipaddr.IPv4.isValidFourPartDecimal(address);
  if (!v4 && (!ipaddr.IPv6.isValid(address) || ipaddr.IPv6.parse(address).isIPv4MappedAddress()))
    return null;
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  return text === address ? [ipaddr.parse(text), v4 ? 32 : 128] : null;
}
