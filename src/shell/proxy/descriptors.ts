/**
 * How many sockets this process may hold. What the system allows (`ulimit -n`) is halved between
 * clients and upstreams, and a part is kept for the admin listener, logs and files: so that a storm
 * of connections meets a refusal of ours, and an operator still gets an answer.
 */
import { readFileSync } from 'node:fs';

const KEPT = 64;
/** Where nobody says: as if there were no limit worth heeding. */
const UNKNOWN = 1_048_576;

/** @returns the soft limit on open files */
export function openFilesLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? UNKNOWN : Number(soft);
  } catch {
    return UNKNOWN;
  }
}

/** Sockets for each side. @param limit on open files */
export const socketsPerSide = (limit: number): number =>
  Math.max(1, Math.floor((limit - KEPT) / 2));
