/**
 * How much more comes than this worker can take, and who is turned away for it. One number: from 0 to
 * 1 it is the share of sheddable requests, from 1 to 2 that of normal ones beside all sheddable.
 * Critical requests are never turned away here. It follows the event loop's delay and the resident
 * memory, by small steps each tick, so that it settles where the work is just done in time.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Priority } from '../../model/priority.ts';

export interface OverloadLimits {
  readonly eventLoopDelayMs: number;
  readonly memoryMiB: number;
}

const RESOLUTION_MS = 20;
const MAX_PRESSURE = 1.95;
const RISE = 0.1;
const FALL = 0.02;
const MEMORY_EVERY_TICKS = 10;
const SHED_AT = 0.85;
const CLOSE_AT = 0.95;
const MIB = 1024 * 1024;

export class Pressure {
  readonly #limits: () => OverloadLimits;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  /** 0 … 1.95 */
  value = 0;
  delayMs = 0;
  residentBytes = 0;
  /** Requests turned away, by class. */
  readonly shed: Record<Priority, number> = { critical: 0, normal: 0, sheddable: 0 };
  #ticks = 0;
  #turn = 0;

  constructor(limits: () => OverloadLimits) {
    this.#limits = limits;
  }

  start(): void {
    this.#delay.enable();
  }

  stop(): void {
    this.#delay.disable();
  }

  tick(): void {
    const { eventLoopDelayMs, memoryMiB } = this.#limits();
    // The mean over the tick counts the timer's own period too.
    this.delayMs =
      this.#delay.count === 0 ? this.delayMs : Math.max(0, this.#delay.mean / 1e6 - RESOLUTION_MS);
    this.#delay.reset();
    if (this.#ticks++ % MEMORY_EVERY_TICKS === 0) this.residentBytes = process.memoryUsage.rss();
    const late = this.delayMs > eventLoopDelayMs;
    const large = this.residentBytes > memoryMiB * MIB * SHED_AT;
    // Turning requests away frees little memory, so for its sake only the sheddable go.
    const most = late ? MAX_PRESSURE : Math.max(1, this.value - FALL);
    const next = this.value + (late || large ? RISE : -FALL);
    this.value = Math.min(most, Math.max(0, next));
  }

  /** Memory is nearly used up: new connections are not taken. */
  get refusesConnections(): boolean {
    return this.residentBytes > this.#limits().memoryMiB * MIB * CLOSE_AT;
  }

  /** Load tests go before anybody else does, and all of them: theirs is the load that nobody needs. */
  get shedsStress(): boolean {
    return this.value > 0;
  }

  sheds(priority: Priority): boolean {
    if (this.value === 0 || priority === 'critical') return false;
    const part = priority === 'sheddable' ? this.value : this.value - 1;
    if (part <= 0) return false;
    // Evenly spread over requests, without dice.
    this.#turn = (this.#turn + 0.618_033_988_749_894_9) % 1;
    return this.#turn < part;
  }
}
