/**
 * Takes commands, and writes: by compare-and-set, on the board as the store has it at that moment.
 * What was stored is in force here before anybody is told, so this gate never forgets it.
 */
import { apply } from '../../failover/apply.ts';
import { type Board, EMPTY_BOARD, type GateInFleet } from '../../failover/board.ts';
import { parseBoard } from '../../failover/board-schema.ts';
import { changed } from '../../failover/change.ts';
import type { Command } from '../../failover/commands.ts';
import { forecast } from '../../failover/forecast.ts';
import type { At } from '../../failover/outcome.ts';
import type { Refusal, World } from '../../failover/safety.ts';
import { declaredFirewall } from '../../snapshot/declared-firewall.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { Rehearsed, Submitted } from './desk.ts';
import type { BoardKeeper } from './keeper.ts';
import type { AuditLine, BoardStore, Committed } from './store.ts';
import { fromStored, toStored } from './stored-board.ts';
import type { Sync } from './sync.ts';
import type { Trail } from './trail.ts';

export interface ClerkParts {
  readonly gate: string;
  readonly store: BoardStore;
  readonly trail: Trail;
  readonly keeper: BoardKeeper;
  readonly sync: Sync;
  current(): Snapshot;
  /** The gates as the store shows them, or showed them last. */
  gates(): Promise<readonly GateInFleet[]>;
  world(gates: readonly GateInFleet[]): World;
  /** Something was stored: there may be something to do. */
  stored(): void;
}

export class Clerk {
  readonly #parts: ClerkParts;

  constructor(parts: ClerkParts) {
    this.#parts = parts;
  }

  async submit(command: Command, ifEpoch: number | null): Promise<Submitted> {
    const fresh = await this.#freshBoard();
    if (fresh.kind !== 'board') return fresh;
    const { board } = fresh;
    if (ifEpoch !== null && ifEpoch !== board.epoch) return { kind: 'conflict', board };
    const gates = await this.#parts.gates();
    const unknown = 'fenced' in command ? command.fenced.filter((f) => !isListed(f, gates)) : [];
    if (unknown.length > 0) {
      const message = `no gate is called ${unknown.join(', ')}`;
      const passes = `of ${gates.map((g) => g.gate).join(', ')}`;
      return { kind: 'refused', refusal: { rule: 'input', message, passes } };
    }
    const applied = apply(board, command, this.#parts.world(gates), this.#at());
    if (!applied.ok) {
      this.#refused(command, applied.error, board.epoch);
      return { kind: 'refused', refusal: applied.error };
    }
    const { board: next, run, what } = applied.value;
    return this.#store(board.epoch, next, run, what, command.overrides);
  }

  /** The board as the store has it now, in force here. */
  async #freshBoard(): Promise<{ kind: 'board'; board: Board } | Submitted> {
    await this.#parts.sync.read('a command');
    if (this.#parts.sync.down !== null)
      return { kind: 'store-down', why: this.#parts.sync.down, unsure: false };
    const behind =
      this.#parts.keeper.alarms.get('backwards') ?? this.#parts.keeper.alarms.get('other-digest');
    const broken =
      behind ?? this.#parts.keeper.alarms.get('garbage') ?? this.#parts.keeper.alarms.get('unsafe');
    if (broken === undefined) return this.#unlessSomebodyKnowsMore();
    const passes = behind === undefined ? 'mend what the alarm says' : 'zonegate board reassert';
    return { kind: 'refused', refusal: { rule: 'state', message: broken, passes } };
  }

  /** A living gate with a higher epoch than the store's: the store has lost what that gate knows. */
  async #unlessSomebodyKnowsMore(): Promise<{ kind: 'board'; board: Board } | Submitted> {
    const ahead = aheadOf(this.#parts.keeper.board, await this.#parts.gates());
    if (ahead === null) return { kind: 'board', board: this.#parts.keeper.board };
    // Or somebody has just written, and this gate has not read it yet.
    await this.#parts.sync.read('a gate is ahead');
    const { board } = this.#parts.keeper;
    if (ahead.epoch <= board.epoch) return { kind: 'board', board };
    const message = `gate ${ahead.gate} has epoch ${ahead.epoch}, the store only ${board.epoch}: it has lost changes`;
    return {
      kind: 'refused',
      refusal: { rule: 'state', message, passes: `zonegate board reassert at ${ahead.gate}` },
    };
  }

  #refused(command: Command, refusal: Refusal, epoch: number): void {
    const line: AuditLine = {
      ...{ atMs: Date.now(), by: command.by, gate: this.#parts.gate, what: command.do },
      ...{ reason: command.reason, epoch, overrides: command.overrides },
      outcome: `refused: ${refusal.rule}: ${refusal.message}`.slice(0, 1000),
    };
    this.#parts.trail.append(line);
    void this.#parts.store.append(line).catch(() => undefined);
  }

  async #store(
    expected: number,
    next: Board,
    run: string | null,
    what: string,
    overrides: readonly string[],
  ): Promise<Submitted> {
    const committed = await this.#commit(expected, next, what, overrides);
    if (typeof committed === 'string') return { kind: 'store-down', why: committed, unsure: true };
    if (committed.kind === 'conflict') {
      this.#parts.keeper.take(committed.current, 'a conflict');
      return { kind: 'conflict', board: this.#parts.keeper.board };
    }
    const { copies, replicasWanted } = committed;
    return { kind: 'stored', board: next, run, what, copies, replicasWanted };
  }

  /** @returns why the store can't be asked, where it can't */
  async #commit(
    expected: number,
    next: Board,
    what: string,
    overrides: readonly string[],
  ): Promise<Committed | string> {
    const stored = toStored(next);
    const unfit = parseBoard(stored.text);
    // What nobody could read would stop everything: rather nothing is stored.
    if (typeof unfit === 'string') return `the board was not stored: ${unfit}`;
    const { by, reason, atMs, epoch } = next;
    const line: AuditLine = {
      ...{ atMs, by, gate: this.#parts.gate, what, reason, outcome: 'stored', epoch },
      overrides: [...overrides],
    };
    try {
      const committed = await this.#parts.store.commit(expected, stored, line);
      // At once, and before anybody is told: what was stored here is never forgotten here.
      if (committed.kind === 'stored') this.#parts.keeper.take(stored, what);
      this.#parts.stored();
      return committed;
    } catch (error) {
      this.#parts.sync.refresh('after a failed commit');
      return (error as Error).message;
    }
  }

  async commitRun(next: Board, what: string): Promise<boolean> {
    const expected = next.epoch - 1;
    if (expected !== this.#parts.keeper.board.epoch) return false;
    const overrides = next.overrides.map((o) => o.rule);
    const committed = await this.#commit(expected, next, what, overrides);
    if (typeof committed === 'string') return false;
    if (committed.kind === 'stored') return true;
    this.#parts.keeper.take(committed.current, 'a conflict');
    return false;
  }

  #at(): At {
    const { plans, mirror, firewall } = this.#parts.current();
    const mirrors = mirror?.rules.map((r) => r.name) ?? [];
    const declared = { plans, mirrors, firewall: declaredFirewall(firewall) };
    return { nowMs: Date.now(), me: this.#parts.gate, ...declared };
  }

  async rehearse(command: Command): Promise<Rehearsed> {
    await this.#parts.sync.read('a rehearsal');
    const gates = await this.#parts.gates();
    const world = this.#parts.world(gates);
    const applied = apply(this.#parts.keeper.board, command, world, this.#at());
    if (!applied.ok) return { kind: 'refused', refusal: applied.error };
    const { board, run, what } = applied.value;
    const thought =
      run === null
        ? { boards: [{ board, what }], last: board, stopped: null }
        : forecast(board, run, world);
    const before = this.#parts.current();
    return { kind: 'forecast', before, forecast: thought, shardRps: world.shardRps, what };
  }

  /** The first board of an empty store. */
  async adopt(owners: readonly string[]): Promise<void> {
    const since = owners.map(() => 0);
    const signature = { by: 'zonegate', reason: 'the declared table', atMs: Date.now() };
    const next = changed(EMPTY_BOARD, { owners, since }, signature);
    const committed = await this.#commit(0, next, 'adopt the declared table', []);
    if (typeof committed === 'object' && committed.kind === 'conflict')
      this.#parts.keeper.take(committed.current, 'a conflict');
  }

  async reassert(by: string, reason: string): Promise<Submitted> {
    let stored: Awaited<ReturnType<BoardStore['read']>>;
    try {
      stored = await this.#parts.store.read();
    } catch (error) {
      return { kind: 'store-down', why: (error as Error).message, unsure: false };
    }
    const mine = this.#parts.keeper.board;
    const ahead = aheadOf(mine, await this.#parts.gates());
    if (ahead !== null) {
      const message = `gate ${ahead.gate} knows more: epoch ${ahead.epoch}, against ${mine.epoch} here`;
      return { kind: 'refused', refusal: { rule: 'state', message, passes: 'to say it there' } };
    }
    const there = stored?.epoch ?? 0;
    if (stored !== null && stored.digest === this.#parts.keeper.digest) {
      const message = `the store holds the very board of this gate, epoch ${there}`;
      return { kind: 'refused', refusal: { rule: 'state', message, passes: 'nothing to mend' } };
    }
    const known = stored === null ? null : fromStored(stored);
    const refused = this.#parts.keeper.alarms.has('unsafe');
    if (there > mine.epoch && !refused && typeof known === 'object' && known !== null)
      return { kind: 'conflict', board: known };
    const higher = { ...mine, epoch: Math.max(mine.epoch, there) };
    const next = changed(higher, {}, { by, reason, atMs: Date.now() });
    return this.#store(there, next, null, `reassert the board of epoch ${mine.epoch}`, []);
  }
}

const isListed = (name: string, gates: readonly GateInFleet[]): boolean =>
  gates.some((g) => g.gate === name);

/** The living gate that knows most, if it knows more than this board. */
function aheadOf(board: Board, gates: readonly GateInFleet[]): GateInFleet | null {
  const living = gates.filter((g) => g.leaseLeftMs > 0 && g.epoch > board.epoch);
  return living.toSorted((a, b) => b.epoch - a.epoch)[0] ?? null;
}
