/**
 * IP addresses as numbers, for rules that are asked on every request. Strict on purpose: IPv4 has four
 * decimal parts without leading zeros, for “010.1” is a different host to different readers. An IPv4
 * address that a dual-stack socket shows as `::ffff:a.b.c.d` is that IPv4 address.
 */
export interface IpAddress {
  readonly is4: boolean;
  /** Of IPv6 the first 32 bits; all four are 0 … 2^32-1. */
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  /** The last 32 bits; of IPv4 the only ones. */
  readonly w3: number;
}

export interface IpBlock {
  readonly address: IpAddress;
  /** 0 … 32 or 0 … 128 */
  readonly bits: number;
}

const LONGEST = 45;
const DOT = 0x2e;
const COLON = 0x3a;

/** A zone id (`fe80::1%eth0`) is left out. @returns null for anything that is not one address */
export function parseIp(text: string): IpAddress | null {
  if (text.indexOf(':') < 0) {
    const w3 = parse4(text, 0);
    return w3 < 0 ? null : { is4: true, w0: 0, w1: 0, w2: 0, w3 };
  }
  const zone = text.indexOf('%');
  const end = zone < 0 ? text.length : zone;
  if (end > LONGEST || zone === text.length - 1) return null;
  return parse6(text, end);
}

/** `a.b.c.d/n`, `x::y/n`, or one address. An IPv6 block that stands for IPv4 ones is refused. */
export function parseIpBlock(text: string): IpBlock | null {
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const address = host.includes('%') ? null : parseIp(host);
  if (address === null || (address.is4 && host.includes(':'))) return null;
  const most = address.is4 ? 32 : 128;
  if (slash < 0) return { address, bits: most };
  const digits = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > most) return null;
  return { address, bits: Number(digits) };
}

/** @returns -1 when the rest of the text from `from` is no IPv4 address */
function parse4(text: string, from: number): number {
  let value = 0;
  let part = -1;
  let parts = 0;
  if (text.length - from > 15) return -1;
  for (let i = from; i <= text.length; i++) {
    const c = i < text.length ? text.charCodeAt(i) : DOT;
    if (c === DOT) {
      if (part < 0 || ++parts > 4) return -1;
      value = value * 256 + part;
      part = -1;
    } else {
      const digit = c - 0x30;
      if (digit < 0 || digit > 9 || part === 0) return -1;
      part = part < 0 ? digit : part * 10 + digit;
      if (part > 255) return -1;
    }
  }
  return parts === 4 ? value : -1;
}

const pieces = new Uint16Array(8);

function parse6(text: string, end: number): IpAddress | null {
  let count = 0;
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return null;
    gap = 0;
    at = 2;
  }
  while (at < end) {
    if (count === 8) return null;
    const start = at;
    let piece = 0;
    for (; at < end && at - start < 5; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      piece = piece * 16 + digit;
    }
    if (at === start || at - start > 4) return null;
    const c = at < end ? text.charCodeAt(at) : COLON;
    if (c === DOT) {
      const last = count > 6 || end !== text.length ? -1 : parse4(text, start);
      if (last < 0) return null;
      pieces[count++] = last / 65_536;
      pieces[count++] = last % 65_536;
      break;
    }
    if (c !== COLON) return null;
    pieces[count++] = piece;
    if (at === end) break;
    at++;
    if (at === end) return null;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return null;
      gap = count;
      at++;
    }
  }
  if (gap < 0 ? count !== 8 : count > 7) return null;
  return gap < 0 ? joined() : joinedAround(gap, count);
}

function joinedAround(gap: number, count: number): IpAddress {
  const moved = count - gap;
  for (let i = 1; i <= moved; i++) pieces[8 - i] = pieces[count - i]!;
  pieces.fill(0, gap, 8 - moved);
  return joined();
}

function joined(): IpAddress {
  const word = (i: number): number => pieces[i]! * 65_536 + pieces[i + 1]!;
  const [w0, w1, w2, w3] = [word(0), word(2), word(4), word(6)];
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) return { is4: true, w0: 0, w1: 0, w2: 0, w3 };
  return { is4: false, w0, w1, w2, w3 };
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Of 32 bits the first `bits`, 0 … 32, the others zero. */
export const maskWord = (word: number, bits: number): number =>
  bits <= 0 ? 0 : (word & (bits >= 32 ? -1 : -1 << (32 - bits))) >>> 0;

/** The network of an address: its first `bits`. */
export function networkOf(a: IpAddress, bits: number): IpAddress {
  if (a.is4) return { is4: true, w0: 0, w1: 0, w2: 0, w3: maskWord(a.w3, bits) };
  return {
    is4: false,
    w0: maskWord(a.w0, bits),
    w1: maskWord(a.w1, bits - 32),
    w2: maskWord(a.w2, bits - 64),
    w3: maskWord(a.w3, bits - 96),
  };
}

/** Of two blocks that share an address one holds the other. */
export function blocksMeet(a: IpBlock, b: IpBlock): boolean {
  if (a.address.is4 !== b.address.is4) return false;
  const bits = Math.min(a.bits, b.bits);
  const x = networkOf(a.address, bits);
  const y = networkOf(b.address, bits);
  return x.w0 === y.w0 && x.w1 === y.w1 && x.w2 === y.w2 && x.w3 === y.w3;
}
