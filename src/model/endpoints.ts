/** Where the endpoints of an app are: listed, resolved by DNS, or read from a watched file. */
import { z } from 'zod';
import { type Address, addressSchema, countSchema, toAddress } from './schema.ts';

const MAX_ENDPOINTS = 1000;
export const MAX_WEIGHT = 1000;

/** An endpoint and its share of the requests; 0 gets none (drained by declaration). */
export interface WeightedAddress {
  readonly address: Address;
  readonly weight: number;
}

export type EndpointSource =
  | { readonly kind: 'static'; readonly addresses: readonly WeightedAddress[] }
  /** A and AAAA records of `name`, by their TTL. */
  | { readonly kind: 'dns'; readonly name: string; readonly port: number }
  /** SRV records: name, port and weight come from them. */
  | { readonly kind: 'srv'; readonly name: string }
  /** One `host:port [weight]` a line; relative to the configuration directory. */
  | { readonly kind: 'file'; readonly path: string };

const entrySchema = z.union([
  addressSchema,
  z.strictObject({
    address: addressSchema,
    weight: countSchema(0, MAX_WEIGHT).describe('Share of the requests; 0 gets none'),
  }),
]);

/** An absolute or relative name; SRV names begin with underscores. */
const dnsName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\.?$/, { error: 'a DNS name' });

export const endpointsSchema = z.union([
  z.array(entrySchema).min(1).max(MAX_ENDPOINTS),
  z.strictObject({ dns: addressSchema.describe('name:port; A and AAAA records, by their TTL') }),
  z.strictObject({ srv: dnsName.describe('SRV records, as _http._tcp.shop.internal') }),
  z.strictObject({
    file: z.string().min(1).max(4096).describe('A watched file with one host:port [weight] a line'),
  }),
]);

export type EndpointsDoc = z.infer<typeof endpointsSchema>;

/** @param doc must have passed `endpointsSchema` */
export function toEndpointSource(doc: EndpointsDoc): EndpointSource {
  if (Array.isArray(doc)) return { kind: 'static', addresses: doc.map(toWeighted) };
  if ('dns' in doc) {
    const { host, port } = toAddress(doc.dns);
    return { kind: 'dns', name: host, port };
  }
  if ('srv' in doc) return { kind: 'srv', name: doc.srv };
  return { kind: 'file', path: doc.file };
}

const toWeighted = (entry: z.infer<typeof entrySchema>): WeightedAddress =>
  typeof entry === 'string'
    ? { address: toAddress(entry), weight: 1 }
    : { address: toAddress(entry.address), weight: entry.weight };

const MAX_FILE_LINES = 10_000;

/**
 * A file of endpoints: one `host:port [weight]` a line, `#` begins a comment.
 * @returns the endpoints, or what is wrong, with its line
 */
export function parseEndpointsFile(
  text: string,
):
  | { readonly ok: true; readonly value: WeightedAddress[] }
  | { readonly ok: false; readonly error: string } {
  const found: WeightedAddress[] = [];
  const seen = new Set<string>();
  const lines = text.split('\n');
  if (lines.length > MAX_FILE_LINES)
    return { ok: false, error: `more than ${MAX_FILE_LINES} lines` };
  for (const [i, raw] of lines.entries()) {
    const line = raw.replace(/#.*/, '').trim();
    if (line === '') continue;
    const [address = '', weight = '1', more] = line.split(/[ \t]+/);
    const good = addressSchema.safeParse(address).success && /^\d{1,4}$/.test(weight);
    if (!good || more !== undefined || Number(weight) > MAX_WEIGHT)
      return { ok: false, error: `line ${i + 1}: expected host:port [weight], found ${line}` };
    if (seen.has(address)) return { ok: false, error: `line ${i + 1}: ${address} stands twice` };
    seen.add(address);
    found.push({ address: toAddress(address), weight: Number(weight) });
  }
  if (found.length > MAX_ENDPOINTS)
    return { ok: false, error: `${found.length} endpoints; at most ${MAX_ENDPOINTS}` };
  return { ok: true, value: found };
}
