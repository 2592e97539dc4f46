/** What the tools and the kernel print → numbers. Pure. */

export interface WrkResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** Answers that were not 2xx or 3xx, and sockets that failed. */
  readonly errors: number;
}

const SECONDS_OF: Readonly<Record<string, number>> = {
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

function seconds(text: string): number {
  const [, number, unit] = /^([\d.]+)(us|ms|s|m|h)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) throw new Error(`not a duration: ${text}`);
  return Number(number) * SECONDS_OF[unit]!;
}

function must(text: string, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(text);
  if (match === null) throw new Error(`no ${pattern.source} in:\n${text}`);
  return match;
}

/** Output of `wrk --latency`. */
export function wrkResult(out: string): WrkResult {
  const [, requests, duration] = must(out, /(\d+) requests in ([\d.]+\w+),/);
  const percentile = (p: number): number =>
    Math.round(seconds(must(out, new RegExp(`^\\s+${p}%\\s+(\\S+)\\s*$`, 'm'))[1]!) * 1e6);
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(out);
  const answers = /Non-2xx or 3xx responses: (\d+)/.exec(out);
  const errors = [...(sockets ?? []).slice(1), ...(answers ?? []).slice(1)];
  return {
    requests: Number(requests),
    seconds: seconds(duration!),
    p50Micros: percentile(50),
    p99Micros: percentile(99),
    errors: errors.reduce((sum, n) => sum + Number(n), 0),
  };
}

/** Calls by name, of the table that `strace -c` writes; its column of errors may be empty. */
export function straceCounts(table: string): ReadonlyMap<string, number> {
  const rows = table.matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?([a-z_]\w*)$/gm);
  return new Map(
    [...rows].map((m) => [m[2]!, Number(m[1])] as const).filter(([name]) => name !== 'total'),
  );
}

/** User and system time so far, in clock ticks, of a line of /proc/PID/stat. */
export function cpuTicksFrom(stat: string): { readonly user: number; readonly system: number } {
  // The program's name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
  return { user: Number(fields[11]), system: Number(fields[12]) };
}

/** Resident memory, of /proc/PID/status. */
export const residentBytesFrom = (status: string): number =>
  Number(must(status, /^VmRSS:\s+(\d+) kB$/m)[1]) * 1024;

/** Cores this process may run on, of /proc/PID/status: `0-1` or `2,4-5`. */
export function coresFrom(status: string): number[] {
  const list = must(status, /^Cpus_allowed_list:\s+(\S+)$/m)[1]!;
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
  });
}
