/** What the zones have recorded, against who owned what: every sentence here is a fault of the gates. */
import { groupedBy } from './grouped.ts';
import type { History, Window } from './history.ts';
import type { Recorded } from './recorder.ts';

const MOST_SENTENCES = 20;
/** As gates allow for. */
const CLOCKS_MS = 1000;

export interface Verdict {
  readonly faults: readonly string[];
  readonly byStranger: number;
  readonly inFreeze: number;
  readonly atTwoZones: number;
  /** Reads that the old owner has answered, for they were on the way when the move ended. */
  readonly lateReads: number;
  readonly reads: number;
  readonly writes: number;
}

/** @param dueMs by request: when it was to begin */
export function judge(
  records: readonly Recorded[],
  history: History,
  dueMs: ReadonlyMap<string, number>,
): Verdict {
  const faults: string[] = [];
  const say = (sentence: string): void => {
    if (faults.length < MOST_SENTENCES) faults.push(sentence);
  };
  const tell = (r: Recorded): string =>
    `${r.isWrite ? 'POST' : 'GET'} ${r.id} of shard ${r.shard} at ${r.zone}, epoch ${r.epoch}, ${r.startMs} to ${r.endMs}`;
  let byStranger = 0;
  let lateReads = 0;
  for (const r of records) {
    const zones = history.zonesAt(r.epoch, r.shard);
    const may = r.isWrite ? zones.slice(0, 1) : zones;
    if (may.includes(r.zone)) continue;
    if (wasOnTheWay(r, history.windows[r.shard] ?? [], dueMs.get(r.id))) {
      lateReads++;
      continue;
    }
    byStranger++;
    say(`served by a stranger: ${tell(r)}; the owner is ${zones[0] ?? 'unknown'}`);
  }
  let inFreeze = 0;
  let atTwoZones = 0;
  const accepted = records.filter((r) => r.isWrite && r.endMs !== null);
  const byShard = groupedBy(accepted, (r) => r.shard);
  for (const [shard, writes] of byShard) {
    const windows = history.windows[shard] ?? [];
    for (const w of writes) {
      const window = windows.find((f) => overlaps(w, f));
      if (window !== undefined) {
        inFreeze++;
        say(`written while frozen (${window.frozenMs} to ${window.unfrozenMs}): ${tell(w)}`);
      }
    }
    for (const [earlier, later] of mixed(writes)) {
      atTwoZones++;
      say(`two writers: ${tell(earlier)} and ${tell(later)}`);
    }
  }
  return {
    ...{ faults, byStranger, inFreeze, atTwoZones, lateReads },
    reads: records.filter((r) => !r.isWrite).length,
    writes: accepted.length,
  };
}

const wasOnTheWay = (
  r: Recorded,
  windows: readonly Window[],
  dueMs = Number.POSITIVE_INFINITY,
): boolean =>
  !r.isWrite &&
  windows.some((w) => w.flipped && w.from === r.zone && dueMs <= (w.unfrozenMs ?? 0) + CLOCKS_MS);

function overlaps(write: Recorded, { frozenMs, unfrozenMs, flipped }: Window): boolean {
  if (frozenMs === null || !flipped) return false;
  return write.endMs! > frozenMs && write.startMs < (unfrozenMs ?? Number.POSITIVE_INFINITY);
}

/** Writes by their beginning form runs by zone; one that ends after a later run began is shared time. */
function mixed(writes: readonly Recorded[]): [Recorded, Recorded][] {
  const sorted = writes.toSorted((a, b) => a.startMs - b.startMs);
  const found: [Recorded, Recorded][] = [];
  /** Of each zone, the write that ended last. */
  const last = new Map<string, Recorded>();
  for (const write of sorted) {
    for (const [zone, other] of last)
      if (zone !== write.zone && other.endMs! > write.startMs) found.push([other, write]);
    const mine = last.get(write.zone);
    if (mine === undefined || mine.endMs! < write.endMs!) last.set(write.zone, write);
  }
  return found;
}
