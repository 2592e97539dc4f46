/**
 * Finds endpoints that the configuration only names: DNS by its TTL, watched files, and plain host
 * names. All of it off the request path; what was found last stays good until something else is found.
 */
import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import {
  type EndpointSource,
  parseEndpointsFile,
  type WeightedAddress,
} from '../../model/endpoints.ts';
import type { Address } from '../../model/schema.ts';
import { type Answer, Dns, systemLookup } from './dns.ts';

const MIN_TTL_MS = 1000;
const MAX_TTL_MS = 3_600_000;
const RETRY_MS = 2000;
const NAME_EVERY_MS = 10_000;
const FILE_EVERY_MS = 1000;
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Of the four threads that look-ups share with the file system, so many may hang at a dead resolver. */
const MAX_LOOKUPS = 2;

/** One thing that is looked up again and again. */
interface Task {
  readonly look: () => Promise<number>;
  timer: NodeJS.Timeout | null;
  failure: string | null;
  foundAtMs: number | null;
}

export interface DiscoveryNews {
  /** Something is different now. */
  changed(): void;
  /** Told once when it begins to fail, and once when it works again (null). */
  failing(what: string, why: string | null): void;
}

export class Discovery {
  readonly #directory: string;
  readonly #news: DiscoveryNews;
  readonly #tasks = new Map<string, Task>();
  readonly #lists = new Map<string, readonly WeightedAddress[]>();
  readonly #ips = new Map<string, string>();
  #dns = new Dns([]);
  #resolvers = '';
  #lookups = 0;
  readonly #turns: (() => void)[] = [];
  #closed = false;

  constructor(directory: string, news: DiscoveryNews) {
    this.#directory = directory;
    this.#news = news;
  }

  addressesOf(source: EndpointSource): readonly WeightedAddress[] | undefined {
    return this.#lists.get(keyOf(source));
  }

  ipOf(host: string): string | undefined {
    return this.#ips.get(host);
  }

  /** Is everything looked up already, or nothing to be? */
  knows(sources: readonly EndpointSource[]): boolean {
    return [...this.#wantedOf(sources).keys()].every((key) => this.#tasks.has(key));
  }

  /**
   * Follows a new configuration.
   * @returns when everything that is new has been looked up once, found or not
   */
  async follow(sources: readonly EndpointSource[], resolvers: readonly Address[]): Promise<void> {
    const servers = resolvers.map((r) => r.text).join(' ');
    const anew = servers !== this.#resolvers;
    if (anew) {
      this.#dns.close();
      this.#dns = new Dns(resolvers);
      this.#resolvers = servers;
    }
    const wanted = this.#wantedOf(sources);
    for (const [key, task] of this.#tasks) {
      if (wanted.has(key)) continue;
      if (task.timer !== null) clearTimeout(task.timer);
      this.#tasks.delete(key);
    }
    const first: Promise<void>[] = [];
    for (const [key, look] of wanted) {
      if (this.#tasks.has(key)) continue;
      const task: Task = { look, timer: null, failure: null, foundAtMs: null };
      this.#tasks.set(key, task);
      first.push(this.#run(key, task));
    }
    await Promise.all(first);
  }

  /** Everything to be looked up, each thing once. */
  #wantedOf(sources: readonly EndpointSource[]): Map<string, () => Promise<number>> {
    const wanted = new Map<string, () => Promise<number>>();
    for (const source of sources) this.#want(source, wanted);
    return wanted;
  }

  #want(source: EndpointSource, wanted: Map<string, () => Promise<number>>): void {
    const key = keyOf(source);
    switch (source.kind) {
      case 'static':
        for (const { address } of source.addresses) {
          const { host } = address;
          if (isIP(host) === 0) wanted.set(`name ${host}`, () => this.#lookUp(host));
        }
        return;
      case 'dns':
        wanted.set(key, () => this.#ask(key, (dns) => dns.hosts(source.name, source.port)));
        return;
      case 'srv':
        wanted.set(key, () => this.#ask(key, (dns) => dns.services(source.name)));
        return;
      case 'file':
        wanted.set(key, this.#fileReader(key, resolve(this.#directory, source.path)));
    }
  }

  /** Looks, and looks again when it is time. */
  async #run(key: string, task: Task): Promise<void> {
    let againMs = RETRY_MS;
    try {
      againMs = await task.look();
      task.foundAtMs = Date.now();
      if (task.failure !== null) this.#news.failing(key, null);
      task.failure = null;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (task.failure === null && !this.#closed) this.#news.failing(key, why);
      task.failure = why;
    }
    if (this.#closed || this.#tasks.get(key) !== task) return;
    task.timer = setTimeout(() => void this.#run(key, task), againMs * (0.9 + Math.random() * 0.2));
    task.timer.unref();
  }

  async #ask(key: string, ask: (dns: Dns) => Promise<Answer>): Promise<number> {
    const { addresses, ttlMs } = await ask(this.#dns);
    this.#found(key, addresses);
    return Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, ttlMs));
  }

  #found(key: string, addresses: readonly WeightedAddress[]): void {
    // Resolvers turn the order round with each answer; that is no change.
    const sorted = addresses.toSorted((a, b) => (a.address.text < b.address.text ? -1 : 1));
    const same = JSON.stringify(this.#lists.get(key)) === JSON.stringify(sorted);
    if (same) return;
    this.#lists.set(key, sorted);
    this.#news.changed();
  }

  async #lookUp(host: string): Promise<number> {
    while (this.#lookups >= MAX_LOOKUPS)
      await new Promise<void>((resolve) => this.#turns.push(resolve));
    this.#lookups++;
    try {
      const found = await systemLookup(host);
      const before = this.#ips.get(host);
      // Resolvers turn the order round; an address that is still good stays.
      if (found[0] !== undefined && (before === undefined || !found.includes(before))) {
        this.#ips.set(host, found[0]);
        this.#news.changed();
      }
      return NAME_EVERY_MS;
    } finally {
      this.#lookups--;
      this.#turns.shift()?.();
    }
  }

  #fileReader(key: string, path: string): () => Promise<number> {
    let stamp = '';
    return async () => {
      const { ino, size, mtimeMs } = await stat(path);
      const now = `${ino} ${size} ${mtimeMs}`;
      if (now === stamp) return FILE_EVERY_MS;
      if (size > MAX_FILE_BYTES) throw new Error(`${path} is larger than ${MAX_FILE_BYTES} bytes`);
      const parsed = parseEndpointsFile(await readFile(path, 'utf8'));
      if (!parsed.ok) throw new Error(`${path}: ${parsed.error}`);
      stamp = now;
      this.#found(key, parsed.value);
      return FILE_EVERY_MS;
    };
  }

  /** For people: each look-up, when it last succeeded, and why it fails now. */
  status(): readonly { what: string; foundAt: string | null; failure: string | null }[] {
    return [...this.#tasks].map(([what, { foundAtMs, failure }]) => ({
      what,
      foundAt: foundAtMs === null ? null : new Date(foundAtMs).toISOString(),
      failure,
    }));
  }

  close(): void {
    this.#closed = true;
    this.#dns.close();
    for (const { timer } of this.#tasks.values()) if (timer !== null) clearTimeout(timer);
  }
}

function keyOf(source: EndpointSource): string {
  switch (source.kind) {
    case 'static':
      return 'static';
    case 'dns':
      return `dns ${source.name}:${source.port}`;
    case 'srv':
      return `srv ${source.name}`;
    case 'file':
      return `file ${source.path}`;
  }
}
