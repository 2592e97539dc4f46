/** What a gate knows of one rule beside its declaration; it outlives reloads. */
import type { CompareRule, MirrorRule } from '../../mirror/index.ts';
import { markOf, minuteOf } from '../../mirror/mark.ts';
import { RouteFindings } from '../../mirror/noise.ts';
import type { KeyRing } from '../../model/mac.ts';
import { Rate } from './budget.ts';
import { type Drop, RuleCounts } from './counts.ts';

/** Routes beyond share one entry. */
const MAX_ROUTES = 256;
const OTHER_ROUTES = '(others)';
/** Between two looks whether an address may be tried again. */
const REST_MS = 100;

export class RuleState {
  rule: MirrorRule;
  readonly counts = new RuleCounts();
  readonly routes = new Map<string, RouteFindings>();
  /** Drawn, and not over. */
  inFlight = 0;
  readonly #rate: Rate;
  readonly #comparisons: Rate;
  /** By place, till when it is left alone. */
  readonly #rests = new Map<string, number>();
  #mark = '';
  #minute = -1;
  #key: string | undefined;

  constructor(rule: MirrorRule, nowMs: number) {
    this.rule = rule;
    this.#rate = new Rate(rule.limits.rps, nowMs);
    this.#comparisons = new Rate(rule.compare?.perS ?? 1, nowMs);
  }

  /** As declared now. What was found by another way of comparing says nothing any more. */
  follow(rule: MirrorRule): void {
    if (rule === this.rule) return;
    if (JSON.stringify(rule.compare) !== JSON.stringify(this.rule.compare)) this.routes.clear();
    this.rule = rule;
  }

  /** What is in the way of one more copy; null: it is booked, and `leave` must follow. */
  enter(nowMs: number): Drop | null {
    const { limits } = this.rule;
    if (this.inFlight >= limits.inFlight) return 'in-flight';
    if (!this.#rate.take(limits.rps, nowMs)) return 'rps';
    this.inFlight++;
    return null;
  }

  /** Nobody could be asked there. @param place of those that are declared */
  restFrom(place: string, nowMs: number): void {
    this.#rests.set(place, nowMs + REST_MS);
  }

  /** Not to be asked now, so that nothing is made for it in vain. */
  rests(place: string, nowMs: number): boolean {
    const untilMs = this.#rests.get(place);
    if (untilMs === undefined) return false;
    if (nowMs < untilMs) return true;
    this.#rests.delete(place);
    return false;
  }

  get isResting(): boolean {
    return this.#rests.size > 0;
  }

  leave(): void {
    this.inFlight--;
  }

  mayCompare(rule: CompareRule, nowMs: number): boolean {
    return this.#comparisons.take(rule.perS, nowMs);
  }

  findingsOf(route: string, rule: CompareRule): RouteFindings {
    const name = this.routes.has(route) || this.routes.size < MAX_ROUTES ? route : OTHER_ROUTES;
    let findings = this.routes.get(name);
    if (findings === undefined) {
      findings = new RouteFindings(rule);
      this.routes.set(name, findings);
    }
    return findings;
  }

  /** A MAC a minute. @param wallMs since 1970 */
  mark(keys: KeyRing, wallMs: number): string {
    const minute = minuteOf(wallMs);
    if (minute !== this.#minute || keys[0]?.secret !== this.#key) {
      this.#minute = minute;
      this.#key = keys[0]?.secret;
      this.#mark = markOf(this.rule.name, minute, keys);
    }
    return this.#mark;
  }
}
