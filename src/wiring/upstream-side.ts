/** Joins what looks for endpoints, what asks them how they are, and what sends requests to them. */
import type pino from 'pino';
import type { EndpointSource } from '../model/endpoints.ts';
import type { IdcId } from '../model/ids.ts';
import { Discovery } from '../shell/discover/index.ts';
import { type Probed, Prober } from '../shell/health/prober.ts';
import type { Gateway } from '../shell/proxy/gateway.ts';
import type { Endpoint } from '../shell/upstream/endpoint.ts';
import type { Snapshot } from '../snapshot/index.ts';

/** Listening does not wait longer for DNS; what is found later counts from then on. */
const FIRST_ROUND_MS = 3000;

export class UpstreamSide {
  readonly discovery: Discovery;
  readonly prober: Prober;
  readonly #idc: IdcId;
  readonly #log: pino.Logger;
  #gateway: Gateway | null = null;
  /** What the prober speaks of, by its key. */
  #probed = new Map<string, Endpoint>();

  constructor(directory: string, idc: IdcId, log: pino.Logger) {
    this.#idc = idc;
    this.#log = log;
    this.discovery = new Discovery(directory, {
      changed: () => this.#gateway?.upstreams.refound(),
      failing: (what, why) => this.#discoveryFails(what, why),
    });
    this.prober = new Prober({ turned: (probed, up, why) => this.#turned(probed, up, why) });
  }

  /** @returns when names and services have been looked up once, or enough time has passed */
  async start(gateway: Gateway, snapshot: Snapshot): Promise<void> {
    this.#gateway = gateway;
    gateway.upstreams.onChange = () => this.#probe(gateway);
    await this.#discover(snapshot);
    gateway.upstreams.refound();
  }

  /**
   * Looks up what a new snapshot names, before it comes into force.
   * @returns null when nothing is new; else when all has been looked up, or enough time has passed
   */
  prepare(snapshot: Snapshot): Promise<void> | null {
    const sources = sourcesOf(snapshot, this.#idc);
    return this.discovery.knows(sources) ? null : this.#discover(snapshot);
  }

  publish(snapshot: Snapshot): void {
    this.#gateway?.upstreams.publish(snapshot, this.#idc);
    void this.#discover(snapshot);
  }

  /** Never rejects. */
  async #discover(snapshot: Snapshot): Promise<void> {
    const sources = sourcesOf(snapshot, this.#idc);
    const enough = new Promise<void>((resolve) => setTimeout(resolve, FIRST_ROUND_MS).unref());
    const all = this.discovery.follow(sources, snapshot.upstreams.resolvers);
    const safe = all.catch((error: unknown) =>
      this.#log.error({ error: String(error) }, 'looking up endpoints failed: this is a bug'),
    );
    await Promise.race([safe, enough]);
  }

  #probe(gateway: Gateway): void {
    const wanted = new Map<string, Parameters<Prober['follow']>[0][number]>();
    this.#probed = new Map();
    for (const { policy, shares } of gateway.upstreams.rosters()) {
      for (const { endpoint } of shares) {
        if (policy.probe === null) {
          this.#forgetProbe(endpoint, gateway);
          continue;
        }
        this.#probed.set(endpoint.key, endpoint);
        const { key, ip, address } = endpoint;
        wanted.set(key, { probed: { key, ip, port: address.port }, probe: policy.probe });
      }
    }
    this.prober.follow([...wanted.values()]);
  }

  /** Nobody asks it any more, so what was said last must not stand for ever. */
  #forgetProbe(endpoint: Endpoint, gateway: Gateway): void {
    if (endpoint.health.probe === 'unknown') return;
    endpoint.health.probe = 'unknown';
    gateway.upstreams.changed(endpoint);
  }

  #turned({ key }: Probed, up: boolean, why: string): void {
    const endpoint = this.#probed.get(key);
    const gateway = this.#gateway;
    if (endpoint === undefined || gateway === null) return;
    const { health } = endpoint;
    if (up && health.probe === 'down') health.joinedAtMs = gateway.clock.nowMs;
    if (!up || health.probe === 'down') {
      this.#log[up ? 'info' : 'warn']({ endpoint: key, why }, up ? 'probe: up' : 'probe: down');
    }
    health.probe = up ? 'up' : 'down';
    health.probeFailure = why;
    gateway.upstreams.changed(endpoint);
  }

  #discoveryFails(what: string, why: string | null): void {
    if (why === null) this.#log.info({ what }, 'endpoints are found again');
    else this.#log.warn({ what, why }, 'endpoints can’t be looked up; what was found last stays');
  }

  stop(): void {
    this.discovery.close();
    this.prober.close();
  }
}

/** What this gate sends to itself: its own IDC's groups, the gates of the others, targets of copies. */
function sourcesOf(snapshot: Snapshot, idc: IdcId): EndpointSource[] {
  const groups = [...snapshot.topology.zones.values()].flatMap((zone) =>
    zone.groups
      .filter((g) => g.idc === idc)
      .flatMap((g) => (g.shadow === null ? [g] : [g, g.shadow])),
  );
  const others = [...snapshot.topology.idcs.values()].filter((i) => i.id !== idc);
  const mirrored = snapshot.mirror?.rules ?? [];
  return [
    ...groups.flatMap((g) => [...g.endpoints.values()]),
    ...others.map((i) => i.gates),
    ...mirrored.flatMap(({ to }) => (to.kind === 'addresses' ? [to.source] : [])),
  ];
}
