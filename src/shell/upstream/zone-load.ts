/**
 * What this gate has under way at one app of one zone: who is let in, who waits, who is refused.
 * The waiting line is short, has a deadline, and critical requests stand before the others.
 */
import type { Priority } from '../../model/priority.ts';
import type { UpstreamPolicy } from '../../upstream/index.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { RetryBudget } from './retry-budget.ts';

/** The limits that turn a request away, or let it wait. */
export type Limit = 'connections' | 'pending' | 'requests' | 'retries' | 'adaptive' | 'queue';

/** Somebody in the line. */
export interface Waiter {
  readonly priority: Priority;
  /** When it gave up waiting, on the precise clock. */
  waitUntilMs: number;
  /** There may be room now. @returns false: not for this one yet, it stays first */
  roomFound(): boolean;
  waitedTooLong(): void;
}

/** What of the adaptive limit each class may fill. It is a guess, so the critical few may pass it. */
const PART = { critical: 1.25, normal: 1, sheddable: 0.9 } as const;
const ORDER: readonly Priority[] = ['critical', 'normal', 'sheddable'];
const RATE_FOLLOWS = 0.1;
/** So many who can't be served yet are passed over at once. */
const MAX_PASSED = 16;

export class ZoneLoad {
  readonly zone: string;
  readonly app: string;
  readonly budget = new RetryBudget();
  active = 0;
  retrying = 0;
  /** By limit: requests turned away. */
  readonly refused: Record<Limit, number> = {
    connections: 0,
    pending: 0,
    requests: 0,
    retries: 0,
    adaptive: 0,
    queue: 0,
  };
  /** Requests that waited and were let in. */
  waited = 0;
  adaptive: AdaptiveLimit | null = null;
  /** Its groups here; empty where the zone is in another IDC. */
  rosters: { readonly open: number }[] = [];
  #policy: UpstreamPolicy;
  readonly #lines: Record<Priority, Waiter[]> = { critical: [], normal: [], sheddable: [] };
  #waiting = 0;
  /** Mean time between two ends of requests; the line moves so fast. */
  #endIntervalMs = 0;
  #lastEndMs = 0;
  #serving = false;

  constructor(zone: string, app: string, policy: UpstreamPolicy) {
    this.zone = zone;
    this.app = app;
    this.#policy = policy;
    this.follow(policy);
  }

  /** The policy of a new snapshot; what has been learnt stays where it can. */
  follow(policy: UpstreamPolicy): void {
    const same = JSON.stringify(policy.adaptive) === JSON.stringify(this.#policy.adaptive);
    if (!same || this.adaptive === null)
      this.adaptive = policy.adaptive === null ? null : new AdaptiveLimit(policy.adaptive);
    this.#policy = policy;
  }

  /** May one more connection be opened to the zone’s endpoints? */
  get mayConnect(): boolean {
    let open = 0;
    for (const roster of this.rosters) open += roster.open;
    return open < this.#policy.zone.connections;
  }

  get mayRepeat(): boolean {
    return this.retrying < this.#policy.zone.retries;
  }

  get name(): string {
    return `${this.zone}/${this.app}`;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** The limit that keeps a request of this class out now; null: there is room. */
  full(priority: Priority): Limit | null {
    if (this.active >= this.#policy.zone.requests) return 'requests';
    if (this.adaptive === null) return null;
    const limit = Math.max(1, this.adaptive.limit * PART[priority]);
    return this.active < limit ? null : 'adaptive';
  }

  /** @param isGuest a load test at the endpoints of users: it earns them no repeats */
  enter(nowMs: number, isGuest: boolean): void {
    this.active++;
    if (!isGuest) this.budget.request(nowMs);
  }

  /** A request has ended, however. */
  leave(): void {
    this.active--;
    if (this.#waiting === 0 && this.#lastEndMs === 0) return;
    const nowMs = performance.now();
    if (this.#lastEndMs > 0) {
      this.#endIntervalMs += (nowMs - this.#lastEndMs - this.#endIntervalMs) * RATE_FOLLOWS;
    }
    this.#lastEndMs = this.#waiting === 0 ? 0 : nowMs;
    this.serve(nowMs);
  }

  /** @returns the limit that forbids waiting, or null: it waits, and will hear */
  wait(waiter: Waiter): Limit | null {
    const { pending } = this.#policy.zone;
    const { queueMs } = this.#policy;
    if (pending === 0 || queueMs === 0) return 'pending';
    const nowMs = performance.now();
    // More of those before him may come, and he would be passed over and over.
    if (this.#betterWait(waiter.priority)) return 'queue';
    // Whoever would wait for more than half of his time is told at once: it is only a guess.
    if (this.#aheadOf(waiter.priority) * this.#endIntervalMs * 2 > queueMs) return 'queue';
    if (this.#waiting >= pending && !this.#pushOut(waiter.priority)) return 'pending';
    waiter.waitUntilMs = nowMs + queueMs;
    this.#lines[waiter.priority].push(waiter);
    this.#waiting++;
    if (this.#lastEndMs === 0) this.#lastEndMs = nowMs;
    return null;
  }

  #betterWait(priority: Priority): boolean {
    for (const p of ORDER) {
      if (p === priority) return false;
      if (this.#lines[p].length > 0) return true;
    }
    return false;
  }

  #aheadOf(priority: Priority): number {
    let ahead = 0;
    for (const p of ORDER) {
      ahead += this.#lines[p].length;
      if (p === priority) break;
    }
    return ahead;
  }

  /** A full line gives the place of its last and least to somebody before it. */
  #pushOut(priority: Priority): boolean {
    for (const p of ORDER.toReversed()) {
      if (p === priority) return false;
      const last = this.#lines[p].pop();
      if (last === undefined) continue;
      this.#waiting--;
      this.refused.pending++;
      last.waitedTooLong();
      return true;
    }
    return false;
  }

  /** Its client has gone, say. */
  forget(waiter: Waiter): void {
    const line = this.#lines[waiter.priority];
    const at = line.indexOf(waiter);
    if (at >= 0) this.#take(line, at);
  }

  /** Lets in whom there is room for, and turns away whose time is over. */
  serve(nowMs: number): void {
    // Who is let in may end at once, and so come here again.
    if (this.#waiting === 0 || this.#serving) return;
    this.#serving = true;
    for (const priority of ORDER) this.#turnAway(this.#lines[priority], nowMs);
    for (const priority of ORDER) {
      if (!this.#serveLine(this.#lines[priority], priority)) break;
    }
    this.#serving = false;
  }

  /** In each line the first has waited longest. */
  #turnAway(line: Waiter[], nowMs: number): void {
    for (let first = line[0]; first !== undefined; first = line[0]) {
      if (first.waitUntilMs > nowMs) return;
      this.#take(line, 0);
      this.refused.queue++;
      first.waitedTooLong();
    }
  }

  /** @returns false when somebody is left who must be served first */
  #serveLine(line: Waiter[], priority: Priority): boolean {
    let passed = 0;
    while (passed < line.length && passed < MAX_PASSED) {
      const waiter = line[passed]!;
      if (this.full(priority) !== null) return false;
      // Out of the line before it is told, because it may come back to this object.
      this.#take(line, passed);
      if (waiter.roomFound()) this.waited++;
      else {
        // Its own group has no room; somebody else's may.
        line.splice(passed, 0, waiter);
        this.#waiting++;
        passed++;
      }
    }
    return true;
  }

  #take(line: Waiter[], at: number): void {
    line.splice(at, 1);
    this.#waiting--;
  }
}
