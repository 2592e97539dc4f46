/** The two gate processes under test: starting, asking, sampling, stopping. */
import http from 'node:http';
import { gateProcess, type ZonegateProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { IDCS, type SoakPorts } from './config.ts';
import type { Sample } from './trend.ts';
import { descriptorsOf, memoryMibOf } from './usage.ts';

/** Of pino. */
const ERROR_LEVEL = 50;
/** Lines of level error that the soak provokes. */
const DECLARED = new Set(['configuration refused; the old one stays in force']);

/** No agent: a scrape leaves no connection behind. */
function ask(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, host: '127.0.0.1', path, agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (d: string) => (text += d));
      res.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });
}

export class SoakGate {
  readonly idc: string;
  readonly process: ZonegateProcess;
  readonly admin: number;
  readonly samples: Sample[] = [];
  descriptors = 0;
  mostDescriptors = 0;

  private constructor(idc: string, process: ZonegateProcess, admin: number) {
    this.idc = idc;
    this.process = process;
    this.admin = admin;
    globalThis.process.once('exit', () => process.kill('SIGKILL'));
  }

  static async startAll(directory: string, ports: SoakPorts): Promise<SoakGate[]> {
    const gates: SoakGate[] = [];
    for (const [i, idc] of IDCS.entries()) {
      const admin = ports.admins[i]!;
      gates.push(new SoakGate(idc, await gateProcess(directory, idc, admin), admin));
    }
    return gates;
  }

  get pid(): number {
    return this.process.child.pid!;
  }

  get alive(): boolean {
    return this.process.child.exitCode === null && this.process.child.signalCode === null;
  }

  sample(): void {
    if (!this.alive) return;
    this.samples.push({ atMs: performance.now(), mib: memoryMibOf(this.pid) });
    this.descriptors = descriptorsOf(this.pid);
    this.mostDescriptors = Math.max(this.mostDescriptors, this.descriptors);
  }

  scrape(): Promise<string> {
    return ask(this.admin, '/metrics');
  }

  async epochInForce(epoch: number): Promise<void> {
    await until(`epoch ${epoch} to be in force in ${this.idc}`, async () => {
      const status = JSON.parse(await ask(this.admin, '/status')) as { epoch: number };
      return status.epoch === epoch;
    });
  }

  /** Lines on stderr that nobody has declared. */
  complaints(): string[] {
    const lines = this.process.err.split('\n').filter((line) => line !== '');
    return lines.filter((line) => {
      if (!line.startsWith('{')) return true;
      const { level, msg } = JSON.parse(line) as { level: number; msg: string };
      return level >= ERROR_LEVEL && !DECLARED.has(msg);
    });
  }

  /** @returns its exit code */
  async stop(): Promise<number> {
    this.process.kill('SIGTERM');
    return this.process.exit(40_000);
  }
}
