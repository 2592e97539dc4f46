/**
 * What has truly happened, as nobody in the fleet can see it: the boards in the order in which the
 * store took them, and the writes in the order in which applications did. Both are held against the
 * invariants as they come; a sentence says which one broke, null that none did.
 */
import { type Board, EMPTY_BOARD, hasFlipped, type Move } from '../failover/board.ts';
import { ownersOf, popOutsOf } from '../failover/owners.ts';
import type { World } from '../failover/safety.ts';
import type { ZoneId } from '../model/ids.ts';
import { rangesText } from '../zone/compile-rules.ts';

export interface Write {
  readonly shard: number;
  readonly app: string;
  readonly zone: string;
  readonly isPinned: boolean;
}

const keyOf = (shard: number, app: string): string => `${shard} ${app}`;

/** Does the move take this app of the shard along? One that lives elsewhere stays there. */
function covers(move: Move, shard: number, app: string, board: Board): boolean {
  if (move.app !== null) return move.app === app;
  const own = board.appOwners.find((o) => o.shard === shard && o.app === app);
  return own === undefined || own.zone === move.from;
}

const sinceOf = (board: Board, shard: number, app: string): number =>
  board.appOwners.find((o) => o.shard === shard && o.app === app)?.since ??
  board.since?.[shard] ??
  0;

const flips = (before: Board, next: Board): Move[] =>
  next.moves.filter((move) => {
    const old = before.moves.find((m) => m.id === move.id);
    return hasFlipped(move) && (old === undefined || !hasFlipped(old));
  });

export class Ledger {
  board: Board = EMPTY_BOARD;
  readonly #world: World;
  readonly #copyMs: number;
  /** By shard and app, as all that follows. */
  readonly #lastWriteMs = new Map<string, number>();
  /** When a shard’s last move was over: from then on its old owner serves nobody. */
  readonly #movedMs = new Map<string, number>();
  /** Moved without a freeze: from then on no promise is kept for their writes. */
  readonly #exempt = new Set<string>();
  /** Runs that have waited for more persons. */
  readonly #waited = new Set<string>();

  constructor(world: World, copyMs: number) {
    this.#world = world;
    this.#copyMs = copyMs;
  }

  /** A board that is taken as it is: the first, and one that somebody has re-asserted. */
  begin(board: Board): void {
    this.board = board;
  }

  owner(shard: number, app: string): string {
    return ownersOf(this.board, this.#world.rules, app)[shard]!;
  }

  moveOf(shard: number, app: string): Move | undefined {
    return this.board.moves.find(
      (m) => m.shards.includes(shard) && covers(m, shard, app, this.board),
    );
  }

  /** What a move takes along, as keys. */
  #takenBy(move: Move): string[] {
    return this.#world.userApps.flatMap((app) =>
      move.shards.filter((s) => covers(move, s, app, this.board)).map((s) => keyOf(s, app)),
    );
  }

  /** The next board of the store. */
  commit(next: Board, nowMs: number): string | null {
    const before = this.board;
    this.board = next;
    const broken =
      this.#owners(before, next) ??
      this.#world.userApps
        .map((app) => this.#ownersOfApp(app, before, next))
        .find((b) => b !== undefined) ??
      this.#moves(before, next, nowMs) ??
      this.#loans(before, next) ??
      this.#persons(next) ??
      next.runs
        .filter((r) => r.state === 'aborted' && next.moves.some((m) => m.run === r.id))
        .map((r) => `an aborted run leaves no shard frozen: ${r.id} does`)[0];
    return broken ?? null;
  }

  /** Every shard has one owner, and gets another by a flip of its move alone. */
  #owners(before: Board, next: Board): string | undefined {
    const { rules, topology } = this.#world;
    const was = ownersOf(before, rules);
    const now = ownersOf(next, rules);
    if (next.owners !== null && next.owners.length !== topology.sharding.count)
      return `every shard has one owner: board ${next.epoch} has ${next.owners.length}`;
    const flipped = new Map<number, Move>();
    for (const move of flips(before, next))
      if (move.app === null) for (const s of move.shards) flipped.set(s, move);
    for (const [s, owner] of now.entries()) {
      const type = topology.zones.get(owner as ZoneId)?.type;
      if (type !== 'rzone' && type !== 'elastic')
        return `every shard has one owner that may own it: shard ${s} has ${owner}`;
      const move = flipped.get(s);
      const fits =
        move === undefined ? was[s] === owner : was[s] === move.from && owner === move.to;
      if (!fits)
        return `a shard changes its owner by a flip alone: shard ${s} went from ${was[s]} to ${owner} with board ${next.epoch}${move === undefined ? ', and no move of it flipped' : `, and move ${move.id} is from ${move.from} to ${move.to}`}`;
    }
    return undefined;
  }

  /** So has every app, and the epoch that fences its writers never falls. */
  #ownersOfApp(app: string, before: Board, next: Board): string | undefined {
    const { rules, topology } = this.#world;
    const was = ownersOf(before, rules, app);
    for (const [s, owner] of ownersOf(next, rules, app).entries()) {
      const type = topology.zones.get(owner as ZoneId)?.type;
      if (type !== 'rzone' && type !== 'elastic')
        return `every shard has one owner that may own it: ${app} of shard ${s} has ${owner}`;
      const now = sinceOf(next, s, app);
      if (now < sinceOf(before, s, app) && next.epoch > before.epoch)
        return `an owner’s epoch never falls: that of ${app} of shard ${s} does, to ${now}`;
      if (was[s] === owner) continue;
      const move = flips(before, next).find(
        (m) =>
          m.shards.includes(s) && covers(m, s, app, before) && m.from === was[s] && m.to === owner,
      );
      if (move === undefined)
        return `a shard changes its owner by a flip alone: ${app} of shard ${s} went from ${was[s]} to ${owner} with board ${next.epoch}`;
    }
    return undefined;
  }

  #moves(before: Board, next: Board, nowMs: number): string | undefined {
    for (const move of next.moves) {
      const old = before.moves.find((m) => m.id === move.id);
      const fresh = hasFlipped(move) && (old === undefined || !hasFlipped(old));
      if (move.mode === 'no-freeze') for (const key of this.#takenBy(move)) this.#exempt.add(key);
      if (fresh && move.mode === 'freeze' && !this.isCopied(move, nowMs))
        return `a shard flips when its data is level: ${move.id} did before all writes to shards ${rangesText(move.shards)} in ${move.from} were at ${move.to}`;
      const ends = old?.state !== 'caught-up' && move.state === 'caught-up';
      if (ends && move.mode === 'reads-only' && !this.isCopied(move, nowMs))
        return `a shard is unfrozen when its data is level: ${move.id} is not`;
    }
    for (const old of before.moves) {
      if (next.moves.some((m) => m.id === old.id)) continue;
      if (hasFlipped(old)) for (const key of this.#takenBy(old)) this.#movedMs.set(key, nowMs);
    }
    return undefined;
  }

  /** What goes out on loan is on the board with its home, or nobody would ever bring it back. */
  #loans(before: Board, next: Board): string | undefined {
    for (const move of flips(before, next)) {
      const run = next.runs.find((r) => r.id === move.run);
      if (run?.steps[run.at]?.do !== 'pop-out') continue;
      const known = popOutsOf(next)
        .flatMap((s) => s.taken)
        .filter((t) => t.app === move.app)
        .flatMap((t) => t.shards);
      const lost = move.shards.find((s) => !known.includes(s));
      if (lost !== undefined)
        return `a loan is remembered: shard ${lost} went out by ${move.id}, and no switch knows where from`;
    }
    return undefined;
  }

  /** Nobody gets round the second person. */
  #persons(next: Board): string | undefined {
    const { persons } = this.#world.settings.safety;
    for (const run of next.runs) {
      if (run.state === 'waiting') this.#waited.add(run.id);
      else if (
        run.state === 'running' &&
        this.#waited.has(run.id) &&
        run.approvals.length < persons
      )
        return `a run that waits for a second person begins with him: ${run.id} (${run.name}) runs on the word of ${run.approvals.join(', ')}`;
    }
    return undefined;
  }

  isCopied(move: Move, nowMs: number): boolean {
    return this.#takenBy(move).every(
      (key) =>
        this.#exempt.has(key) || (this.#lastWriteMs.get(key) ?? -Infinity) + this.#copyMs <= nowMs,
    );
  }

  /** An application has taken a write. */
  write({ shard, app, zone, isPinned }: Write, nowMs: number): string | null {
    if (isPinned) return null;
    const key = keyOf(shard, app);
    const broken = this.#exempt.has(key) ? null : this.#secondWriter(shard, app, zone);
    if (broken === null) this.#lastWriteMs.set(key, nowMs);
    return broken;
  }

  #secondWriter(shard: number, app: string, zone: string): string | null {
    const move = this.moveOf(shard, app);
    if (move !== undefined && move.state !== 'freeze-pushed' && move.state !== 'verifying')
      return `nobody writes a shard between frozen and unfrozen: ${zone} has taken a write of shard ${shard}, which move ${move.id} brings from ${move.from} to ${move.to} (${move.state})`;
    const owner = this.owner(shard, app);
    if (zone !== owner)
      return `a shard is written by its owner alone: ${zone} has taken a write of shard ${shard}, which belongs to ${owner}`;
    return null;
  }

  /** A gate has sent a read there that was in touch with the store since `livingSinceMs`. */
  read(shard: number, app: string, zone: string, livingSinceMs: number): string | null {
    const movedMs = this.#movedMs.get(keyOf(shard, app));
    if (movedMs === undefined || livingSinceMs > movedMs - 2000) return null;
    const move = this.moveOf(shard, app);
    const fits = zone === this.owner(shard, app) || move?.from === zone || move?.to === zone;
    if (fits) return null;
    return `after the unfreeze no gate of the fleet reads at the old owner: a read of shard ${shard} went to ${zone}, and it belongs to ${this.owner(shard, app)}`;
  }
}
