/** Gates and commands as real processes, from the built package. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ROOT } from './config.ts';
import { until } from './until.ts';

const BIN = join(ROOT, 'bin', 'zonegate.js');

export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function zonegate(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): CommandResult {
  const r = spawnSync(process.execPath, [BIN, ...args], {
    encoding: 'utf8',
    cwd: ROOT,
    env: { ...process.env, ...env },
    input,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: r.status, out: r.stdout, err: r.stderr };
}

export class ZonegateProcess {
  readonly child: ChildProcess;
  out = '';
  err = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, bin = BIN) {
    const state = env.ZONEGATE_STATE ?? mkdtempSync(join(tmpdir(), 'zonegate-state-'));
    this.child = spawn(process.execPath, [bin, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env, ZONEGATE_STATE: state },
    });
    if (env.ZONEGATE_STATE === undefined)
      this.child.once('exit', () => rmSync(state, { recursive: true, force: true }));
    this.child.stdout!.on('data', (d: Buffer) => (this.out += d.toString()));
    this.child.stderr!.on('data', (d: Buffer) => (this.err += d.toString()));
  }

  /** Kills it, by its own id, if a test leaves it running. */
  untilTestEnds(): this {
    onTestFinished(() => void this.child.kill('SIGKILL'));
    return this;
  }

  async exit(deadlineMs?: number): Promise<number> {
    await until(
      `process to exit; it said ${this.err.slice(-500)}`,
      () => this.child.exitCode !== null || this.child.signalCode !== null,
      deadlineMs,
    );
    return this.child.exitCode ?? -1;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resident memory now, bytes. */
  rssBytes(): number {
    if (process.platform !== 'linux') {
      const ps = spawnSync('ps', ['-o', 'rss=', '-p', String(this.child.pid)], {
        encoding: 'utf8',
      });
      return Number(ps.stdout) * 1024;
    }
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(
      readFileSync(`/proc/${this.child.pid}/status`, 'utf8'),
    )?.[1];
    return Number(kib) * 1024;
  }
}

/** A gate process that is ready. @param bin the command to run, if not the built package's */
export async function gateProcess(
  config: string,
  idc: string,
  admin: number,
  env: Readonly<Record<string, string>> = {},
  bin = BIN,
): Promise<ZonegateProcess> {
  const gate = new ZonegateProcess(['run', '-c', config, '--idc', idc], env, bin);
  await until(`the gate of ${idc} to be ready; it said ${gate.err}`, async () => {
    if (gate.child.exitCode !== null)
      throw new Error(`gate exited with ${gate.child.exitCode}: ${gate.err}`);
    try {
      return (await fetch(`http://127.0.0.1:${admin}/readyz`)).status === 200;
    } catch {
      return false;
    }
  });
  return gate;
}
