/** What rates and lists do at this gate, as plain data for metrics and the control API. */
import type { RateRoom } from './index.ts';
import type { ListTally, RateMemory, RuleTally } from './memory.ts';

interface RuleStatus {
  readonly name: string;
  readonly action: string;
  readonly enforced: boolean;
  readonly scope: 'gate' | 'fleet';
  readonly limit: number;
  readonly windowS: number;
  /** Keys that count for something now. */
  readonly keys: number;
  /** Requests above the limit, by what became of them. */
  readonly hits: Readonly<RuleTally>;
}

interface ListStatus {
  readonly name: string;
  readonly kind: 'allow' | 'deny';
  readonly enforced: boolean;
  readonly isExpired: boolean;
  /** Ranges of `entries` and of the file as read last. */
  readonly ranges: number;
  /** false: it has a file, and that was never read. */
  readonly isWhole: boolean;
  readonly hits: Readonly<ListTally>;
}

export interface RateStatus {
  readonly rules: readonly RuleStatus[];
  readonly lists: readonly ListStatus[];
  /** Places in the table. */
  readonly capacity: number;
  readonly tableBytes: number;
  readonly evictions: number;
  /** Of keys that had used half their limit: `keys` is too small. */
  readonly hotEvictions: number;
  /** Back from a redirect with the cookie, and without. */
  readonly returns: Readonly<{ kept: number; lost: number }>;
  readonly hasCountries: boolean;
  /** null: no rule is shared. */
  readonly fleet: {
    readonly isShared: boolean;
    readonly gates: number;
    readonly queued: number;
    readonly dropped: number;
  } | null;
}

/** Walks the table: for people and scrapes, not for requests. */
export function rateStatus(room: RateRoom, memory: RateMemory, nowMs: number): RateStatus {
  const { counters } = memory;
  if (!counters.isFor(room.counters)) counters.adopt(room.counters, room.keys);
  const tracked = counters.tracked(nowMs);
  const { fleet } = counters;
  return {
    rules: room.rules.map((rule) => ({
      name: rule.name,
      action: rule.action.kind,
      enforced: rule.enforced,
      scope: rule.counter.isFleet ? 'fleet' : 'gate',
      limit: rule.limit,
      windowS: rule.windowS,
      keys: tracked.get(rule.counter) ?? 0,
      hits: { ...memory.ruleTally(rule.name) },
    })),
    lists: room.lists.map((list) => {
      const file = list.file === null ? undefined : memory.files.get(list.file);
      return {
        name: list.name,
        kind: list.kind,
        enforced: list.enforced,
        isExpired: list.expiresAtMs !== null && nowMs >= list.expiresAtMs,
        ranges: list.entries.size + (file?.size ?? 0),
        isWhole: list.file === null || file !== undefined,
        hits: { ...memory.listTally(list.name) },
      };
    }),
    capacity: counters.capacity,
    tableBytes: counters.tableBytes,
    evictions: counters.evictions,
    hotEvictions: counters.hotEvictions,
    returns: { ...memory.returns },
    hasCountries: memory.countries !== null,
    fleet:
      !room.hasFleet || fleet === null
        ? null
        : {
            isShared: fleet.isShared,
            gates: fleet.gates,
            queued: fleet.queued,
            dropped: fleet.dropped,
          },
  };
}
