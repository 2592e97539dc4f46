/** Byte classes and the names the engine knows. Built once; read in the inner loops. */

/** 0: not a token byte (RFC 9110 5.6.2); 1: a token byte; 3: underscore, a token byte to watch. */
export const NAME_BYTE = new Uint8Array(256);
for (const c of "!#$%&'*+-.^`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  NAME_BYTE[c.charCodeAt(0)] = 1;
}
NAME_BYTE[0x5f] = 3;

/** 1: may stand in a field value: visible, space, tab, obs-text (RFC 9110 5.5). */
export const VALUE_BYTE = new Uint8Array(256);
VALUE_BYTE[0x09] = 1;
for (let c = 0x20; c < 0x100; c++) VALUE_BYTE[c] = c === 0x7f ? 0 : 1;

/** 1: may stand in a request target. Visible ASCII but `#` and `\`, which peers read differently. */
export const TARGET_BYTE = new Uint8Array(256);
for (let c = 0x21; c < 0x7f; c++) TARGET_BYTE[c] = c === 0x23 || c === 0x5c ? 0 : 1;

/** 1: may stand in a host name or an IPv4 address. */
export const HOST_BYTE = new Uint8Array(256);
for (const c of '-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz') {
  HOST_BYTE[c.charCodeAt(0)] = 1;
}

/** Hex digit → 0…15, anything else → 255. */
export const HEX_VALUE = new Uint8Array(256).fill(255);
for (let i = 0; i < 16; i++) {
  HEX_VALUE[i.toString(16).charCodeAt(0)] = i;
  HEX_VALUE[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}

/** Names the engine acts on; the index + FIRST_KNOWN is the field's id. */
const KNOWN_NAMES = [
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'expect',
  'via',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-real-ip',
  'forwarded',
  'x-request-id',
  'traceparent',
  'tracestate',
  'cdn-loop',
  'cookie',
  'max-forwards',
  'http2-settings',
  'set-cookie',
  'accept',
  'date',
] as const;
export type KnownName = (typeof KNOWN_NAMES)[number];

/** Fields for the next hop only, in either direction (RFC 9110 7.6.1). */
export const HOP_BY_HOP: readonly KnownName[] = [
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'proxy-connection',
];

export const OTHER = 0;
/** `x-ldc-…`, also with underscores: only gates write these. */
export const INTERNAL = 1;
/** A name with an underscore. */
export const UNDERSCORE = 2;
const FIRST_KNOWN = 3;
export const ID_COUNT = FIRST_KNOWN + KNOWN_NAMES.length;

export const idOf = (name: KnownName): number => FIRST_KNOWN + KNOWN_NAMES.indexOf(name);
export const ID_BY_NAME: ReadonlyMap<string, number> = new Map(
  KNOWN_NAMES.map((n, i) => [n, FIRST_KNOWN + i]),
);

const NAME_BYTES = KNOWN_NAMES.map((n) => Buffer.from(n, 'latin1'));
const SLOTS = 1024;
const slotOf = (hash: number, length: number): number => (hash ^ (length * 0x9e5)) & (SLOTS - 1);
const BY_SLOT = new Uint8Array(SLOTS);
for (const [i, name] of KNOWN_NAMES.entries()) {
  let h = 0;
  for (let k = 0; k < name.length; k++) h = rollHash(h, name.charCodeAt(k));
  let slot = slotOf(h, name.length);
  while (BY_SLOT[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
  BY_SLOT[slot] = FIRST_KNOWN + i;
}

/** One step of the case-folding hash of a field name. */
export function rollHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + (byte | 0x20)) | 0;
}

/** Id of the name in buf[start, end), whose hash is known. */
export function lookUp(buf: Uint8Array, start: number, end: number, hash: number): number {
  const length = end - start;
  let slot = slotOf(hash, length);
  for (;;) {
    const id = BY_SLOT[slot]!;
    if (id === 0) return OTHER;
    const name = NAME_BYTES[id - FIRST_KNOWN]!;
    if (name.length === length && sameFolded(buf, start, name)) return id;
    slot = (slot + 1) & (SLOTS - 1);
  }
}

/** Token bytes fold by |0x20 without meeting: `^` and `~` are the one pair, and no known name has them. */
function sameFolded(buf: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) {
    const c = buf[start + i]!;
    const folded = c >= 0x41 && c <= 0x5a ? c | 0x20 : c;
    if (folded !== name[i]) return false;
  }
  return true;
}

/** Does a name of buf[start, end) begin with `x-ldc-`, an underscore counting as hyphen? */
export function isInternal(buf: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= 6 &&
    (buf[start]! | 0x20) === 0x78 &&
    isDash(buf[start + 1]!) &&
    (buf[start + 2]! | 0x20) === 0x6c &&
    (buf[start + 3]! | 0x20) === 0x64 &&
    (buf[start + 4]! | 0x20) === 0x63 &&
    isDash(buf[start + 5]!)
  );
}

const isDash = (c: number): boolean => c === 0x2d || c === 0x5f;

declare global {
  // Node's own fast path behind toString('latin1'): no argument checks. In every Node since 0.11.
  interface Buffer<TArrayBuffer extends ArrayBufferLike = ArrayBufferLike>
    extends Uint8Array<TArrayBuffer> {
    latin1Slice(start: number, end: number): string;
    latin1Write(text: string, offset: number): number;
  }
}
