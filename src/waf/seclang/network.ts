/** Whether a text is an address or a network: `10.0.0.0/8`, `2001:db8::/32`, `::1`. */
export function isNetwork(text: string): boolean {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const bits = isIpv4(address) ? 32 : isIpv6(address) ? 128 : -1;
  if (slash < 0) return bits >= 0;
  const prefix = decimal(text.slice(slash + 1), 3);
  return prefix >= 0 && prefix <= bits;
}

/** @returns the number of at most that many digits, or -1 */
export function decimal(text: string, digits: number): number {
  if (text === '' || text.length > digits) return -1;
  for (const digit of text) if (digit < '0' || digit > '9') return -1;
  return Number(text);
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => inByte(decimal(part, 3)));
}

const inByte = (value: number): boolean => value >= 0 && value <= 255;

function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [nth, half] of halves.entries()) {
    if (half === '') continue;
    const parts = half.split(':');
    for (const [i, part] of parts.entries()) {
      const atEnd = nth === halves.length - 1 && i === parts.length - 1;
      if (atEnd && isIpv4(part)) groups += 2;
      else if (isGroup(part)) groups++;
      else return false;
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

function isGroup(text: string): boolean {
  if (text === '' || text.length > 4) return false;
  for (const digit of text) if (!'0123456789abcdefABCDEF'.includes(digit)) return false;
  return true;
}
