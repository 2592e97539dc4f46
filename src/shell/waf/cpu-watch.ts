/**
 * The time that one request may take to be judged. The wall clock is cheap to ask, and runs on while the
 * machine does other things; so when the time is over by it, the thread's own time is counted from then on,
 * and decides: a busy machine refuses nobody, and no request takes more than twice its budget.
 */
import type { Watch } from '../../waf/engine/transaction.ts';

export class CpuWatch implements Watch {
  /** Wall time before anybody asks for CPU time. */
  #wallLeftMs: number;
  /** CPU time from then on. */
  #cpuLeftMs: number;
  #fromMs = 0;
  #endMs = 0;
  /** CPU time when the wall clock had run out; -1: it has not. */
  #cpuFromMs = -1;

  constructor(budgetMs: number) {
    this.#wallLeftMs = budgetMs;
    this.#cpuLeftMs = budgetMs;
  }

  start(): void {
    this.#fromMs = performance.now();
    this.#endMs = this.#fromMs + this.#wallLeftMs;
    this.#cpuFromMs = -1;
  }

  /** @returns milliseconds since the start; they are gone */
  stop(): number {
    const ms = performance.now() - this.#fromMs;
    this.#wallLeftMs = Math.max(0, this.#wallLeftMs - ms);
    // A phase that was kept waiting takes nothing from the next one but the wall clock's share.
    if (this.#cpuFromMs >= 0) this.#cpuLeftMs -= threadCpuMs() - this.#cpuFromMs;
    this.#cpuFromMs = -1;
    return ms;
  }

  apart(run: () => void): void {
    const fromMs = performance.now();
    const endMs = this.#endMs;
    const counted = this.#cpuFromMs >= 0 ? threadCpuMs() : -1;
    run();
    const ms = performance.now() - fromMs;
    this.#fromMs += ms;
    this.#endMs = endMs + ms;
    this.#cpuFromMs = counted < 0 ? -1 : this.#cpuFromMs + threadCpuMs() - counted;
  }

  isOver(): boolean {
    const now = performance.now();
    if (now <= this.#endMs) return false;
    const cpuMs = threadCpuMs();
    if (this.#cpuFromMs < 0) this.#cpuFromMs = cpuMs;
    const leftMs = this.#cpuLeftMs - (cpuMs - this.#cpuFromMs);
    if (leftMs <= 0) return true;
    this.#endMs = now + leftMs;
    return false;
  }
}

/** Of this thread, where Node can tell (23.9 and later); else of the process. */
const usage: () => NodeJS.CpuUsage =
  'threadCpuUsage' in process && typeof process.threadCpuUsage === 'function'
    ? () => process.threadCpuUsage()
    : () => process.cpuUsage();

function threadCpuMs(): number {
  const { user, system } = usage();
  return (user + system) / 1000;
}
