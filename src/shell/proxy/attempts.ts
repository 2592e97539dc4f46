/**
 * One request's tries: which endpoints, in which order, and when to stop. Keeps the books of who is
 * under way where, and tells the endpoints' health how it went.
 */
import type { Retries } from '../../upstream/index.ts';
import type { UpstreamConnection, UpstreamUser } from '../upstream/connection.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { Upstreams, Way } from '../upstream/index.ts';
import { NO_KEY, type Roster, Tried } from '../upstream/roster.ts';
import type { Limit, ZoneLoad } from '../upstream/zone-load.ts';

/** Endpoints without room that are passed over before giving up. */
const MAX_SKIPS = 8;

/** A connection, still dialling unless `connected`; the limit in the way; or nobody is left. */
export type Attempt = UpstreamConnection | Limit | 'exhausted';

export class Attempts {
  readonly #upstreams: Upstreams;
  /** Endpoints asked, stale connections that were replaced among them. */
  count = 0;
  roster!: Roster;
  load!: ZoneLoad;
  #hash = NO_KEY;
  /** A load test at the endpoints of users: how it goes there must say nothing to them. */
  #isGuest = false;
  /** Reused from request to request: emptying an array costs more than counting. */
  readonly #tried = new Tried();
  #entered = false;
  /** The endpoint that carries a repeated request now. */
  #repeatAt: Endpoint | null = null;

  constructor(upstreams: Upstreams) {
    this.#upstreams = upstreams;
  }

  begin({ roster, load }: Way, hash: number, isStress: boolean): void {
    this.roster = roster;
    this.load = load;
    this.#isGuest = isStress && !roster.ofShadow;
    this.#hash = hash;
    this.#tried.count = 0;
    this.count = 0;
  }

  /** Another endpoint than those tried. */
  next(user: UpstreamUser): Attempt {
    const tried = this.#tried;
    const before = tried.count;
    let limit: Limit | null = null;
    for (let skips = 0; skips < MAX_SKIPS; skips++) {
      const endpoint = this.roster.pick(this.#hash, tried);
      if (endpoint === null) {
        limit ??= tried.count < this.roster.size ? 'requests' : null;
        break;
      }
      const got = this.#connect(endpoint, user, false);
      if (typeof got !== 'string') {
        tried.count = before;
        tried.add(endpoint);
        return got;
      }
      if (got !== 'exhausted') limit ??= got;
      tried.add(endpoint);
    }
    tried.count = before;
    return limit ?? 'exhausted';
  }

  /** A pooled connection has just proved stale: a new one, to the same endpoint. */
  again(user: UpstreamUser): Attempt {
    const endpoint = this.#tried.last;
    return endpoint === null ? 'exhausted' : this.#connect(endpoint, user, true);
  }

  #connect(endpoint: Endpoint, user: UpstreamUser, fresh: boolean): Attempt {
    const idle = fresh ? null : endpoint.takeIdle(user);
    if (idle !== null) {
      this.count++;
      return idle;
    }
    if (!this.load.mayConnect || !this.#upstreams.makeRoom()) return 'connections';
    const dialled = endpoint.dial(user);
    if (dialled === 'unresolved') return 'exhausted';
    if (typeof dialled !== 'string') this.count++;
    return dialled;
  }

  /** May another endpoint be tried, after one that took nothing of the request? */
  get mayTryOther(): boolean {
    return this.count <= (this.roster.policy.retries?.others ?? 0);
  }

  /** May the request be sent once more? If so the budget is charged. */
  mayRepeat(nowMs: number): boolean {
    const { retries } = this.roster.policy;
    // The budget is for users, and earned by them.
    if (retries === null || this.#isGuest || !this.mayTryOther) return false;
    if (!this.load.mayRepeat) {
      this.load.refused.retries++;
      return false;
    }
    return this.#charge(nowMs, retries);
  }

  #charge(nowMs: number, retries: Retries): boolean {
    if (this.load.budget.take(nowMs, retries)) return true;
    this.load.refused.retries++;
    return false;
  }

  /** Books an attempt as a repeated request; its endpoint may have enough of those already. */
  asRepeat(attempt: Attempt): Attempt {
    if (typeof attempt === 'string' || this.#beginRepeat(attempt.endpoint)) return attempt;
    attempt.discard();
    return 'exhausted';
  }

  #beginRepeat(endpoint: Endpoint): boolean {
    this.#endRepeat();
    if (endpoint.retrying >= endpoint.limits.retries) return false;
    endpoint.retrying++;
    this.load.retrying++;
    this.#repeatAt = endpoint;
    return true;
  }

  #endRepeat(): void {
    if (this.#repeatAt === null) return;
    this.#repeatAt.retrying--;
    this.load.retrying--;
    this.#repeatAt = null;
  }

  enter(nowMs: number): void {
    this.#entered = true;
    this.load.enter(nowMs, this.#isGuest);
  }

  get entered(): boolean {
    return this.#entered;
  }

  /** Once the request is over, however it went. Harmless without an `enter`. */
  leave(): void {
    this.#endRepeat();
    if (!this.#entered) return;
    this.#entered = false;
    this.load.leave();
  }

  failed(endpoint: Endpoint): void {
    if (!this.#isGuest) this.#upstreams.failed(endpoint, this.roster);
  }

  /**
   * The final head has come.
   * @param ms from being let in to the first byte
   */
  answered(endpoint: Endpoint, status: number, ms: number, nowMs: number): void {
    if (this.#isGuest) return;
    const { policy, ofPeers } = this.roster;
    const { outliers } = policy;
    if (status < 500) this.load.adaptive?.sample(ms, this.load.active, nowMs);
    if (outliers === null) return;
    const late = outliers.slowMs !== undefined && ms > outliers.slowMs;
    // A peer’s 503 speaks of the endpoints behind it, not of the peer.
    const bad = status >= 500 && !ofPeers && outliers.statuses.includes(status);
    if (late || bad) this.#upstreams.failed(endpoint, this.roster);
    else this.#upstreams.succeeded(endpoint, this.roster);
  }

  /** It ran into a deadline: slow is what the limit must learn of. */
  timedOut(endpoint: Endpoint, ms: number, nowMs: number): void {
    if (this.#isGuest) return;
    this.load.adaptive?.sample(ms, this.load.active, nowMs);
    this.failed(endpoint);
  }
}
