/** Programs that set-up has found or fetched (scripts/provision), and running them. */
import { execFile } from 'node:child_process';

/** @param variable as in scripts/provision/programs.mjs */
export function program(variable: string): string {
  const path = process.env[variable];
  if (path === undefined || path === '')
    throw new Error(`${variable} is not set: npm test sets it to the path of the program`);
  return path;
}

export interface Ran {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Buffer | string;
}

/** Runs to its end without holding up this process, where the gate may live. Text is latin1. */
export function run(
  file: string,
  args: readonly string[],
  { cwd, env, input = '' }: RunOptions = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      file,
      args,
      {
        ...(cwd === undefined ? {} : { cwd }),
        env: { ...process.env, ...env },
        encoding: 'latin1',
        maxBuffer: 64 * 1024 * 1024,
        timeout: 60_000,
        killSignal: 'SIGKILL',
      },
      (error, out, err) =>
        resolve({ code: error === null ? 0 : (error.code ?? 'killed'), out, err }),
    );
    // A program may end without having read everything.
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(input);
  });
}
