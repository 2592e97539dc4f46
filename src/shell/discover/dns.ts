/** What DNS says: addresses with the time they may be kept, or why there are none. */
import { lookup, Resolver } from 'node:dns/promises';
import { MAX_WEIGHT, type WeightedAddress } from '../../model/endpoints.ts';
import type { Address } from '../../model/schema.ts';

const QUERY_TIMEOUT_MS = 2000;
const QUERY_TRIES = 2;
const MAX_ADDRESSES = 1000;

export interface Answer {
  readonly addresses: readonly WeightedAddress[];
  readonly ttlMs: number;
}

interface Host {
  readonly ip: string;
  readonly ttlS: number;
}

export class Dns {
  readonly #resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });

  /** @param servers none: the system's */
  constructor(servers: readonly Address[]) {
    if (servers.length > 0) this.#resolver.setServers(servers.map((s) => s.text));
  }

  /** A and AAAA. Rejects when neither query has an answer. */
  async hosts(name: string, port: number): Promise<Answer> {
    const found = await this.#hosts(name);
    return {
      addresses: found.map(({ ip }) => ({ address: addressOf(ip, port), weight: 1 })),
      ttlMs: ttlMs(found),
    };
  }

  async #hosts(name: string): Promise<Host[]> {
    const results = await Promise.allSettled([
      this.#resolver.resolve4(name, { ttl: true }),
      this.#resolver.resolve6(name, { ttl: true }),
    ]);
    const found = results
      .flatMap((r) => (r.status === 'fulfilled' ? r.value : []))
      .map(({ address, ttl }) => ({ ip: address, ttlS: ttl }));
    const failed = results.find((r) => r.status === 'rejected');
    if (found.length === 0) throw failed?.reason ?? new Error('no A and no AAAA record');
    return found.slice(0, MAX_ADDRESSES);
  }

  /** SRV: the records of the lowest priority, and the addresses of their names. */
  async services(name: string): Promise<Answer> {
    const records = await this.#resolver.resolveSrv(name);
    const first = Math.min(...records.map((r) => r.priority));
    const chosen = records.filter((r) => r.priority === first);
    const hosts = await Promise.all(chosen.map((r) => this.#hosts(r.name)));
    const addresses = chosen.flatMap(({ port, weight }, i) =>
      hosts[i]!.map(({ ip }) => ({
        address: addressOf(ip, port),
        // RFC 2782: weight 0 where there is nothing to choose, and a small chance beside others.
        weight: Math.min(MAX_WEIGHT, Math.max(1, weight)),
      })),
    );
    if (addresses.length === 0) throw new Error('no SRV record');
    return { addresses: addresses.slice(0, MAX_ADDRESSES), ttlMs: ttlMs(hosts.flat()) };
  }

  close(): void {
    this.#resolver.cancel();
  }
}

const ttlMs = (hosts: readonly Host[]): number => Math.min(...hosts.map((h) => h.ttlS)) * 1000;

function addressOf(ip: string, port: number): Address {
  const text = ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
  return Object.freeze({ text, host: ip, port });
}

/** As the system resolves it: hosts file, search domains and all. It says nothing of a TTL. */
export const systemLookup = async (name: string): Promise<readonly string[]> =>
  (await lookup(name, { all: true })).map((a) => a.address);
