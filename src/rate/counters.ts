/**
 * How often each key was let through lately: sliding windows over a table of fixed size, no timers.
 *
 * A window is cut into seven slots, and a key counts in eight of them: the present one and the seven
 * before it. So a request counts for at least the window and for at most 8/7 of it. No key is ever let
 * through more than `limit` times in any stretch of one window (0 % above, not “about”), and a key that
 * keeps below `limit` in every 8/7 of a window is never refused. A bucket that refills would pass up to
 * twice the limit in a window, and so would two windows weighted by the time that has passed; counts of
 * slots also add up between gates, as the fill of a bucket does not. `burst` is what a key may take above
 * its limit, at most once in ten windows.
 *
 * A key that is new to the table starts from nothing: what is forgotten is let through, never charged
 * to somebody else.
 */
import { FleetCounts, type FleetDelta } from './fleet-counts.ts';
import { capacityFor, KeyTable } from './key-table.ts';
import type { HashSeed, KeyWords } from './keyed-hash.ts';

export const SLOTS_PER_WINDOW = 7;
/** Slots that count: one more, because the present one has only begun. */
const SLOTS = 8;
/** What was borrowed above the limit is given back over so many windows. */
const BURST_WINDOWS = 10;

/** What of a rule its counters need. */
export interface CounterRule {
  /** Place among the room's counter rules. */
  readonly index: number;
  /** Name and everything that changes what a count means. Counts of the same one outlive a reload. */
  readonly fingerprint: string;
  /** Two words that stand first in each of its keys. */
  readonly id0: number;
  readonly id1: number;
  readonly slotMs: number;
  readonly limit: number;
  readonly burst: number;
  readonly isFleet: boolean;
}

export class RateCounters {
  /** Random, of this process. */
  readonly seed: HashSeed;
  fleet: FleetCounts | null = null;
  #adopted: readonly CounterRule[] = [];
  /** By the index in the room. */
  #ordinals = new Uint16Array(0);
  /** By ordinal; null where a rule is gone. */
  #rules: (CounterRule | null)[] = [];
  #keys: KeyTable | null = null;
  #at = new Int32Array(0);
  #rule = new Uint16Array(0);
  #total = new Uint32Array(0);
  #ring = new Uint32Array(0);
  #borrowed = new Float32Array(0);

  /** @param seed 64 random bits, drawn anew for each process */
  constructor(seed: HashSeed) {
    this.seed = seed;
  }

  /** Keys that have a place at once. */
  get capacity(): number {
    return this.#keys?.capacity ?? 0;
  }

  get evictions(): number {
    return this.#keys?.evictions ?? 0;
  }

  /** Of keys that had used half their limit: the table is too small for what comes. */
  get hotEvictions(): number {
    return this.#keys?.hotEvictions ?? 0;
  }

  /** All memory that keys take; it does not change with what comes. */
  get tableBytes(): number {
    const arrays = [this.#at, this.#rule, this.#total, this.#ring, this.#borrowed];
    const own = arrays.reduce((sum, a) => sum + a.byteLength, 0);
    return own + (this.#keys?.tableBytes ?? 0) + (this.fleet?.tableBytes ?? 0);
  }

  isFor(rules: readonly CounterRule[]): boolean {
    return this.#adopted === rules;
  }

  /** Another snapshot's rules. Counts go on where the fingerprint is the same, unless `keys` differs. */
  adopt(rules: readonly CounterRule[], keys: number): void {
    if (this.capacity !== capacityFor(keys)) this.#allocate(keys);
    const byPrint = new Map(rules.map((r) => [r.fingerprint, r]));
    const known = new Map<string, number>();
    this.#rules = this.#rules.map((old, ordinal) => {
      const now = old === null ? undefined : byPrint.get(old.fingerprint);
      if (now !== undefined) known.set(now.fingerprint, ordinal);
      else if (old !== null) this.#forget(ordinal);
      return now ?? null;
    });
    this.#ordinals = Uint16Array.from(rules, (r) => known.get(r.fingerprint) ?? this.#placeFor(r));
    this.#adopted = rules;
    if (rules.some((r) => r.isFleet)) this.fleet ??= new FleetCounts(this.capacity);
  }

  /**
   * How many more requests the key may make now; 0: none.
   * @param key finished
   */
  left(rule: CounterRule, key: KeyWords, nowMs: number): number {
    const e = this.#find(key.hi, key.lo);
    if (e < 0) return this.#limit(rule);
    const slot = slotOf(rule, nowMs);
    this.#advance(e, rule, slot);
    const limit = this.#limit(rule);
    const used = this.#used(e, rule, slot);
    if (used < limit) return limit - used;
    const burst = this.#burst(rule);
    const credit = Math.floor(Math.min(burst - this.#borrowed[e]!, limit + burst - used));
    return Math.max(0, credit);
  }

  /** One request of the key was let through. */
  take(rule: CounterRule, key: KeyWords, nowMs: number): void {
    const slot = slotOf(rule, nowMs);
    let e = this.#find(key.hi, key.lo);
    if (e < 0) e = this.#insert(rule, key, nowMs);
    else this.#advance(e, rule, slot);
    if (this.#used(e, rule, slot) >= this.#limit(rule)) this.#borrowed[e]!++;
    this.#total[e]!++;
    this.#ring[SLOTS * e + (this.#at[e]! & (SLOTS - 1))]!++;
    if (rule.isFleet) this.fleet?.took(e, rule.limit);
  }

  /** A key of a fleet rule was refused: what the others have counted should be heard again soon. */
  refused(key: KeyWords): void {
    const e = this.#find(key.hi, key.lo);
    if (e >= 0) this.fleet?.ask(e);
  }

  /** Milliseconds until a refused key may make a request, if it makes none before. */
  waitMs(rule: CounterRule, key: KeyWords, nowMs: number): number {
    const windowMs = rule.slotMs * SLOTS_PER_WINDOW;
    const e = this.#find(key.hi, key.lo);
    if (e < 0) return 0;
    const slot = slotOf(rule, nowMs);
    let used = this.#used(e, rule, slot);
    const at = this.#at[e]!;
    for (let age = SLOTS - 1; age >= 0; age--) {
      used -= this.#ring[SLOTS * e + ((at - age) & (SLOTS - 1))]!;
      if (used < this.#limit(rule)) {
        const untilMs =
          (SLOTS - age) * rule.slotMs - (nowMs - Math.floor(nowMs / rule.slotMs) * rule.slotMs);
        return Math.max(0, untilMs);
      }
    }
    // It is other gates that have let it through; when, only they know.
    return windowMs;
  }

  /** Keys that count for something now, by rule name; for people, not for requests. */
  tracked(nowMs: number): ReadonlyMap<CounterRule, number> {
    const found = new Map<CounterRule, number>();
    for (let e = 0; e < this.capacity; e++) {
      const rule = this.#rules[this.#rule[e]!] ?? null;
      if (this.#keys?.isEmpty(e) === true || rule === null) continue;
      if (!isLapsed((slotOf(rule, nowMs) - this.#at[e]!) | 0))
        found.set(rule, (found.get(rule) ?? 0) + 1);
    }
    return found;
  }

  /** What the other gates should hear, the longest-waiting first; each key once. */
  deltas(most: number): FleetDelta[] {
    const out: FleetDelta[] = [];
    const { fleet } = this;
    const keys = this.#keys;
    while (fleet !== null && keys !== null && out.length < most) {
      const e = fleet.next();
      if (e < 0) break;
      const rule = this.#rules[this.#rule[e]!] ?? null;
      if (rule?.isFleet !== true) continue;
      const count = fleet.pendingOf(e, this.#total[e]!);
      out.push({ hi: keys.hiOf(e), lo: keys.loOf(e), rule, count });
    }
    return out;
  }

  /** @param total of the whole fleet in the window, this delta included */
  heard({ hi, lo, rule, count }: FleetDelta, total: number, nowMs: number): void {
    const e = this.#find(hi, lo);
    if (e >= 0) this.fleet?.heard(e, count, total, slotOf(rule, nowMs));
  }

  /** It was not heard whether this was told: it waits again. */
  unheard({ hi, lo }: FleetDelta): void {
    const e = this.#find(hi, lo);
    if (e >= 0) this.fleet?.ask(e);
  }

  #limit(rule: CounterRule): number {
    const { fleet } = this;
    if (!rule.isFleet || fleet === null) return rule.limit;
    return fleet.isShared ? rule.limit : Math.max(1, Math.ceil(rule.limit / fleet.gates));
  }

  #burst(rule: CounterRule): number {
    return rule.isFleet && this.fleet !== null ? rule.burst / this.fleet.gates : rule.burst;
  }

  #used(e: number, rule: CounterRule, slot: number): number {
    const own = this.#total[e]!;
    const { fleet } = this;
    if (!rule.isFleet || fleet?.isShared !== true) return own;
    return Math.max(own, fleet.usedOf(e, slot));
  }

  #find(hi: number, lo: number): number {
    return this.#keys === null ? -1 : this.#keys.find(hi, lo);
  }

  /** Leaves behind the slots that no longer count. */
  #advance(e: number, rule: CounterRule, slot: number): void {
    const gone = (slot - this.#at[e]!) | 0;
    // A clock that was set back a little stands still; set back far, it has begun anew.
    if (gone === 0 || (gone < 0 && gone > -SLOTS)) return;
    if (isLapsed(gone)) {
      this.#ring.fill(0, SLOTS * e, SLOTS * e + SLOTS);
      this.#total[e] = 0;
    } else {
      for (let s = this.#at[e]! + 1, i = 0; i < gone; s++, i++) {
        const place = SLOTS * e + (s & (SLOTS - 1));
        this.#total[e]! -= this.#ring[place]!;
        this.#ring[place] = 0;
      }
    }
    const returned = (rule.burst * Math.abs(gone)) / (SLOTS_PER_WINDOW * BURST_WINDOWS);
    if (this.#borrowed[e]! > 0) this.#borrowed[e] = Math.max(0, this.#borrowed[e]! - returned);
    this.#at[e] = slot;
  }

  #insert(rule: CounterRule, { hi, lo }: KeyWords, nowMs: number): number {
    const e = this.#keys!.insert(hi, lo, this, nowMs);
    this.#at[e] = slotOf(rule, nowMs);
    this.#rule[e] = this.#ordinals[rule.index]!;
    this.#total[e] = 0;
    this.#borrowed[e] = 0;
    this.#ring.fill(0, SLOTS * e, SLOTS * e + SLOTS);
    this.fleet?.clear(e);
    return e;
  }

  /** For the table, which asks when it has to forget somebody. */
  useOf(e: number, nowMs: number): number {
    const rule = this.#rules[this.#rule[e]!] ?? null;
    if (rule === null || isLapsed((slotOf(rule, nowMs) - this.#at[e]!) | 0)) return -1;
    return this.#total[e]! / rule.limit;
  }

  #placeFor(rule: CounterRule): number {
    const free = this.#rules.indexOf(null);
    if (free < 0) return this.#rules.push(rule) - 1;
    this.#rules[free] = rule;
    return free;
  }

  /** Its number is given to another rule some day. */
  #forget(ordinal: number): void {
    for (let e = 0; e < this.capacity; e++) if (this.#rule[e] === ordinal) this.#keys?.clear(e);
  }

  #allocate(keys: number): void {
    const table = new KeyTable(keys);
    const { capacity } = table;
    this.#keys = table;
    this.#at = new Int32Array(capacity);
    this.#rule = new Uint16Array(capacity);
    this.#total = new Uint32Array(capacity);
    this.#ring = new Uint32Array(capacity * SLOTS);
    this.#borrowed = new Float32Array(capacity);
    this.fleet = null;
  }
}

/** Modulo 2^32, as a signed number, so that differences are right for ever. */
const slotOf = (rule: CounterRule, nowMs: number): number => Math.floor(nowMs / rule.slotMs) | 0;

const isLapsed = (slots: number): boolean => slots >= SLOTS || slots <= -SLOTS;
