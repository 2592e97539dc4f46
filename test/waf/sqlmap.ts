/** sqlmap, an attacker's usual tool, with bounds on what it may do and for how long. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Attack {
  readonly verdict: 'injectable' | 'not injectable' | 'no verdict in time' | 'failed';
  /** What it has said, for people. */
  readonly out: string;
}

const TIME_CAP_MS = 90_000;

/** Why a test that needs it can't run; null when it can. */
export const sqlmapAbsent = (): string | null =>
  (process.env.SQLMAP ?? '') === ''
    ? 'SQLMAP is not set: npm test sets it to the path of sqlmap, where there is a python3 to run it'
    : null;

/**
 * Boolean, error and union techniques, as a browser by its name, against every parameter of the address. It asks nothing, keeps
 * nothing, and is killed after 90 s.
 */
export async function sqlmap(url: string, capMs = TIME_CAP_MS): Promise<Attack> {
  const absent = sqlmapAbsent();
  if (absent !== null) throw new Error(absent);
  const folder = mkdtempSync(join(tmpdir(), 'zonegate-sqlmap-'));
  const args = [
    ...['-u', url, '--batch', '--level', '1', '--risk', '1', '--technique=BEU'],
    ...[
      '--flush-session',
      '--random-agent',
      '--timeout',
      '5',
      '--retries',
      '0',
      '--disable-coloring',
    ],
    ...['--output-dir', join(folder, 'out'), '--tmp-dir', join(folder, 'tmp')],
  ];
  const child = spawn(process.env.SQLMAP ?? 'sqlmap', args, {
    // It keeps a history in the home folder, and asks nobody's proxy.
    env: { ...process.env, HOME: folder, http_proxy: '', HTTP_PROXY: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let late = false;
  child.stdout.on('data', (d: Buffer) => (out += d.toString()));
  child.stderr.on('data', (d: Buffer) => (out += d.toString()));
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, capMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { verdict: verdictOf(out, late, code), out };
  } finally {
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Only its own words count as a verdict: an attack that could not be made has found nothing too. */
function verdictOf(out: string, late: boolean, code: number | null): Attack['verdict'] {
  if (out.includes('sqlmap identified the following injection point')) return 'injectable';
  if (late) return 'no verdict in time';
  const none = /all tested parameters do not appear to be injectable/.test(out);
  return none && code !== null ? 'not injectable' : 'failed';
}
