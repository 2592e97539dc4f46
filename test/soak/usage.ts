/** What processes use, from /proc; Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** Kernel ticks a second that /proc counts in, on every platform Node runs on. */
const TICKS_PER_S = 100;

function cpuSecondsOf(pid: number): number {
  // The name in brackets may hold blanks; the fields behind it begin with the third.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

const MIB_PER_KIB = 1 / 1024;

/**
 * What the process itself holds, resident or swapped out. Pages of files, such as the program's own,
 * are left out: the kernel takes and gives them as it likes, which hides growth.
 */
export function memoryMibOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return (kib('RssAnon') + kib('VmSwap')) * MIB_PER_KIB;
}

export const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Cores used by these processes between two questions. */
export class CpuMeter {
  readonly #pids: readonly number[];
  #seconds: number;
  #atMs = performance.now();

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#seconds = this.#sum();
  }

  #sum(): number {
    return this.#pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  }

  cores(): number {
    const [seconds, atMs] = [this.#sum(), performance.now()];
    const cores = (seconds - this.#seconds) / Math.max((atMs - this.#atMs) / 1000, 0.001);
    this.#seconds = seconds;
    this.#atMs = atMs;
    return cores;
  }
}
