/**
 * The country of an address, by a database in MaxMind's DB format (its specification, version 2.0).
 * Answers are remembered: a look-up walks up to 128 bits and decodes a record.
 */
import { Reader } from 'mmdb-lib';
import type { IpAddress } from '../model/ip-address.ts';
import { fail, ok, type Result } from '../model/result.ts';

const MOST_REMEMBERED = 8192;

export class Countries {
  /** Look-ups that ended in a record that can't be read. */
  broken = 0;
  readonly #reader: CountryReader;
  readonly #is4: boolean;
  #memo = new Map<string, string | null>();

  /** @param is4 the database has IPv4 only, and would read an IPv6 address as something else */
  constructor(reader: CountryReader, is4: boolean) {
    this.#reader = reader;
    this.#is4 = is4;
  }

  /** Two capital letters, or null where nobody knows. */
  of(address: IpAddress): string | null {
    if (this.#is4 && !address.is4) return null;
    const text = textOf(address);
    const known = this.#memo.get(text);
    if (known !== undefined) return known;
    const found = this.#find(text);
    if (this.#memo.size >= MOST_REMEMBERED) this.#memo = new Map();
    this.#memo.set(text, found);
    return found;
  }

  #find(text: string): string | null {
    try {
      return countryIn(this.#reader.get(text));
    } catch {
      this.broken++;
      return null;
    }
  }
}

interface CountryReader {
  get(address: string): unknown;
}

/** @param file the whole database; it is kept */
export function openCountries(file: Buffer): Result<Countries, string> {
  try {
    const reader = new Reader(file);
    const { ipVersion, nodeCount, searchTreeSize } = reader.metadata;
    if ((ipVersion !== 4 && ipVersion !== 6) || !(nodeCount > 0) || searchTreeSize > file.length)
      return fail('its metadata can’t be true');
    return ok(new Countries(reader, ipVersion === 4));
  } catch (error) {
    return fail(
      `it is not a MaxMind DB: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** `country.iso_code`, as in GeoIP2 and most others; else where the network is registered. */
function countryIn(record: unknown): string | null {
  return codeIn(record, 'country') ?? codeIn(record, 'registered_country');
}

function codeIn(record: unknown, field: string): string | null {
  const place = isFields(record) ? record[field] : undefined;
  // Some databases name the code itself.
  const code = isFields(place) ? place.iso_code : place;
  return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : null;
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function textOf({ is4, w0, w1, w2, w3 }: IpAddress): string {
  if (is4) return `${w3 >>> 24}.${(w3 >>> 16) & 255}.${(w3 >>> 8) & 255}.${w3 & 255}`;
  return [w0, w1, w2, w3]
    .map((w) => `${(w >>> 16).toString(16)}:${(w & 0xffff).toString(16)}`)
    .join(':');
}
