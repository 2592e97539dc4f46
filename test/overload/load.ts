/** Requests that come when they come, whether or not the ones before have been answered. */
import http from 'node:http';

export type ClassName = 'critical' | 'normal' | 'sheddable';

/** Out of ten requests. */
const MIX: readonly ClassName[] = [
  'critical',
  'normal',
  'normal',
  'sheddable',
  'normal',
  'normal',
  'sheddable',
  'normal',
  'normal',
  'normal',
];

export interface Tally {
  readonly served: number;
  readonly refused: number;
  /** No answer, or one that is neither. */
  readonly lost: number;
  readonly servedMs: readonly number[];
  readonly refusedMs: readonly number[];
}

class Counting implements Tally {
  served = 0;
  refused = 0;
  lost = 0;
  readonly servedMs: number[] = [];
  readonly refusedMs: number[] = [];
}

const TICK_MS = 5;

/** @param perS requests begun each second */
export async function offer(
  port: number,
  perS: number,
  seconds: number,
): Promise<Readonly<Record<ClassName, Tally>>> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4000, maxFreeSockets: 4000 });
  const tallies = {
    critical: new Counting(),
    normal: new Counting(),
    sheddable: new Counting(),
  };
  const open: Promise<void>[] = [];
  const startedMs = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const passedMs = performance.now() - startedMs;
      const due = Math.min(passedMs, seconds * 1000) * (perS / 1000);
      for (; sent < due; sent++) {
        const name = MIX[sent % MIX.length]!;
        open.push(ask(agent, port, name, tallies[name]));
      }
      if (passedMs < seconds * 1000) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  await Promise.all(open);
  agent.destroy();
  return tallies;
}

const ask = (agent: http.Agent, port: number, path: string, tally: Counting): Promise<void> =>
  new Promise((resolve) => {
    const startedMs = performance.now();
    const lost = (): void => {
      tally.lost++;
      resolve();
    };
    const req = http.get({ agent, host: '127.0.0.1', port, path: `/${path}` }, (res) => {
      res.resume();
      res.on('error', lost);
      res.on('end', () => {
        const ms = performance.now() - startedMs;
        if (res.statusCode === 200) {
          tally.served++;
          tally.servedMs.push(ms);
        } else if (res.statusCode === 503) {
          tally.refused++;
          tally.refusedMs.push(ms);
        } else tally.lost++;
        resolve();
      });
    });
    req.on('error', lost);
  });

/** @param part 0 … 1; @returns 0 of nothing */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
