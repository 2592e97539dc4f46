/**
 * The endpoints of one app in one group, as known now, and which of them takes the next request.
 * Made anew for each snapshot; the endpoints themselves live on.
 */
import type { WeightedAddress } from '../../model/endpoints.ts';
import type { Outliers, UpstreamPolicy } from '../../upstream/index.ts';
import type { Endpoint } from './endpoint.ts';
import { HashRing, type Share, ShareTable } from './share-table.ts';

/** No key to hash: the request may go anywhere. */
export const NO_KEY = -1;

/** The endpoints that one request has tried, few. */
export class Tried {
  readonly #endpoints: Endpoint[] = [];
  count = 0;

  add(endpoint: Endpoint): void {
    this.#endpoints[this.count++] = endpoint;
  }

  has(endpoint: Endpoint): boolean {
    for (let i = 0; i < this.count; i++) if (this.#endpoints[i] === endpoint) return true;
    return false;
  }

  get last(): Endpoint | null {
    return this.count === 0 ? null : this.#endpoints[this.count - 1]!;
  }
}

export class Roster {
  /** `zone/group/app`, or `peers/idc`: as it is shown. */
  readonly name: string;
  readonly policy: UpstreamPolicy;
  /** They are gates of another IDC. */
  readonly ofPeers: boolean;
  /** For load tests: it says nothing of what users need. */
  readonly ofShadow: boolean;
  /** Nobody is usable, so everybody is tried: better a slow answer than none by a broken probe. */
  desperate = false;
  #shares: readonly Share[] = [];
  #table = new ShareTable([]);
  #ring: HashRing | null = null;
  #turns = Math.trunc(Math.random() * 1000);
  #ramping = false;

  constructor(name: string, policy: UpstreamPolicy, ofPeers: boolean, ofShadow = false) {
    this.name = name;
    this.policy = policy;
    this.ofPeers = ofPeers;
    this.ofShadow = ofShadow;
  }

  /** As declared or resolved, those with weight 0 too. */
  get shares(): readonly Share[] {
    return this.#shares;
  }

  set(
    addresses: readonly WeightedAddress[],
    find: (a: WeightedAddress) => Endpoint,
    nowMs: number,
  ): void {
    this.#shares = addresses.map((a) => ({ endpoint: find(a), weight: a.weight }));
    const weighted = this.#shares.filter((s) => s.weight > 0);
    const ringed = this.policy.balance.by === 'ring-hash' && weighted.length > 0;
    this.#ring = ringed ? new HashRing(weighted) : null;
    this.refresh(nowMs);
  }

  /** After anything about its endpoints has changed, and while one of them is new. */
  refresh(nowMs: number): void {
    const weighted = this.#shares.filter((s) => s.weight > 0);
    const usable = weighted.filter((s) => s.endpoint.usable);
    this.desperate = usable.length === 0 && weighted.some((s) => s.endpoint.ip !== null);
    const { slowStartMs } = this.policy.balance;
    this.#ramping = false;
    const shares = (this.desperate ? weighted.filter((s) => s.endpoint.ip !== null) : usable).map(
      ({ endpoint, weight }) => {
        const part = endpoint.health.part(nowMs, slowStartMs);
        if (part < 1) this.#ramping = true;
        return { endpoint, weight: weight * part };
      },
    );
    this.#table = new ShareTable(shares);
  }

  /** Shares grow with time while an endpoint is new. */
  tick(nowMs: number): void {
    if (this.#ramping) this.refresh(nowMs);
  }

  /**
   * @param hash of the request's key, or NO_KEY
   * @param tried by this request already
   * @returns null when there is nobody, or nobody has room
   */
  pick(hash: number, tried: Tried): Endpoint | null {
    const { shares } = this.#table;
    if (shares.length === 0) return null;
    if (this.#ring !== null && hash !== NO_KEY) {
      return this.#ring.find(
        hash,
        (e) => e.hasRoom && !tried.has(e) && (this.desperate || e.usable),
      );
    }
    const from = this.#place();
    const first = shares[from]!.endpoint;
    if (tried.count === 0 && first.hasRoom) return first;
    for (let i = 0; i < shares.length; i++) {
      const { endpoint } = shares[(from + i) % shares.length]!;
      if (endpoint.hasRoom && !tried.has(endpoint)) return endpoint;
    }
    return null;
  }

  #place(): number {
    if (this.policy.balance.by !== 'round-robin') return this.#table.lighter();
    this.#turns = (this.#turns + 1) % 0x4000_0000;
    return this.#table.turn(this.#turns);
  }

  /** Endpoints that may be picked. */
  get size(): number {
    return this.#table.shares.length;
  }

  /** May one more be taken out? A cap, so that judging by outliers can't empty a group. */
  mayEject(policy: Outliers): boolean {
    const out = this.#shares.filter((s) => s.endpoint.health.ejectedUntilMs !== 0).length;
    return out + 1 <= Math.floor((this.#shares.length * policy.maxEjectedPercent) / 100);
  }

  /** Connections open to all of its endpoints. */
  get open(): number {
    return this.#shares.reduce((sum, s) => sum + s.endpoint.open, 0);
  }
}
