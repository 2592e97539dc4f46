import { fail, ok, type Result } from '../../model/result.ts';
import { NOTHING, signatureOf } from '../signature.ts';
import { readAddress, words } from './address.ts';
import type { Matcher } from './matcher.ts';

/** First and last address of a block, four words each. */
type Block = readonly [first: readonly number[], last: readonly number[]];

/**
 * Addresses and blocks, IPv4 and IPv6. Bits of a block's address behind its prefix do not matter.
 *
 * @param networks as `10.0.0.0/8` or `::1`
 * @returns an error that names the first text which is no network; IPv4 in the form of IPv6 is none
 */
export function compileNetworks(networks: readonly string[]): Result<Matcher, string> {
  const v4: Block[] = [];
  const v6: Block[] = [];
  for (const network of networks) {
    const block = readBlock(network);
    if (block === null) return fail(`${network} is no address and no block, as 10.0.0.0/8`);
    (network.includes(':') ? v6 : v4).push(block);
  }
  const v4Blocks = merged(v4);
  const v6Blocks = merged(v6);
  function test(value: string): boolean {
    const family = readAddress(value);
    if (family === 0) return false;
    return family === 4 ? holds(v4Blocks, 3) : holds(v6Blocks, 0);
  }
  return ok({
    need: [networks.length === 0 ? NOTHING : signatureOf('.:')],
    test,
    find: (value) => (test(value) ? value : null),
  });
}

function readBlock(network: string): Block | null {
  const slash = network.indexOf('/');
  const address = slash < 0 ? network : network.slice(0, slash);
  const family = readAddress(address);
  if (family === 0 || (family === 4 && address.includes(':'))) return null;
  const width = family === 4 ? 32 : 128;
  const bits = slash < 0 ? width : readBits(network.slice(slash + 1), width);
  if (bits < 0) return null;
  // The bits that IPv4 does not use count as equal.
  let left = bits + (128 - width);
  const first = [0, 0, 0, 0];
  const last = [0, 0, 0, 0];
  for (let i = 0; i < 4; i++) {
    const fixed = Math.min(Math.max(left, 0), 32);
    const free = 2 ** (32 - fixed) - 1;
    const word = family === 4 && i < 3 ? 0 : words[i]!;
    first[i] = word - (word % (free + 1));
    last[i] = first[i]! + free;
    left -= 32;
  }
  return [first, last];
}

function readBits(text: string, width: number): number {
  const bits = Number.parseInt(text, 10);
  return String(bits) === text && bits >= 0 && bits <= width ? bits : -1;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < 4; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

interface Blocks {
  readonly count: number;
  readonly first: Uint32Array;
  readonly last: Uint32Array;
}

/** In order, and one of those that hold each other: blocks never overlap otherwise. */
function merged(blocks: readonly Block[]): Blocks {
  const kept: Block[] = [];
  for (const block of [...blocks].sort((a, b) => compare(a[0], b[0]) || compare(b[1], a[1]))) {
    const before = kept.at(-1);
    if (before === undefined || compare(before[1], block[1]) < 0) kept.push(block);
  }
  return {
    count: kept.length,
    first: Uint32Array.from(kept.flatMap(([first]) => first)),
    last: Uint32Array.from(kept.flatMap(([, last]) => last)),
  };
}

/** Is the address in `words` in one of them? The words before `from` do not matter. */
function holds(blocks: Blocks, from: number): boolean {
  let low = 0;
  let high = blocks.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(blocks.last, middle * 4, from)) low = middle + 1;
    else high = middle;
  }
  return low < blocks.count && !isAbove(blocks.first, low * 4, from);
}

/** Is the address at `at` below the one in `words`? */
function isBelow(list: Uint32Array, at: number, from: number): boolean {
  for (let i = from; i < 4; i++) if (list[at + i] !== words[i]) return list[at + i]! < words[i]!;
  return false;
}

function isAbove(list: Uint32Array, at: number, from: number): boolean {
  for (let i = from; i < 4; i++) if (list[at + i] !== words[i]) return list[at + i]! > words[i]!;
  return false;
}
