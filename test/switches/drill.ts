/** The switches under load, planned and unplanned, and what is checked of them. */
import { until } from '../support/until.ts';
import { GateProcesses, IDCS, type IdcName } from './gates.ts';
import { groupedBy } from './grouped.ts';
import { History, type Line, trailOf } from './history.ts';
import { judge, type Verdict } from './judge.ts';
import { isFrozenWrite, Load, quantile, type Sent } from './load.ts';
import { Recorder } from './recorder.ts';

export interface DrillOptions {
  readonly thousands: number;
  readonly perS: number;
  /** Seconds between the stages of the drain. */
  readonly soakS: number;
  /** Every second request is of a user of these shards. */
  readonly favoured?: readonly number[];
  readonly probeMs?: number;
  readonly print: (line: string) => void;
}

export interface Row {
  readonly phase: string;
  readonly requests: number;
  readonly frozen: number;
  readonly failed: readonly Sent[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly ownLagMs: number;
}

export class Drill {
  readonly fleet: GateProcesses;
  readonly recorder = new Recorder();
  readonly load: Load;
  readonly options: DrillOptions;
  #turn = 0;
  #trail: readonly Line[] = [];

  private constructor(options: DrillOptions, fleet: GateProcesses) {
    this.options = options;
    this.fleet = fleet;
    this.load = new Load(this.entrances(IDCS), options.perS, options.favoured);
  }

  static async start(options: DrillOptions): Promise<Drill> {
    const control = options.thousands * 1000 + 991;
    const url = `http://127.0.0.1:${control}/level?from={from}&to={to}&shards={shards}&stage={stage}`;
    const fleet = new GateProcesses({
      thousands: options.thousands,
      times: 'leaseMs: 2000\nbeatMs: 300\npollMs: 500',
      ...(options.probeMs === undefined ? {} : { probeMs: options.probeMs }),
      catchUp: `{ by: http, url: "${url}", maxLagMs: 0 }`,
    });
    const drill = new Drill(options, fleet);
    await drill.recorder.start(fleet.topology(), control);
    await fleet.start();
    drill.load.start();
    await drill.pass(1000);
    return drill;
  }

  entrances(idcs: readonly IdcName[]): { name: string; port: number }[] {
    return idcs.map((idc) => ({ name: idc, port: this.fleet.listener(idc) }));
  }

  /** Any gate may be told, so each is in turn. */
  nextGate(but?: IdcName): IdcName {
    const gates = IDCS.filter((idc) => idc !== but);
    return gates[this.#turn++ % gates.length]!;
  }

  /** While the load goes on. */
  async pass(ms: number): Promise<void> {
    const end = Date.now() + ms;
    await until('time to pass', () => Date.now() >= end, ms + 10_000);
  }

  /**
   * Under a name of its own; ends when another gate, too, has what it brought about. A run that
   * holds is told to go on: zones that come back, and a machine that stalls, are not trusted at once.
   */
  async order(phase: string, body: object, gone?: IdcName): Promise<number> {
    const at = this.nextGate(gone);
    this.load.phase = phase;
    const startMs = Date.now();
    const { run: id } = await this.fleet.order(at, body);
    const watch = IDCS.find((idc) => idc !== gone && idc !== at)!;
    await until(
      `${phase} to be done`,
      async () => {
        const run = await this.fleet.run(at, id);
        if (run.state === 'waiting')
          await this.fleet.order(at, { do: 'approve', run: id, by: 'bob' });
        if (run.state === 'holding') {
          this.options.print(`${phase}: ${run.note}; told to go on`);
          await this.fleet.order(at, { do: 'continue', run: id });
        }
        if (run.state === 'aborted') throw new Error(`${phase}: aborted: ${run.note}`);
        return run.state === 'done' && (await this.fleet.run(watch, id)).state === 'done';
      },
      120_000,
    );
    this.options.print(`${phase}: done in ${Date.now() - startMs} ms`);
    await this.pass(300);
    return startMs;
  }

  /** Before the store loses it. */
  async keepTrail(): Promise<void> {
    this.#trail = [...this.#trail, ...(await trailOf(this.fleet.redis))];
  }

  /** The load may go on; what was under way is over. */
  async settled(): Promise<void> {
    const { begun } = this.load;
    await until('the last answers', () => this.load.oldest > begun, 40_000);
  }

  rows(): Row[] {
    return [...groupedBy(this.load.sent, (s) => s.phase)].map(([phase, sent]) => {
      const times = sent.filter((s) => s.status === 200).map((s) => s.endMs - s.dueMs);
      return {
        ...{ phase, requests: sent.length, frozen: sent.filter(isFrozenWrite).length },
        failed: sent.filter((s) => s.status !== 200 && !isFrozenWrite(s)),
        ...{ p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) },
        maxMs: quantile(times, 1),
        ownLagMs: this.load.ownLagMs.get(phase) ?? 0,
      };
    });
  }

  async verdict(): Promise<Verdict & { readonly epochs: number; readonly flips: number }> {
    const lines = [...this.#trail, ...(await trailOf(this.fleet.redis))];
    const history = History.of(this.fleet.declaredOwners(), lines);
    const dueMs = new Map(this.load.sent.map((s) => [String(s.id), s.dueMs]));
    const verdict = judge(this.recorder.records, history, dueMs);
    const faults = [...verdict.faults, ...this.recorder.faults];
    return { ...verdict, faults, epochs: history.epochs, flips: history.flips };
  }

  async stop(): Promise<void> {
    this.load.close();
    await this.fleet.stop();
    this.recorder.stop();
  }
}
