/** Gates as they run in production: one process each, started by the command line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Address } from '../../model/schema.ts';

const BIN = fileURLToPath(new URL('../../../bin/zonegate.js', import.meta.url));
const READY_WITHIN_MS = 10_000;
const ASK_EVERY_MS = 50;

export class GateProcess {
  readonly idc: string;
  readonly #admin: Address;
  readonly #child: ChildProcess;
  #errors = '';

  constructor(
    idc: string,
    admin: Address,
    config: string,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.idc = idc;
    this.#admin = admin;
    this.#child = spawn(process.execPath, [BIN, 'run', '-c', config, '--idc', idc], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr!.on(
      'data',
      (chunk: Buffer) => (this.#errors = (this.#errors + chunk.toString()).slice(-8192)),
    );
  }

  /** Rejects with what the gate said when it does not come up. */
  async ready(): Promise<void> {
    const deadlineMs = performance.now() + READY_WITHIN_MS;
    while (performance.now() < deadlineMs) {
      if (this.#child.exitCode !== null) break;
      if (await isReady(this.#admin)) return;
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
    throw new Error(`the gate of ${this.idc} did not come up:\n${this.#errors}`);
  }

  /** Until its probes have met the gates that came up after it; not for ever. */
  async meetsPeers(): Promise<void> {
    const deadlineMs = performance.now() + READY_WITHIN_MS;
    while (performance.now() < deadlineMs && !(await seesPeers(this.#admin)))
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }

  /** Resolves when the process has drained and gone. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await gone;
  }
}

const isReady = (admin: Address): Promise<boolean> =>
  new Promise((resolve) => {
    const req = get(
      { host: admin.host, port: admin.port, path: '/readyz', timeout: 1000 },
      (res) => {
        res.resume();
        resolve(res.statusCode === 200);
      },
    );
    req.on('error', () => resolve(false));
    req.on('timeout', () => req.destroy());
  });

interface Rosters {
  readonly rosters: readonly {
    readonly name: string;
    readonly endpoints: readonly { readonly health: { readonly usable: boolean } }[];
  }[];
}

async function seesPeers(admin: Address): Promise<boolean> {
  try {
    const answer = await fetch(`http://${admin.text}/upstreams`);
    const { rosters } = (await answer.json()) as Rosters;
    const peers = rosters.filter((r) => r.name.startsWith('peers/'));
    return peers.every((r) => r.endpoints.every((e) => e.health.usable));
  } catch {
    return false;
  }
}
