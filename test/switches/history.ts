/** Who owned each shard under each epoch, and when its writes were forbidden: by the store's trail. */
import type { RedisServer } from '../support/redis.ts';
import { shardsIn } from './recorder.ts';

export interface Line {
  readonly epoch: number;
  readonly atMs: number;
  readonly what: string;
  readonly outcome: string;
}

/** Changes that were stored, oldest first; an emptied Redis has none. */
export async function trailOf(redis: RedisServer): Promise<Line[]> {
  const texts = (await redis.command('LRANGE', '{zonegate}:audit', '0', '-1')) as string[];
  const lines = texts.map((t) => JSON.parse(t) as Line).toReversed();
  return lines.filter((l) => l.outcome === 'stored');
}

/** A move of one shard; null while it had not come so far. */
export interface Window {
  readonly shard: number;
  readonly from: string;
  to: string;
  readonly pushedEpoch: number;
  /** No write may be under way from here … */
  frozenMs: number | null;
  flipped: boolean;
  /** … to here. */
  unfrozenMs: number | null;
  overEpoch: number;
}

export class History {
  readonly windows: Window[][];
  readonly epochs: number;
  readonly #owners = new Map<number, readonly string[]>();
  readonly #last: number;

  private constructor(declared: readonly string[], lines: readonly Line[]) {
    const now = [...declared];
    const open = new Map<number, Window>();
    this.windows = declared.map(() => []);
    this.#owners.set(0, declared);
    for (const { epoch, atMs, what } of lines) {
      const said = what.replace(/^run r\d+: /, '');
      const end = (shard: number, unfrozenMs: number | null): void => {
        const window = open.get(shard);
        if (window === undefined) throw new Error(`${what}: shard ${shard} was not under way`);
        window.unfrozenMs = unfrozenMs;
        window.overEpoch = epoch;
        open.delete(shard);
      };
      // Moves that are ready together go on together.
      for (const part of said.split('; ')) {
        for (const shard of pushed(part)) {
          const window: Window = {
            ...{ shard, from: now[shard]!, to: '', pushedEpoch: epoch, frozenMs: null },
            ...{ flipped: false, unfrozenMs: null, overEpoch: Number.POSITIVE_INFINITY },
          };
          open.set(shard, window);
          this.windows[shard]!.push(window);
        }
        const state =
          /^(frozen|caught-up|flipped|routed): shards (.+?)(?: of \S+)?, (\S+) → (\S+)$/.exec(part);
        for (const shard of shardsIn(state?.[2] ?? '').filter(() => state !== null)) {
          const window = open.get(shard)!;
          window.to = state![4]!;
          if (state![1] === 'frozen') window.frozenMs = atMs;
          if (state![1] !== 'flipped') continue;
          window.flipped = true;
          now[shard] = window.to;
        }
        const over = /^unfrozen after \d+ ms: shards (.+?)(?: of \S+)? belong to/.exec(part);
        if (over !== null) for (const shard of shardsIn(over[1]!)) end(shard, atMs);
        const dropped = /^dropped shards ([\d, -]+): /.exec(part);
        if (dropped !== null) for (const shard of shardsIn(dropped[1]!)) end(shard, null);
      }
      this.#owners.set(epoch, [...now]);
    }
    this.epochs = lines.length;
    this.#last = lines.at(-1)?.epoch ?? 0;
  }

  /** @param lines of the trail, oldest first, from the first epoch on */
  static of(declared: readonly string[], lines: readonly Line[]): History {
    lines.forEach((l, i) => {
      if (l.epoch !== i + 1) throw new Error(`the trail has epoch ${l.epoch} in place ${i + 1}`);
    });
    return new History(declared, lines);
  }

  /** Zones that may serve a read under that epoch; the first is the owner. */
  zonesAt(epoch: number, shard: number): readonly string[] {
    if (epoch < 0 || epoch > this.#last) return [];
    const owner = this.#owners.get(epoch)![shard]!;
    const window = this.windows[shard]?.find((w) => w.pushedEpoch <= epoch && epoch < w.overEpoch);
    return window === undefined ? [owner] : [owner, window.from, window.to];
  }

  get flips(): number {
    return this.windows.flat().filter((w) => w.flipped).length;
  }
}

function pushed(said: string): number[] {
  const text = /^freezing shards (.+?)(?: of \S+)?$/.exec(said)?.[1];
  return text === undefined ? [] : shardsIn(text);
}
