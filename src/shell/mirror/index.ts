/**
 * DESIGN. Copies of requests, out of the way of the requests. A request that is drawn is first held against
 * cheap limits; what passes is gathered as its bytes go by, and sent once the requests of the turn are on
 * their way. Nothing here is waited for, and nothing here can fail a request: it is told, and asked
 * nothing. Memory is one budget, sockets are a part of the process's, time is a deadline for each copy.
 */
import type { Mirroring, SceneCopy } from '../../decide/decision.ts';
import type { MirrorRule } from '../../mirror/index.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { Budget } from './budget.ts';
import { Comparison } from './comparison.ts';
import type { Drop } from './counts.ts';
import { type Bookkeeper, Outbox, type OutboxParts } from './outbox.ts';
import { placeName } from './places.ts';
import { type CopiedRequest, type CopyKeeper, type Drawn, RequestCopy } from './request-copy.ts';
import { RuleState } from './rule-state.ts';
import { ScenePass, type SceneTraffic } from './scene-pass.ts';

export interface MirrorParts extends OutboxParts {
  readonly scenes: SceneTraffic;
}

export class Mirrors implements CopyKeeper, Bookkeeper {
  readonly budget = new Budget(0);
  readonly #parts: MirrorParts;
  readonly #states = new Map<string, RuleState>();
  readonly #outbox: Outbox;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    this.#outbox = new Outbox(parts, this);
    this.follow(parts.current());
  }

  /** A new snapshot: counts and findings stay, those of rules that are gone don't. */
  follow({ mirror }: Snapshot): void {
    this.budget.limit = mirror?.bufferBytes ?? 0;
    const declared = new Map(mirror?.rules.map((r) => [r.name, r]));
    for (const [name, state] of this.#states) {
      const rule = declared.get(name);
      if (rule !== undefined) state.follow(rule);
      else if (state.inFlight === 0) this.#states.delete(name);
    }
    for (const rule of declared.values()) this.#stateOf(rule);
  }

  #stateOf(rule: MirrorRule): RuleState {
    let state = this.#states.get(rule.name);
    if (state === undefined) {
      state = new RuleState(rule, this.#parts.clock.nowMs);
      this.#states.set(rule.name, state);
    }
    return state;
  }

  get states(): ReadonlyMap<string, RuleState> {
    return this.#states;
  }

  /** Nothing is made before it is sure that there is room for it. */
  begin(request: CopiedRequest): RequestCopy | null {
    const { mirrors } = request.decision;
    if (mirrors === null) return null;
    try {
      return this.#begin(request, mirrors);
    } catch (error) {
      this.failed(error);
      return null;
    }
  }

  #begin(request: CopiedRequest, mirrors: readonly Mirroring[]): RequestCopy | null {
    const entered: Drawn[] = [];
    for (const { rule, scene } of mirrors) {
      const state = this.#stateOf(rule);
      state.counts.drawn++;
      const got = this.#enter(state, scene, request.decision.route.app);
      if (typeof got !== 'string') entered.push(got);
      else state.counts.dropped[got]++;
    }
    if (entered.length === 0) return null;
    const held = request.head.length + request.whole.length;
    if (!this.take(held)) {
      for (const drawn of entered) this.drop(drawn, 'buffer');
      return null;
    }
    const drawn = entered.map((d) => ({ ...d, comparison: this.#comparison(d, request) }));
    return new RequestCopy(request, drawn, this, held);
  }

  /** A place for one copy, by all limits; `drop`, or the end of what is sent, gives it back. */
  #enter(state: RuleState, scene: SceneCopy | null, app: string): Drawn | Drop {
    if (this.#parts.isBusy()) return 'pressure';
    if (scene !== null && scene.why !== null) return scene.why;
    const { rule } = state;
    const { nowMs } = this.#parts.clock;
    if (state.isResting && state.rests(placeName(rule, scene?.target ?? null, app), nowMs))
      return 'down';
    const why = state.enter(nowMs);
    if (why !== null) return why;
    if (scene === null) return { rule, state, comparison: null, shadow: null, pass: null };
    const pass = ScenePass.enter(scene.scene, this.#parts.scenes);
    if (pass !== null) return { rule, state, comparison: null, shadow: scene.target, pass };
    state.leave();
    return 'quota';
  }

  again({ state, shadow, pass }: Drawn, app: string): Drawn | Drop {
    const again = shadow !== null && pass !== null;
    return this.#enter(state, again ? { scene: pass.scene, target: shadow, why: null } : null, app);
  }

  #comparison(
    { rule, state }: Drawn,
    { decision, method, requestId }: CopiedRequest,
  ): Comparison | null {
    const { compare } = rule;
    if (compare === null || !state.mayCompare(compare, this.#parts.clock.nowMs)) return null;
    const findings = state.findingsOf(decision.route.name, compare);
    // To ask twice must be harmless.
    const repeatable = method === 'GET' || method === 'HEAD';
    const withNoise = repeatable && Math.random() < compare.noiseShare;
    const { budget } = this;
    const { counts } = state;
    const books = { findings, counts, budget, failed: this.#parts.failed };
    return new Comparison(compare, books, requestId, withNoise);
  }

  take(bytes: number): boolean {
    return this.budget.take(bytes);
  }

  give(bytes: number): void {
    this.budget.give(bytes);
  }

  drop({ state, comparison, pass }: Drawn, why: Drop): void {
    state.counts.dropped[why]++;
    state.leave();
    pass?.leave();
    comparison?.abandon();
  }

  failed(error: unknown): void {
    this.#parts.failed(error);
  }

  ready(copy: RequestCopy): void {
    this.#outbox.add(copy);
  }

  stop(): void {
    this.#outbox.stop();
  }
}
