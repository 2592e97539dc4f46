/**
 * What goes out: copies that are whole, further ones of the same request, and the second requests that noise
 * is learnt from. Everything that is under way has a deadline, and ends in one count.
 */
import { endOf } from '../../decide/stress.ts';
import type { MirrorRule } from '../../mirror/index.ts';
import type { IdcId } from '../../model/ids.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { Found, Upstreams } from '../upstream/index.ts';
import type { Comparison } from './comparison.ts';
import { copyHead, noiseHead } from './copy-head.ts';
import { CopyPool, type Place } from './copy-pool.ts';
import { CopySender, type Outgoing } from './copy-sender.ts';
import type { Drop } from './counts.ts';
import { type CopyBooks, OneCopy } from './one-copy.ts';
import { linesOf, listedPlaces, placeName, placesIn, targetOf } from './places.ts';
import type { Drawn, RequestCopy } from './request-copy.ts';
import { SeriesLine } from './series.ts';

/** Of the sockets that the process may hold. */
const SOCKET_PART = 0.1;
/** Second requests that wait for their time. */
const MAX_LATER = 256;

export interface OutboxParts {
  readonly idc: IdcId;
  readonly clock: { readonly nowMs: number; onTick(sweep: (nowMs: number) => void): void };
  readonly upstreams: Upstreams;
  readonly found: Found;
  readonly sockets: { readonly all: number; copies: number };
  /** The gate has more to do than it can: copies are the first to go. */
  isBusy(): boolean;
  current(): Snapshot;
  /** A bug, told once. */
  readonly failed: (error: unknown) => void;
}

/** Who books what goes out. */
export interface Bookkeeper {
  /** Takes a place for one more copy. @returns why there is none */
  again(drawn: Drawn, app: string): Drawn | Drop;
  drop(drawn: Drawn, why: Drop): void;
}

interface Later {
  readonly dueMs: number;
  readonly copy: RequestCopy;
  readonly drawn: Drawn;
}

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #keeper: Bookkeeper;
  readonly #pool = new CopyPool();
  readonly #under = new Set<CopySender>();
  readonly #books: CopyBooks;
  readonly #series: SeriesLine;
  #ready: RequestCopy[] = [];
  #later: Later[] = [];

  constructor(parts: OutboxParts, keeper: Bookkeeper) {
    this.#parts = parts;
    this.#keeper = keeper;
    const { clock, failed } = parts;
    this.#books = { clock, under: this.#under, failed };
    this.#series = new SeriesLine((copy, drawn) => this.#sendsAgain(copy, drawn));
    clock.onTick((nowMs) => this.#tick(nowMs));
  }

  /** To be sent once the requests of this turn are on their way. */
  add(copy: RequestCopy): void {
    if (this.#ready.push(copy) === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const ready = this.#ready;
    this.#ready = [];
    for (const copy of ready) {
      // Held until all of its copies have begun, so that the first to end can't let go of its bytes.
      copy.begun();
      for (const drawn of copy.drawn) this.#sendAll(copy, drawn);
      copy.ended();
    }
  };

  #sendAll(copy: RequestCopy, drawn: Drawn): void {
    const { rule, state, comparison } = drawn;
    const begun = this.#send(copy, drawn);
    const more = rule.copies - 1;
    if (more > 0 && !this.#series.add(copy, drawn, more)) {
      state.counts.drawn += more;
      state.counts.dropped.buffer += more;
    }
    if (begun && comparison?.noise != null) this.#askLater(copy, drawn, comparison);
  }

  #sendsAgain(copy: RequestCopy, drawn: Drawn): boolean {
    try {
      return this.#sendAgain(copy, drawn);
    } catch (error) {
      this.#parts.failed(error);
      return false;
    }
  }

  /** One more of the same, unless people have meanwhile said otherwise. */
  #sendAgain(copy: RequestCopy, drawn: Drawn): boolean {
    const { rule, state, pass } = drawn;
    const now = this.#parts.current();
    if (now.mirrors?.some((m) => m.rule.name === rule.name) !== true) return false;
    if (pass !== null && endOf(pass.scene, Date.now(), now) !== null) return false;
    state.counts.drawn++;
    const again = this.#keeper.again(drawn, copy.request.decision.route.app);
    if (typeof again === 'string') state.counts.dropped[again]++;
    else this.#send(copy, again);
    return true;
  }

  /** @returns false: it could not be sent, and that is booked */
  #send(copy: RequestCopy, drawn: Drawn): boolean {
    let why: Drop | null;
    try {
      why = drawn.pass?.stopped === true ? 'stopped' : this.#begin(copy, drawn);
    } catch (error) {
      this.#parts.failed(error);
      why = 'bug';
    }
    if (why === null) drawn.state.counts.sent++;
    else this.#keeper.drop(drawn, why);
    return why === null;
  }

  #begin(copy: RequestCopy, drawn: Drawn): Drop | null {
    const { rule, state, comparison, pass } = drawn;
    const { request } = copy;
    const { snapshot } = request;
    const target = drawn.shadow ?? targetOf(rule, snapshot, this.#parts.idc);
    const mark = state.mark(snapshot.peer.peerKeys, Date.now());
    const head = copyHead(request.head, rule, mark, linesOf(target, request, pass?.scene ?? null));
    const places =
      target === null
        ? listedPlaces(rule, this.#parts.found)
        : placesIn(target, request, this.#parts.upstreams);
    const owner = new OneCopy(drawn, copy, comparison?.theirs ?? null, 'copy', this.#books);
    const out = this.#outgoing(copy, drawn, head);
    const why = this.#start(rule.name, rule, places, out, owner, copy);
    if (why === 'down') {
      const place = placeName(rule, drawn.shadow, request.decision.route.app);
      state.restFrom(place, this.#parts.clock.nowMs);
    }
    return why;
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

  #askAgain({ copy, drawn }: Later): void {
    const { comparison } = drawn;
    let asked = false;
    try {
      asked = this.#asksAgain(copy, drawn);
    } catch (error) {
      this.#parts.failed(error);
    }
    if (!asked && comparison?.noise != null) comparison.ended(comparison.noise);
    copy.ended();
  }

  #asksAgain(copy: RequestCopy, drawn: Drawn): boolean {
    const { rule, state, comparison } = drawn;
    const { request } = copy;
    const noise = comparison?.noise ?? null;
    const { clock, upstreams } = this.#parts;
    if (noise === null || this.#parts.isBusy() || state.enter(clock.nowMs) !== null) return false;
    let asked = false;
    try {
      const head = noiseHead(request.whole, state.mark(request.snapshot.peer.peerKeys, Date.now()));
      const places = placesIn(request.decision.targets[0], request, upstreams);
      const owner = new OneCopy(drawn, copy, noise, 'noise', this.#books);
      const out = this.#outgoing(copy, drawn, head);
      asked = this.#start(`${rule.name} again`, rule, places, out, owner, copy) === null;
    } finally {
      if (asked) state.counts.noiseAsked++;
      else state.leave();
    }
    return asked;
  }

  #outgoing({ request, body }: RequestCopy, { rule, pass }: Drawn, head: string): Outgoing {
    const leftMs = pass === null ? Infinity : pass.scene.untilMs - Date.now();
    return {
      head,
      body: body.blocks,
      chunked: request.chunked,
      isHead: request.method === 'HEAD',
      answerBytes: rule.limits.answerBytes,
      deadlineMs: this.#parts.clock.nowMs + Math.min(rule.timeoutMs, leftMs),
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
    owner.begins(sender);
    let begun = false;
    try {
      begun = sender.start();
    } finally {
      if (!begun) {
        this.#under.delete(sender);
        copy.ended();
      }
    }
    sockets.copies = this.#pool.open;
    return begun ? null : 'connections';
  }

  #tick(nowMs: number): void {
    for (const sender of this.#under) if (sender.deadlineMs <= nowMs) sender.timeOut();
    if (this.#later.length > 0) {
      const due = this.#later.filter((l) => l.dueMs <= nowMs);
      if (due.length > 0) this.#later = this.#later.filter((l) => l.dueMs > nowMs);
      for (const later of due) this.#askAgain(later);
    }
    this.#pool.sweep(nowMs);
    this.#parts.sockets.copies = this.#pool.open;
  }

  stop(): void {
    this.#series.clear();
    for (const sender of [...this.#under]) sender.timeOut();
    this.#pool.close();
  }
}
