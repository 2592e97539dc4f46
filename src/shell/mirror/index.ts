/**
 * DESIGN. Copies of requests, out of the way of the requests. A request that is drawn is first held against
 * cheap limits; what passes is gathered as its bytes go by, and sent once the requests of the turn are on
 * their way. Nothing here is waited for, and nothing here can fail a request: it is told, and asked
 * nothing. Memory is one budget, sockets are a part of the process's, time is a deadline for each copy.
 */
import type { MirrorRule } from '../../mirror/index.ts';
import type { IdcId } from '../../model/ids.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { Found, Upstreams } from '../upstream/index.ts';
import { Budget } from './budget.ts';
import { Comparison } from './comparison.ts';
import { copyHead, noiseHead } from './copy-head.ts';
import { CopyPool, type Place } from './copy-pool.ts';
import { CopySender, type Outgoing } from './copy-sender.ts';
import type { Drop } from './counts.ts';
import { type CopyBooks, OneCopy } from './one-copy.ts';
import { linesOf, listedPlaces, placesIn, targetOf } from './places.ts';
import { type CopiedRequest, type CopyKeeper, type Drawn, RequestCopy } from './request-copy.ts';
import { RuleState } from './rule-state.ts';

/** Of the sockets that the process may hold. */
const SOCKET_PART = 0.1;
/** Second requests that wait for their time. */
const MAX_LATER = 256;

export interface MirrorParts {
  readonly idc: IdcId;
  readonly clock: { readonly nowMs: number; onTick(sweep: (nowMs: number) => void): void };
  readonly upstreams: Upstreams;
  readonly found: Found;
  readonly sockets: { readonly all: number; copies: number };
  /** The gate has too much to do: copies are the first to go. */
  isBusy(): boolean;
  current(): Snapshot;
  /** A bug, told once. */
  readonly failed: (error: unknown) => void;
}

interface Later {
  readonly dueMs: number;
  readonly copy: RequestCopy;
  readonly drawn: Drawn;
}

export class Mirrors implements CopyKeeper {
  readonly budget = new Budget(0);
  readonly #parts: MirrorParts;
  readonly #states = new Map<string, RuleState>();
  readonly #pool = new CopyPool();
  readonly #under = new Set<CopySender>();
  readonly #books: CopyBooks;
  #ready: RequestCopy[] = [];
  #later: Later[] = [];

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    const { clock, failed } = parts;
    this.#books = { clock, under: this.#under, failed };
    this.follow(parts.current());
    parts.clock.onTick((nowMs) => this.#tick(nowMs));
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

  #begin(request: CopiedRequest, rules: readonly MirrorRule[]): RequestCopy | null {
    const { nowMs } = this.#parts.clock;
    const busy = this.#parts.isBusy();
    const entered: RuleState[] = [];
    for (const rule of rules) {
      const state = this.#stateOf(rule);
      state.counts.drawn++;
      const why = busy ? 'pressure' : state.enter(nowMs);
      if (why === null) entered.push(state);
      else state.counts.dropped[why]++;
    }
    if (entered.length === 0) return null;
    const held = request.head.length + request.whole.length;
    if (!this.take(held)) {
      for (const state of entered) {
        state.counts.dropped.buffer++;
        state.leave();
      }
      return null;
    }
    const drawn = entered.map((state): Drawn => this.#draw(state, request, nowMs));
    return new RequestCopy(request, drawn, this, held);
  }

  #draw(state: RuleState, { decision, method, requestId }: CopiedRequest, nowMs: number): Drawn {
    const { rule, counts } = state;
    const { compare } = rule;
    if (compare === null || !state.mayCompare(compare, nowMs))
      return { rule, state, comparison: null };
    const findings = state.findingsOf(decision.route.name, compare);
    // To ask twice must be harmless.
    const repeatable = method === 'GET' || method === 'HEAD';
    const withNoise = repeatable && Math.random() < compare.noiseShare;
    const { budget } = this;
    const books = { findings, counts, budget, failed: this.#parts.failed };
    return { rule, state, comparison: new Comparison(compare, books, requestId, withNoise) };
  }

  take(bytes: number): boolean {
    return this.budget.take(bytes);
  }

  give(bytes: number): void {
    this.budget.give(bytes);
  }

  drop({ state, comparison }: Drawn, why: Drop): void {
    state.counts.dropped[why]++;
    state.leave();
    comparison?.abandon();
  }

  failed(error: unknown): void {
    this.#parts.failed(error);
  }

  ready(copy: RequestCopy): void {
    if (this.#ready.push(copy) === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const ready = this.#ready;
    this.#ready = [];
    for (const copy of ready) {
      // Held until all of its copies have begun, so that the first to end can't let go of its bytes.
      copy.begun();
      try {
        for (const drawn of copy.drawn) this.#sendAll(copy, drawn);
      } catch (error) {
        this.failed(error);
      }
      copy.ended();
    }
  };

  #sendAll(copy: RequestCopy, drawn: Drawn): void {
    const { rule, state, comparison } = drawn;
    const begun = this.#send(copy, drawn);
    for (let n = 1; n < rule.copies; n++) {
      state.counts.drawn++;
      const why = state.enter(this.#parts.clock.nowMs);
      if (why === null) this.#send(copy, { ...drawn, comparison: null });
      else state.counts.dropped[why]++;
    }
    if (begun && comparison?.noise != null) this.#askLater(copy, drawn, comparison);
  }

  #askLater(copy: RequestCopy, drawn: Drawn, comparison: Comparison): void {
    if (this.#later.length >= MAX_LATER) {
      comparison.ended(comparison.noise!);
      return;
    }
    const afterMs = drawn.rule.compare?.noiseAfterMs ?? 0;
    copy.begun();
    this.#later.push({ dueMs: this.#parts.clock.nowMs + afterMs, copy, drawn });
  }

  #send(copy: RequestCopy, drawn: Drawn): boolean {
    const { rule, state, comparison } = drawn;
    const { request } = copy;
    const { snapshot } = request;
    const target = targetOf(rule, snapshot, this.#parts.idc);
    const mark = state.mark(snapshot.peer.peerKeys, Date.now());
    const head = copyHead(request.head, rule, mark, linesOf(target, request));
    const places =
      target === null
        ? listedPlaces(rule, this.#parts.found)
        : placesIn(target, request, this.#parts.upstreams);
    const owner = new OneCopy(state, copy, comparison, 'theirs', this.#books);
    const why = this.#start(rule.name, rule, places, this.#outgoing(copy, rule, head), owner, copy);
    if (why === null) state.counts.sent++;
    else this.drop(drawn, why);
    return why === null;
  }

  #askAgainSafely(later: Later): void {
    try {
      this.#askAgain(later);
    } catch (error) {
      this.failed(error);
    }
  }

  #askAgain({ copy, drawn }: Later): void {
    const { rule, state, comparison } = drawn;
    const { request } = copy;
    const noise = comparison?.noise;
    if (noise != null && !this.#parts.isBusy() && state.enter(this.#parts.clock.nowMs) === null) {
      const head = noiseHead(request.whole, state.mark(request.snapshot.peer.peerKeys, Date.now()));
      const places = placesIn(request.decision.targets[0], request, this.#parts.upstreams);
      const owner = new OneCopy(state, copy, comparison, 'noise', this.#books);
      const out = this.#outgoing(copy, rule, head);
      const why = this.#start(`${rule.name} again`, rule, places, out, owner, copy);
      if (why === null) state.counts.noiseAsked++;
      else state.leave();
      if (why !== null) comparison?.ended(noise);
    } else if (noise != null) comparison?.ended(noise);
    copy.ended();
  }

  #outgoing({ request, body }: RequestCopy, rule: MirrorRule, head: string): Outgoing {
    return {
      head,
      body,
      chunked: request.chunked,
      isHead: request.method === 'HEAD',
      answerBytes: rule.limits.answerBytes,
      deadlineMs: this.#parts.clock.nowMs + rule.timeoutMs,
    };
  }

  /** @returns why it could not be; null: it is on its way */
  #start(
    scope: string,
    rule: MirrorRule,
    places: readonly Place[],
    out: Outgoing,
    owner: OneCopy,
    copy: RequestCopy,
  ): Drop | null {
    const { clock, sockets } = this.#parts;
    const pooled = this.#pool.pick(scope, places, rule.limits.inFlight, clock.nowMs);
    if (typeof pooled === 'string') return pooled;
    const { endpoint } = pooled;
    if (endpoint.idle === 0 && this.#pool.open >= sockets.all * SOCKET_PART) return 'connections';
    const sender = new CopySender(pooled, out, owner);
    copy.begun();
    this.#under.add(sender);
    const begun = sender.start();
    sockets.copies = this.#pool.open;
    if (begun) return null;
    this.#under.delete(sender);
    copy.ended();
    return 'connections';
  }

  #tick(nowMs: number): void {
    for (const sender of this.#under) if (sender.deadlineMs <= nowMs) sender.timeOut();
    if (this.#later.length > 0) {
      const due = this.#later.filter((l) => l.dueMs <= nowMs);
      if (due.length > 0) this.#later = this.#later.filter((l) => l.dueMs > nowMs);
      for (const later of due) this.#askAgainSafely(later);
    }
    this.#pool.sweep(nowMs);
    this.#parts.sockets.copies = this.#pool.open;
  }

  stop(): void {
    for (const sender of [...this.#under]) sender.timeOut();
    this.#pool.close();
  }
}
