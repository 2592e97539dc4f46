/** Addresses as numbers: four words of 32 bits, of which an IPv4 address uses the last. */
import { HEX, isDigit } from '../bytes.ts';

const DOT = 0x2e;
const COLON = 0x3a;
const V6_GROUPS = 8;

/** The words of the address that was read last; of IPv4 only the last one. */
export const words = new Uint32Array(4);
const groups = new Uint16Array(V6_GROUPS);

/**
 * Reads an address into `words`. IPv4 in four decimal parts without leading zeros; IPv6 as in RFC 4291,
 * 2.2, without a scope. An IPv4 client of a dual-stack socket shows as ::ffff:a.b.c.d: that is IPv4.
 *
 * @returns 0 for what is no address
 */
export function readAddress(text: string): 4 | 6 | 0 {
  if (!text.includes(':')) return readV4(text, 0) ? 4 : 0;
  if (!readV6(text)) return 0;
  for (let i = 0; i < 4; i++) words[i] = groups[2 * i]! * 0x10000 + groups[2 * i + 1]!;
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff ? 4 : 6;
}

/** Four parts from `from` to the end, into the last word. */
function readV4(text: string, from: number): boolean {
  let word = 0;
  let i = from;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(i++) !== DOT) return false;
    const start = i;
    let number = 0;
    while (i < text.length && i - start < 3 && isDigit(text.charCodeAt(i))) {
      number = number * 10 + (text.charCodeAt(i++) & 15);
    }
    const zeroFirst = i - start > 1 && text.charCodeAt(start) === 0x30;
    if (i === start || number > 255 || zeroFirst) return false;
    word = word * 256 + number;
  }
  words[3] = word;
  return i === text.length;
}

function readV6(text: string): boolean {
  groups.fill(0);
  let count = 0;
  let gap = -1;
  let i = 0;
  if (text.startsWith('::')) {
    gap = 0;
    i = 2;
  }
  while (i < text.length) {
    if (count === V6_GROUPS) return false;
    const start = i;
    let number = 0;
    while (i < text.length && i - start < 4 && HEX[text.charCodeAt(i)]! >= 0) {
      number = number * 16 + HEX[text.charCodeAt(i++)]!;
    }
    if (i === start) return false;
    if (i < text.length && text.charCodeAt(i) === DOT) {
      if (count > V6_GROUPS - 2 || !readV4(text, start)) return false;
      groups[count++] = words[3]! >>> 16;
      groups[count++] = words[3]! & 0xffff;
      i = text.length;
      break;
    }
    groups[count++] = number;
    if (i === text.length) break;
    if (text.charCodeAt(i++) !== COLON || i === text.length) return false;
    if (text.charCodeAt(i) === COLON) {
      if (gap >= 0) return false;
      gap = count;
      i++;
    }
  }
  if (gap < 0) return count === V6_GROUPS;
  if (count === V6_GROUPS) return false;
  // What stands behind the gap belongs at the end.
  groups.copyWithin(V6_GROUPS - (count - gap), gap, count);
  groups.fill(0, gap, V6_GROUPS - (count - gap));
  return true;
}
