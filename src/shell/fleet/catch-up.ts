/** Asks, as declared, whether the data of a new owner is level with the old one's. */
import { execFile } from 'node:child_process';
import type { Move } from '../../failover/board.ts';
import type { FleetSettings } from '../../failover/compile-fleet.ts';
import { assertNever } from '../../model/result.ts';
import { rangesText } from '../../zone/compile-rules.ts';

export type Level = 'unknown' | 'level' | 'behind';
type CatchUp = FleetSettings['catchUp'];

const MAX_ANSWER_BYTES = 65_536;

export interface Checked {
  readonly level: Level;
  /** For people. */
  readonly why: string;
}

/** Never rejects: what can't be asked is not level. */
export async function askLevel(move: Move, how: CatchUp): Promise<Checked> {
  try {
    switch (how.by) {
      case 'none':
        return { level: 'level', why: 'no check is declared to be needed' };
      case 'confirm':
        return { level: 'behind', why: 'a person must say so' };
      case 'http':
        return await askHttp(
          filled(how.url, move, encodeURIComponent),
          how,
          // While it is written, data is never quite level.
          move.state === 'verifying' ? Math.max(how.maxLagMs, how.returnLagMs) : how.maxLagMs,
        );
      case 'command':
        return await askCommand(
          how.command.map((part) => filled(part, move, String)),
          how.timeoutMs,
        );
      default:
        return assertNever(how);
    }
  } catch (error) {
    return { level: 'unknown', why: (error as Error).message };
  }
}

const filled = (text: string, move: Move, spell: (value: string) => string): string =>
  text
    .replaceAll('{from}', spell(move.from))
    .replaceAll('{to}', spell(move.to))
    .replaceAll('{app}', spell(move.app ?? ''))
    .replaceAll('{stage}', stageOf(move))
    .replaceAll('{shards}', spell(rangesText(move.shards).replaceAll(' ', '')));

/** verify: does the data of the home follow? Nothing is frozen. flip: is it level, now that nobody writes? */
const stageOf = ({ state }: Move): 'verify' | 'flip' => (state === 'verifying' ? 'verify' : 'flip');

async function askHttp(
  url: string,
  how: Extract<CatchUp, { by: 'http' }>,
  mostLagMs: number,
): Promise<Checked> {
  const answer = await fetch(url, {
    signal: AbortSignal.timeout(how.timeoutMs),
    redirect: 'error',
    headers: { accept: 'application/json' },
  });
  const text = (await answer.text()).slice(0, MAX_ANSWER_BYTES);
  if (answer.status !== 200) return { level: 'behind', why: `${url} answered ${answer.status}` };
  const lagMs = lagIn(text);
  if (lagMs === null) return { level: 'level', why: 'answered 200' };
  return { level: lagMs <= mostLagMs ? 'level' : 'behind', why: `${lagMs} ms behind` };
}

/** null: the answer names no lag. NaN, which nothing is level with, where it names one that is no number. */
function lagIn(text: string): number | null {
  if (text.trim() === '') return null;
  try {
    const data = JSON.parse(text) as { lagMs?: unknown } | null;
    const lag = data?.lagMs;
    if (lag === undefined) return null;
    return typeof lag === 'number' && lag >= 0 ? lag : Number.NaN;
  } catch {
    return null;
  }
}

/** Level when it ends with 0. */
const askCommand = (command: readonly string[], timeoutMs: number): Promise<Checked> =>
  new Promise((resolve) => {
    const [file = '', ...args] = command;
    execFile(file, args, { timeout: timeoutMs, maxBuffer: MAX_ANSWER_BYTES }, (error, stdout) => {
      const said = stdout.trim().slice(0, 200);
      if (error === null) resolve({ level: 'level', why: said || 'the command ended with 0' });
      else resolve({ level: 'behind', why: said || error.message });
    });
  });
