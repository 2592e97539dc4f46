/**
 * Two gates under everything at once, for as long as is wished; then the verdict: memory, descriptors,
 * error lines, wrong answers, life.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import type http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Relay } from '../support/relay.ts';
import { until } from '../support/until.ts';
import { publish, publishBroken, type SoakPorts } from './config.ts';
import { troubleAt } from './faults.ts';
import { SoakGate } from './gates.ts';
import { Load } from './load.ts';
import { startOrigin } from './origin.ts';
import { type Trend, trendOf } from './trend.ts';
import { CpuMeter, descriptorsOf } from './usage.ts';

export interface SoakOptions {
  readonly ports: SoakPorts;
  readonly seconds: number;
  /** Of one core, gates and load together. */
  readonly cores: number;
  readonly sampleEveryS: number;
  readonly reloadEveryS: number;
  /** A short run says nothing about growth. */
  readonly judgesGrowth: boolean;
  readonly print: (line: string) => void;
}

export interface Verdict {
  readonly faults: readonly string[];
  readonly visits: Readonly<Record<string, number>>;
  readonly wrong: number;
  readonly reloads: number;
  readonly upstreamFaults: number;
  readonly gates: readonly GateVerdict[];
}
interface GateVerdict {
  readonly idc: string;
  readonly memory: Trend;
  readonly descriptors: { readonly idle: number; readonly most: number; readonly after: number };
}

const SCRAPE_EVERY_S = 5;
const BROKEN_EVERY = 3;

class Soak {
  readonly options: SoakOptions;
  readonly directory = mkdtempSync(join(tmpdir(), 'zonegate-soak-'));
  readonly load: Load;
  gates: SoakGate[] = [];
  relay: Relay | null = null;
  epoch = 1;
  readonly #origins: http.Server[] = [];
  readonly #faults: string[] = [];

  constructor(options: SoakOptions) {
    this.options = options;
    this.load = new Load(options.ports.gates);
  }

  async start(): Promise<void> {
    const { ports } = this.options;
    for (const port of ports.origins) this.#origins.push(await startOrigin(port));
    this.relay = await Relay.start(ports.relay, ports.origins[0]);
    publish(this.directory, ports, this.epoch);
    this.gates = await SoakGate.startAll(this.directory, ports);
    for (const gate of this.gates) await gate.scrape();
  }

  /** What is due in this second of the run. @returns whether it may go on */
  async second(s: number, meter: CpuMeter): Promise<boolean> {
    const { sampleEveryS, reloadEveryS, cores, print } = this.options;
    try {
      this.load.steer(meter.cores(), cores);
      if (s % sampleEveryS === 0) for (const gate of this.gates) gate.sample();
      if (s % SCRAPE_EVERY_S === 0) for (const gate of this.gates) await gate.scrape();
      if (s % reloadEveryS === 0) await this.reload();
    } catch (error) {
      this.fault(`in second ${s}: ${String(error)}`);
    }
    if (s % 60 === 0) print(this.line(s));
    return this.gates.every((gate) => gate.alive);
  }

  /** Other weights under the next epoch; now and then a broken configuration goes before. */
  async reload(): Promise<void> {
    const { ports } = this.options;
    this.epoch++;
    if (this.epoch % BROKEN_EVERY === 0) {
      publishBroken(this.directory, ports, this.epoch);
      for (const gate of this.gates)
        await until('the broken configuration to be refused', async () =>
          (await gate.scrape()).includes('zonegate_config_last_reload_successful 0'),
        );
    }
    publish(this.directory, ports, this.epoch);
    for (const gate of this.gates) await gate.epochInForce(this.epoch);
  }

  line(s: number): string {
    const { load } = this;
    const gates = this.gates.map(
      (g) => `${g.idc} ${Math.round(g.samples.at(-1)?.mib ?? 0)} MiB ${g.descriptors} fds`,
    );
    return (
      `${Math.round(s / 60)} min: ${load.total} visits, ${load.wrong} wrong, ${load.open} open, ` +
      `${Math.round(load.rate)}/s; ${gates.join(', ')}; epoch ${this.epoch}`
    );
  }

  fault(what: string): void {
    this.#faults.push(what);
  }

  /** Everybody goes home, and the gates must be as they were. */
  async settle(idle: readonly number[]): Promise<void> {
    this.load.stop();
    await this.#quietly('the visits to end', () => this.load.open === 0, 15_000);
    this.load.leave();
    for (const [i, gate] of this.gates.entries()) {
      if (!gate.alive) continue;
      await this.#quietly(
        `descriptors of ${gate.idc} to go back to ${idle[i]}`,
        () => descriptorsOf(gate.pid) <= idle[i]!,
        30_000,
        () => descriptorsOf(gate.pid),
      );
    }
    for (const gate of this.gates) gate.sample();
  }

  async #quietly(what: string, ask: () => boolean, ms: number, now?: () => number): Promise<void> {
    try {
      await until(what, ask, ms);
    } catch {
      if (now !== undefined) this.fault(`waited in vain for ${what}; there are ${now()}`);
    }
  }

  verdict(idle: readonly number[], reloads: number, upstreamFaults: number): Verdict {
    const { load } = this;
    const gates = this.gates.map((gate, i): GateVerdict => {
      const memory = trendOf(gate.samples);
      if (!gate.alive) this.fault(`the gate of ${gate.idc} has died`);
      for (const line of gate.complaints()) this.fault(`${gate.idc} said: ${line.slice(0, 400)}`);
      if (this.options.judgesGrowth && !memory.flat)
        this.fault(`memory of ${gate.idc} grows by ${memory.mibPerHour.toFixed(1)} MiB an hour`);
      const most = gate.mostDescriptors;
      return {
        idc: gate.idc,
        memory,
        descriptors: { idle: idle[i]!, most, after: gate.descriptors },
      };
    });
    for (const wrong of load.wrongs) this.fault(wrong);
    const visits = Object.fromEntries([...load.done].sort());
    return { faults: this.#faults, visits, wrong: load.wrong, reloads, upstreamFaults, gates };
  }

  async stop(): Promise<void> {
    this.load.stop();
    this.load.leave();
    for (const gate of this.gates) {
      if (!gate.alive) continue;
      const code = await gate.stop();
      if (code !== 0) this.fault(`the gate of ${gate.idc} left with ${code}`);
    }
    await this.relay?.stop();
    for (const origin of this.#origins) {
      origin.close();
      origin.closeAllConnections();
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function soak(options: SoakOptions): Promise<Verdict> {
  const run = new Soak(options);
  try {
    await run.start();
    const idle = run.gates.map((gate) => descriptorsOf(gate.pid));
    const meter = new CpuMeter([process.pid, ...run.gates.map((gate) => gate.pid)]);
    const end = new AbortController();
    const trouble = troubleAt(run.relay!, end.signal);
    run.load.start();
    await everySecond(options.seconds, (s) => run.second(s, meter));
    end.abort();
    const upstreamFaults = await trouble;
    await run.settle(idle);
    const verdict = run.verdict(idle, run.epoch - 1, upstreamFaults);
    await run.stop();
    return verdict;
  } finally {
    for (const gate of run.gates) gate.process.kill('SIGKILL');
  }
}

/** Until the work of a second says that there is no use in going on. It may take longer than a second. */
async function everySecond(seconds: number, due: (s: number) => Promise<boolean>): Promise<void> {
  const from = performance.now();
  for (let s = 1; s <= seconds; s++) {
    await until('the next second', () => performance.now() >= from + s * 1000, 5000);
    if (!(await due(s))) return;
  }
}
