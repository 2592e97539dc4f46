/** All endpoints, rosters and loads of a worker. Endpoints and loads outlive reloads. */
import type { EndpointSource, WeightedAddress } from '../../model/endpoints.ts';
import type { AppId, IdcId } from '../../model/ids.ts';
import type { Snapshot, Target } from '../../snapshot/index.ts';
import type { UpstreamPolicy } from '../../upstream/index.ts';
import { type Group, groupName, SHADOW_MARK } from '../../zone/topology.ts';
import { Endpoint } from './endpoint.ts';
import { type Found, membersOf, membersOfShadow, placesOfUsers } from './members.ts';
import { Roster } from './roster.ts';
import { ZoneLoad } from './zone-load.ts';

interface Clock {
  readonly nowMs: number;
  onTick(sweep: (nowMs: number) => void): void;
}

/** How many connections the process can still hold. */
interface Sockets {
  readonly leftForUpstreams: number;
}

export type { Found } from './members.ts';

/** Who may take a request, and how much its zone has to do already. */
export interface Way {
  readonly roster: Roster;
  readonly load: ZoneLoad;
}

const withShadows = (groups: readonly Group[]): Group[] =>
  groups.flatMap((g) => (g.shadow === null ? [g] : [g, g.shadow]));

/** Shadows have a load of their own: what a test has under way keeps no user out. */
const loadZone = (zone: string, group: Group): string =>
  group.isShadow ? zone + SHADOW_MARK : zone;

export class Upstreams {
  readonly #clock: Clock;
  readonly #found: Found;
  readonly #sockets: Sockets;
  #snapshot: Snapshot;
  #rosters = new Map<EndpointSource, Roster>();
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #loads = new Map<string, ZoneLoad>();
  /** Gates of the other IDCs once more, for load tests. */
  #shadowPeers = new Map<IdcId, EndpointSource>();
  #rostersOf = new Map<Endpoint, Roster[]>();
  #off: ReadonlySet<string> = new Set();
  /** Looked up once per target and app, until the next snapshot. */
  #ways = new WeakMap<Target, Map<AppId, Way>>();
  /** Told whenever who is listed, or how, has changed. */
  onChange: () => void = () => undefined;

  constructor(first: Snapshot, idc: IdcId, found: Found, clock: Clock, sockets: Sockets) {
    this.#sockets = sockets;
    this.#clock = clock;
    this.#found = found;
    this.#snapshot = first;
    this.#build(first, idc, -Infinity);
    this.#index();
    clock.onTick((nowMs) => this.#tick(nowMs));
  }

  /** Follows a new snapshot: rosters anew, endpoints and loads as they were. */
  publish(snapshot: Snapshot, idc: IdcId): void {
    this.#snapshot = snapshot;
    this.#build(snapshot, idc, this.#clock.nowMs);
    this.#listed();
  }

  #build(snapshot: Snapshot, idc: IdcId, joinedAtMs: number): void {
    const rosters = new Map<EndpointSource, Roster>();
    const loads = new Set<string>();
    for (const zone of snapshot.topology.zones.values()) {
      for (const group of withShadows(zone.groups)) {
        for (const [app, source] of group.endpoints) {
          const policy = snapshot.upstreams.of(app);
          const load = this.#load(loadZone(zone.id, group), app, policy);
          if (!loads.has(load.name)) load.rosters = [];
          loads.add(load.name);
          if (group.idc !== idc) continue;
          const name = `${zone.id}/${groupName(group)}/${app}`;
          const roster = new Roster(name, policy, false, group.isShadow);
          load.rosters.push(roster);
          rosters.set(source, roster);
        }
      }
    }
    const { peers } = snapshot.upstreams;
    this.#shadowPeers = new Map();
    for (const other of snapshot.topology.idcs.values()) {
      if (other.id === idc) continue;
      rosters.set(other.gates, new Roster(`peers/${other.id}`, peers, true));
      if (snapshot.stress === null) continue;
      // Connections of their own: a load test that stands must not use up, nor judge, the users' way.
      const gates = { ...other.gates };
      this.#shadowPeers.set(other.id, gates);
      rosters.set(gates, new Roster(`peers/${other.id}${SHADOW_MARK}`, peers, true, true));
    }
    for (const [name, load] of this.#loads) {
      // Who is still in there, or before it, is served to the end.
      const empty = load.active === 0 && load.waiting === 0;
      if (!loads.has(name) && empty) this.#loads.delete(name);
    }
    this.#rosters = rosters;
    this.#fillAll(joinedAtMs);
    this.#ways = new WeakMap();
  }

  #load(zone: string, app: string, policy: UpstreamPolicy): ZoneLoad {
    const name = `${zone}/${app}`;
    const known = this.#loads.get(name);
    if (known !== undefined) {
      known.follow(policy);
      return known;
    }
    const load = new ZoneLoad(zone, app, policy);
    this.#loads.set(name, load);
    return load;
  }

  #fillAll(joinedAtMs: number): void {
    const ofUsers = placesOfUsers(this.#snapshot.topology, this.#found);
    for (const [source, roster] of this.#rosters) {
      const isShadow = roster.ofShadow && !roster.ofPeers;
      const members = isShadow
        ? membersOfShadow(source, ofUsers, this.#found)
        : membersOf(source, this.#found);
      this.#fill(roster, members, joinedAtMs);
    }
  }

  #fill(roster: Roster, listed: readonly WeightedAddress[], joinedAtMs: number): void {
    const addresses = this.#off.size === 0 ? listed : listed.map((a) => this.#ordered(a));
    const scope = roster.ofPeers
      ? roster.ofShadow
        ? `peers${SHADOW_MARK}`
        : 'peers'
      : roster.name.slice(roster.name.lastIndexOf('/') + 1);
    roster.set(
      addresses,
      (a) => this.#endpoint(scope, a, roster.policy, joinedAtMs),
      this.#clock.nowMs,
    );
  }

  #ordered(listed: WeightedAddress): WeightedAddress {
    return this.#off.has(listed.address.text) ? { ...listed, weight: 0 } : listed;
  }

  #endpoint(
    scope: string,
    { address }: WeightedAddress,
    policy: UpstreamPolicy,
    joinedAtMs: number,
  ): Endpoint {
    const key = Endpoint.keyOf(scope, address);
    const idleMs = this.#snapshot.gate.timeouts.upstreamIdleMs;
    let endpoint = this.#endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = new Endpoint(scope, address, policy.endpoint, idleMs);
      endpoint.health.joinedAtMs = joinedAtMs;
      this.#endpoints.set(key, endpoint);
    }
    endpoint.limits = policy.endpoint;
    endpoint.idleTimeoutMs = idleMs;
    const ip = this.#found.ipOf(address.host);
    if (ip !== undefined) endpoint.moveTo(ip);
    return endpoint;
  }

  #index(): void {
    this.#rostersOf = new Map();
    for (const roster of this.#rosters.values()) {
      for (const { endpoint } of roster.shares) {
        const list = this.#rostersOf.get(endpoint) ?? [];
        list.push(roster);
        this.#rostersOf.set(endpoint, list);
      }
    }
  }

  /** Endpoints that nobody lists any more: what is under way there ends, nothing new begins. */
  #retire(): void {
    for (const [key, endpoint] of this.#endpoints) {
      if (this.#rostersOf.has(endpoint)) continue;
      endpoint.idleTimeoutMs = 0;
      endpoint.closeIdle();
      if (endpoint.open === 0) this.#endpoints.delete(key);
    }
  }

  /** Addresses that people have switched off take nothing new; what is under way there ends. */
  switchOff(off: ReadonlySet<string>): void {
    if (off === this.#off || (off.size === 0 && this.#off.size === 0)) return;
    this.#off = off;
    this.refound();
  }

  /** Discovery has news. */
  refound(): void {
    this.#fillAll(this.#clock.nowMs);
    this.#listed();
  }

  /** Rosters have been filled anew. */
  #listed(): void {
    this.#index();
    this.#retire();
    this.onChange();
  }

  /** How requests for the app get to this target; undefined where it has no endpoints there. */
  wayOf(target: Target, app: AppId, snapshot: Snapshot): Way | undefined {
    let ways = this.#ways.get(target);
    if (ways === undefined) {
      ways = new Map();
      this.#ways.set(target, ways);
    }
    const known = ways.get(app);
    if (known !== undefined) return known;
    const source =
      target.via === 'local' ? target.group.endpoints.get(app) : this.#gatesOf(target, snapshot);
    const roster = source === undefined ? undefined : this.#rosters.get(source);
    const load = this.#loads.get(`${loadZone(target.zone.id, target.group)}/${app}`);
    if (roster === undefined || load === undefined) return undefined;
    const way = Object.freeze({ roster, load });
    ways.set(app, way);
    return way;
  }

  #gatesOf({ group }: Target, { topology }: Snapshot): EndpointSource | undefined {
    return group.isShadow ? this.#shadowPeers.get(group.idc) : topology.idcs.get(group.idc)?.gates;
  }

  /**
   * Room for one more connection? Where there is none an idle one elsewhere is closed, so that pools
   * of yesterday don't keep today's requests out.
   */
  makeRoom(): boolean {
    let open = 0;
    for (const endpoint of this.#endpoints.values()) open += endpoint.open;
    if (open < this.#sockets.leftForUpstreams) return true;
    for (const endpoint of this.#endpoints.values()) if (endpoint.closeOldest()) return true;
    return false;
  }

  rosters(): Iterable<Roster> {
    return this.#rosters.values();
  }

  endpoints(): Iterable<Endpoint> {
    return this.#endpoints.values();
  }

  loads(): Iterable<ZoneLoad> {
    return this.#loads.values();
  }

  /** Something was measured: its rosters share out anew. */
  changed(endpoint: Endpoint): void {
    for (const roster of this.#rostersOf.get(endpoint) ?? []) roster.refresh(this.#clock.nowMs);
  }

  /** A request went well there. */
  succeeded(endpoint: Endpoint, roster: Roster): void {
    const { outliers } = roster.policy;
    if (outliers !== null) endpoint.health.succeeded(this.#clock.nowMs, outliers);
  }

  /** A request failed there, by the endpoint's fault. */
  failed(endpoint: Endpoint, roster: Roster): void {
    const { outliers } = roster.policy;
    if (outliers === null) return;
    const wants = endpoint.health.failed(this.#clock.nowMs, outliers);
    if (!wants || !roster.mayEject(outliers)) return;
    endpoint.health.eject(this.#clock.nowMs, outliers);
    this.changed(endpoint);
  }

  #tick(nowMs: number): void {
    for (const [key, endpoint] of this.#endpoints) {
      endpoint.sweep(nowMs);
      const rosters = this.#rostersOf.get(endpoint);
      if (rosters === undefined) {
        if (endpoint.open === 0) this.#endpoints.delete(key);
      } else if (endpoint.health.maybeReturn(nowMs, rosters[0]!.policy.outliers)) {
        this.changed(endpoint);
      }
    }
    for (const roster of this.#rosters.values()) roster.tick(nowMs);
    for (const load of this.#loads.values()) if (load.waiting > 0) load.serve(performance.now());
  }

  closeIdle(): void {
    for (const endpoint of this.#endpoints.values()) endpoint.closeIdle();
  }
}
