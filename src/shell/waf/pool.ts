/**
 * Threads that judge long bodies, so that the loop goes on. A thread that dies or hangs is replaced; what
 * it had in hand is told as not judged, and the policy says what that means.
 */
import { Worker } from 'node:worker_threads';
import type { FirewallRecipe } from '../../waf/compile-firewall.ts';
import type { JudgementState } from '../../waf/judge.ts';
import type { FromWorker, Job } from './jobs.ts';

/** Bodies that wait for a thread; more are not judged. */
const MAX_WAITING = 64;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** For a thread, or for its first compilation. */
const WAIT_MS = 10_000;
/** Beyond its budget a thread is taken to hang. */
const GRACE_MS = 2000;
const RESTART_MS = 500;
/** Recipes that a thread keeps. */
const MAX_READY = 2;
const HEAP_MIB = 512;

const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
  import.meta.url,
);

/** null: nobody could judge it. */
export type Judged = {
  readonly state: JudgementState;
  readonly tested: number;
  readonly ms: number;
} | null;
type Done = (judged: Judged) => void;

interface Waiting {
  readonly job: Job;
  readonly done: Done;
  /** Until it is given to a thread: it waits no longer than this. */
  timer: NodeJS.Timeout | null;
}

interface Thread {
  readonly worker: Worker;
  readonly ready: Set<string>;
  /** Recipes that it was sent and has not compiled yet: what it is given meanwhile waits behind them. */
  compiling: number;
  current: Waiting | null;
  timer: NodeJS.Timeout | null;
}

export type PoolTrouble = (text: string) => void;

export class JudgePool {
  readonly #threads: Thread[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #trouble: PoolTrouble;
  #waitingBytes = 0;
  #wanted = 0;
  #recipe: FirewallRecipe | null = null;
  #nextId = 1;
  #stopped = false;
  /** Bodies that nobody judged: no room, or a thread died. */
  failed = 0;
  restarts = 0;

  constructor(trouble: PoolTrouble) {
    this.#trouble = trouble;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get threads(): number {
    return this.#threads.length;
  }

  /** Is there anybody, now or soon? */
  get works(): boolean {
    return this.#wanted > 0 && !this.#stopped;
  }

  /** @param count of threads; 0 with no recipe */
  follow(recipe: FirewallRecipe | null, count: number): void {
    this.#wanted = recipe === null ? 0 : count;
    if (recipe !== null && recipe.digest !== this.#recipe?.digest)
      for (const thread of this.#threads) this.#teach(thread, recipe);
    this.#recipe = recipe;
    while (this.#threads.length < this.#wanted) this.#start();
    while (this.#threads.length > this.#wanted) {
      const thread = this.#threads.pop()!;
      this.#fail(thread);
      void thread.worker.terminate();
    }
    if (this.#wanted === 0) this.#giveUp();
  }

  #teach(thread: Thread, recipe: FirewallRecipe): void {
    thread.compiling++;
    thread.worker.postMessage({ kind: 'recipe', recipe });
  }

  /** Nobody will come for them. */
  #giveUp(): void {
    for (const { done, timer } of this.#waiting.splice(0)) {
      if (timer !== null) clearTimeout(timer);
      this.failed++;
      done(null);
    }
    this.#waitingBytes = 0;
  }

  /** @returns takes it back, where nobody waits for it any more */
  judge(job: Omit<Job, 'id'>, done: Done): () => void {
    let said: Done = done;
    const waiting: Waiting = {
      job: { ...job, id: this.#nextId++ },
      done: (judged) => said(judged),
      timer: null,
    };
    const forget = (): void => {
      said = () => undefined;
      this.#remove(waiting);
    };
    if (
      !this.works ||
      this.#waiting.length >= MAX_WAITING ||
      this.#waitingBytes + job.bytes.length > MAX_WAITING_BYTES
    ) {
      this.failed++;
      // Not inside the call: whoever asks may not be ready for the answer.
      queueMicrotask(() => waiting.done(null));
      return forget;
    }
    this.#waiting.push(waiting);
    this.#waitingBytes += job.bytes.length;
    waiting.timer = setTimeout(() => this.#waitedTooLong(waiting), WAIT_MS);
    this.#next();
    return forget;
  }

  #waitedTooLong(waiting: Waiting): void {
    if (!this.#remove(waiting)) return;
    this.failed++;
    waiting.done(null);
  }

  /** @returns false: it waits no more */
  #remove(waiting: Waiting): boolean {
    const at = this.#waiting.indexOf(waiting);
    if (at < 0) return false;
    this.#waiting.splice(at, 1);
    this.#waitingBytes -= waiting.job.bytes.length;
    if (waiting.timer !== null) clearTimeout(waiting.timer);
    return true;
  }

  stop(): void {
    this.#stopped = true;
    this.follow(null, 0);
  }

  #start(): void {
    const worker = new Worker(WORKER, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } });
    worker.unref();
    const thread: Thread = { worker, ready: new Set(), compiling: 0, current: null, timer: null };
    this.#threads.push(thread);
    worker.on('message', (message: FromWorker) => this.#heard(thread, message));
    worker.on('error', (error: Error) =>
      this.#trouble(`a firewall thread failed: ${error.message}`),
    );
    worker.on('exit', () => this.#exited(thread));
    if (this.#recipe !== null) this.#teach(thread, this.#recipe);
  }

  #heard(thread: Thread, message: FromWorker): void {
    if (message.kind === 'ready') {
      thread.ready.delete(message.digest);
      thread.compiling--;
      thread.ready.add(message.digest);
      if (thread.ready.size > MAX_READY) thread.ready.delete([...thread.ready][0]!);
    } else if (thread.current?.job.id === message.id) {
      const { done } = thread.current;
      this.#free(thread);
      if (message.kind === 'unknown') this.failed++;
      done(message.kind === 'judged' ? message : null);
    }
    this.#next();
  }

  #next(): void {
    for (const thread of this.#threads) {
      if (this.#waiting.length === 0) return;
      if (thread.current !== null || thread.compiling > 0) continue;
      const at = this.#waiting.findIndex(({ job }) => thread.ready.has(job.digest));
      if (at < 0) continue;
      const [waiting] = this.#waiting.splice(at, 1);
      if (waiting !== undefined) this.#give(thread, waiting);
    }
  }

  #give(thread: Thread, waiting: Waiting): void {
    const { job } = waiting;
    if (waiting.timer !== null) clearTimeout(waiting.timer);
    this.#waitingBytes -= job.bytes.length;
    thread.current = waiting;
    thread.timer = setTimeout(() => {
      this.#trouble(`a firewall thread did not answer within ${job.budgetMs + GRACE_MS} ms`);
      void thread.worker.terminate();
    }, job.budgetMs + GRACE_MS);
    // Moved, not copied: the body is nobody else's.
    thread.worker.postMessage({ kind: 'job', job }, [job.bytes.buffer]);
  }

  #free(thread: Thread): void {
    if (thread.timer !== null) clearTimeout(thread.timer);
    thread.timer = null;
    thread.current = null;
  }

  #fail(thread: Thread): void {
    const { current } = thread;
    this.#free(thread);
    if (current === null) return;
    this.failed++;
    current.done(null);
  }

  #exited(thread: Thread): void {
    const at = this.#threads.indexOf(thread);
    this.#fail(thread);
    if (at < 0) return;
    this.#threads.splice(at, 1);
    if (this.#stopped) return;
    this.restarts++;
    setTimeout(() => {
      if (this.#threads.length < this.#wanted && !this.#stopped) this.#start();
    }, RESTART_MS).unref();
  }
}
