import type { FleetAnswer } from '../../shell/control/answers.ts';
import { spanText } from './times.ts';

type Standing = FleetAnswer['standing'];

/** What an answer out of memory is worth, in sentences; nothing where it is fresh. */
export function staleLines({ stale, neverSynced, sinceContactMs, epoch }: Standing): string[] {
  if (neverSynced) {
    return [
      'NEVER SYNCED: this gate has not seen a board yet, in the store or on disk. It serves by its',
      'declared configuration; what the fleet has ordered is not known here.',
    ];
  }
  if (!stale) return [];
  const since = sinceContactMs === null ? 'since it started' : `for ${spanText(sinceContactMs)}`;
  return [
    `STALE: this gate has not heard from the store ${since}. It shows, and serves by, the last board`,
    `that it knows, epoch ${epoch}; others may have given orders since. No request needs the store, but`,
    'nothing can be ordered until it is back.',
  ];
}
