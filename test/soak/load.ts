/** Starts visits at a pace that keeps to a share of one core, and counts how they went. */
import { BrokenOff, Caller, Wrong } from './caller.ts';
import { VISITS, type Visit } from './visits.ts';

const TICK_MS = 20;
/** Slow visits pile up; beyond this none are begun. */
const MOST_AT_ONCE = 200;
/** With more than these open it goes no faster: the machine is busy, or many wait for a timeout. */
const MANY_OPEN = 60;
const FASTEST = 500;
const SAMPLES_OF_WRONGS = 20;

const TOTAL_WEIGHT = VISITS.reduce((sum, v) => sum + v.weight, 0);

function pick(): Visit {
  let at = Math.random() * TOTAL_WEIGHT;
  for (const visit of VISITS) {
    at -= visit.weight;
    if (at < 0) return visit;
  }
  return VISITS[0]!;
}

export class Load {
  /** Visits a second. */
  rate = 20;
  readonly done = new Map<string, number>();
  wrong = 0;
  /** The first few. */
  readonly wrongs: string[] = [];
  readonly #ports: readonly number[];
  readonly #open = new Set<Caller>();
  #due = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  get open(): number {
    return this.#open.size;
  }

  get total(): number {
    return [...this.done.values()].reduce((sum, n) => sum + n, 0);
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Begins no more; what goes on may end by itself. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  leave(): void {
    for (const caller of this.#open) caller.leave();
  }

  /** Slower or faster, so that this share of a core becomes the wanted one. */
  steer(cores: number, wanted: number): void {
    const most = this.open > MANY_OPEN ? 0.9 : 1.2;
    const factor = Math.min(most, Math.max(0.8, wanted / Math.max(cores, 0.001)));
    this.rate = Math.min(FASTEST, Math.max(2, this.rate * factor));
  }

  #tick(): void {
    this.#due = Math.min(this.#due + (this.rate * TICK_MS) / 1000, 10);
    for (; this.#due >= 1; this.#due--) if (this.open < MOST_AT_ONCE) void this.#visit(pick());
  }

  async #visit(visit: Visit): Promise<void> {
    const caller = new Caller(this.#ports[Math.trunc(Math.random() * this.#ports.length)]!);
    this.#open.add(caller);
    try {
      await visit.make(caller);
      this.done.set(visit.name, (this.done.get(visit.name) ?? 0) + 1);
    } catch (error) {
      if (!(error instanceof Wrong || error instanceof BrokenOff)) throw error;
      // Those that were sent home when the load ended have nothing to complain of.
      if (this.#timer !== null || !caller.leaving) this.#count(visit, error);
    } finally {
      caller.leave();
      this.#open.delete(caller);
    }
  }

  #count(visit: Visit, error: Error): void {
    this.wrong++;
    if (this.wrongs.length < SAMPLES_OF_WRONGS)
      this.wrongs.push(`${visit.name}: ${error.message.slice(0, 600)}`);
  }
}
