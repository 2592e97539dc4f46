/** Small databases in MaxMind's DB format 2.0, so that no binary file need be kept. */
import { networkOf, parseIpBlock } from '../../src/model/ip-address.ts';

type Value = string | number | { readonly [key: string]: Value } | readonly string[];

const MARKER = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex');
const RECORD_BITS = 24;

/** Numbers are 32-bit; strings and maps hold fewer than 29 bytes or pairs, or 285 bytes. */
function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([control(2, text.length), text]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (isList(value)) return Buffer.concat([Buffer.from([value.length, 4]), ...value.map(encode)]);
  const pairs = Object.entries(value);
  return Buffer.concat([
    control(7, pairs.length),
    ...pairs.map(([k, v]) => Buffer.concat([encode(k), encode(v)])),
  ]);
}

const isList = (value: Value): value is readonly string[] => Array.isArray(value);

const control = (type: number, size: number): Buffer =>
  size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29]);

type Side = Tree | number | null;
type Tree = [Side, Side];

/** @param records what is known of each block; blocks must not hold one another */
export function mmdb(records: Readonly<Record<string, Value>>, ipVersion: 4 | 6 = 6): Buffer {
  const root: Tree = [null, null];
  const data: Buffer[] = [];
  let dataBytes = 0;
  for (const [text, value] of Object.entries(records)) {
    put(root, bitsOf(text, ipVersion), dataBytes);
    const encoded = encode(value);
    data.push(encoded);
    dataBytes += encoded.length;
  }
  const trees = inOrder(root);
  const places = new Map(trees.map((tree, i) => [tree, i]));
  const nodes = Buffer.alloc(trees.length * 6);
  trees.forEach((tree, i) => {
    nodes.writeUIntBE(recordOf(tree[0], places), i * 6, 3);
    nodes.writeUIntBE(recordOf(tree[1], places), i * 6 + 3, 3);
  });
  const metadata = encode({
    node_count: trees.length,
    record_size: RECORD_BITS,
    ip_version: ipVersion,
    database_type: 'Test-Country',
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_795_132_800,
    description: { en: 'made by a test' },
  });
  return Buffer.concat([nodes, Buffer.alloc(16), ...data, MARKER, metadata]);
}

function recordOf(side: Side, places: ReadonlyMap<Tree, number>): number {
  if (side === null) return places.size;
  return typeof side === 'number' ? places.size + 16 + side : places.get(side)!;
}

function bitsOf(text: string, ipVersion: 4 | 6): number[] {
  const block = parseIpBlock(text)!;
  const { is4, w0, w1, w2, w3 } = networkOf(block.address, block.bits);
  // IPv4 stands under ::/96 in a tree of IPv6.
  const words = is4 && ipVersion === 4 ? [w3] : [w0, w1, w2, w3];
  const bits = is4 && ipVersion === 6 ? block.bits + 96 : block.bits;
  return Array.from({ length: bits }, (_, i) => (words[i >> 5]! >>> (31 - (i & 31))) & 1);
}

function put(root: Tree, bits: readonly number[], value: number): void {
  let tree = root;
  bits.forEach((bit, i) => {
    if (i === bits.length - 1) tree[bit] = value;
    else {
      const next = tree[bit] ?? [null, null];
      if (typeof next === 'number') throw new Error('a block inside another');
      tree[bit] = next;
      tree = next;
    }
  });
}

function inOrder(root: Tree): Tree[] {
  const out: Tree[] = [root];
  for (const tree of out) for (const side of tree) if (Array.isArray(side)) out.push(side);
  return out;
}
