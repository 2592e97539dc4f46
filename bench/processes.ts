/** Everything the benchmark starts, so that everything it starts is stopped. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { coresFrom } from './parse.ts';

export type Place = 'proxy' | 'load';

const STOP_PATIENCE_MS = 2000;
const READY_PATIENCE_MS = 90_000;
/** Debian keeps nginx and haproxy where the path of a plain user does not lead. */
const ENV = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };

const STATUS = '/proc/self/status';
const cores = existsSync(STATUS) ? coresFrom(readFileSync(STATUS, 'utf8')) : [];
/** The core of each place; null where there is only one core, so that pinning would only hurt. */
export const CORES: Readonly<Record<Place, number>> | null =
  cores.length < 2 ? null : { proxy: cores[0]!, load: cores[1]! };

export class Processes {
  readonly #running = new Set<ChildProcess>();
  #stopped = false;

  /** Somebody wants all of this to end. */
  get stopped(): boolean {
    return this.#stopped;
  }

  constructor() {
    // The last resort, when something has thrown past every `finally`.
    process.on('exit', () => {
      for (const child of this.#running) child.kill('SIGKILL');
    });
  }

  /** On the core of its place; taskset becomes the program, so that the process id is the program's. */
  start(
    place: Place,
    command: string,
    args: readonly string[],
    stdio: StdioOptions = ['ignore', 'ignore', 'inherit'],
  ): ChildProcess {
    if (this.#stopped) throw new Error('stopped');
    const child =
      CORES === null
        ? spawn(command, args, { stdio, env: ENV })
        : spawn('taskset', ['-c', String(CORES[place]), command, ...args], { stdio, env: ENV });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    child.once('error', () => this.#running.delete(child));
    return child;
  }

  /** What the program writes to stdout, once it has ended well. */
  output(place: Place, command: string, args: readonly string[]): Promise<string> {
    const child = this.start(place, command, args, ['ignore', 'pipe', 'pipe']);
    let out = '';
    let err = '';
    child.stdout!.on('data', (d: Buffer) => (out += d.toString()));
    child.stderr!.on('data', (d: Buffer) => (err += d.toString()));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (code === 0) resolve(out);
        else reject(new Error(`${command} ended with ${code ?? signal ?? ''}: ${err}${out}`));
      });
    });
  }

  async stop(child: ChildProcess): Promise<void> {
    if (!this.#running.has(child)) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    await ended;
    clearTimeout(timer);
  }

  /** Nothing can be started any more. */
  async stopAll(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#running].map((child) => this.stop(child)));
  }
}

/** A server that listens, and the process whose CPU time counts. */
export async function listening(name: string, port: number, start: () => ChildProcess) {
  if (await accepts(port)) throw new Error(`another program listens on port ${port}`);
  const child = start();
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} did not start`);
  const deadline = performance.now() + READY_PATIENCE_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode ?? ''}`);
    if (await accepts(port)) return { child, pid };
    await pause(50);
  }
  throw new Error(`${name} does not listen on ${port}`);
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, ms));

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
