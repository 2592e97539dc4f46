/**
 * Carries runs on: asks the pure `advance` what is next, and does it by compare-and-set. Every gate
 * has one; `advance` says whose turn it is, and where two think it theirs the epoch lets one win.
 */
import { performance } from 'node:perf_hooks';
import { advance, isFirstLiving } from '../../failover/advance.ts';
import { actByItself, watch } from '../../failover/automatic.ts';
import type { Board, GateInFleet } from '../../failover/board.ts';
import { type FleetSettings, silenceMs } from '../../failover/compile-fleet.ts';
import type { Sight } from '../../failover/move.ts';
import type { Next } from '../../failover/next.ts';
import { isOver } from '../../failover/run.ts';
import type { World } from '../../failover/safety.ts';
import { LevelChecks } from './level-checks.ts';

export interface StewardHooks {
  readonly me: string;
  board(): Board;
  world(gates: readonly GateInFleet[]): World;
  settings(): FleetSettings;
  /** As the store shows them. */
  gates(): Promise<readonly GateInFleet[]>;
  /** Without what it has acknowledged, where that was another history's board. */
  judged(gate: GateInFleet): GateInFleet;
  /** @returns whether it was stored and is in force here */
  commit(next: Board, what: string): Promise<boolean>;
  log(text: string, details: Record<string, unknown>): void;
  failed(error: unknown): void;
}

/** While shards are frozen every millisecond is somebody's; else there is time. */
const BUSY_MS = 10;
const WAITING_MS = 200;
const IDLE_MS = 1000;
/** Of turns in a row; then whoever is ahead is ahead for good. */
const TURNS_BEHIND = 50;

export class Steward {
  readonly #hooks: StewardHooks;
  #timer: NodeJS.Timeout | null = null;
  #working = false;
  #again = false;
  #closed = false;
  readonly #unwellSinceMs = new Map<string, number>();
  readonly #checks: LevelChecks;
  #turnsBehind = 0;
  /** What each run waits for, so that it is told once. */
  #waits = '';

  constructor(hooks: StewardHooks) {
    this.#hooks = hooks;
    this.#checks = new LevelChecks(
      () => hooks.settings().catchUp,
      (move, { level, why }) => {
        hooks.log(`data of ${move.to}: ${level}`, { move: move.id, why });
        this.wake();
      },
    );
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#closed) return;
    if (this.#working) {
      this.#again = true;
      return;
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    let inMs = IDLE_MS;
    try {
      inMs = await this.#once();
    } catch (error) {
      this.#hooks.failed(error);
    }
    this.#working = false;
    if (this.#closed) return;
    if (this.#again) {
      this.#again = false;
      inMs = Math.min(inMs, BUSY_MS);
    }
    this.#timer = setTimeout(() => this.wake(), inMs);
    this.#timer.unref();
  }

  /** @returns when to look again, in milliseconds */
  async #once(): Promise<number> {
    const busy = hasWork(this.#hooks.board());
    if (!busy) {
      this.#checks.clear();
      this.#waits = '';
    }
    const { automatic } = this.#hooks.settings();
    if (!busy && automatic.length === 0) return IDLE_MS;
    const listed = await this.#hooks.gates();
    const board = this.#hooks.board();
    const ahead = listed.find((g) => g.leaseLeftMs > 0 && g.epoch > board.epoch);
    if (ahead !== undefined) return this.#isBehind(ahead, board);
    this.#turnsBehind = 0;
    const gates = listed.map((g) => this.#hooks.judged(g));
    const world = this.#hooks.world(gates);
    const stuck = listed.filter((g) => g.trouble !== null).map((g) => g.gate);
    const sight = this.#sight(gates, stuck);
    watch(this.#unwellSinceMs, automatic, world, gates, sight.nowMs);
    const next = advance(board, world, sight);
    if (next?.kind === 'commit') return this.#carryOut(next, board);
    if (isFirstLiving(sight)) {
      const acted = actByItself(board, automatic, this.#unwellSinceMs, world, sight);
      if (acted !== null) return this.#carryOut({ kind: 'commit', ...acted }, board);
    }
    if (next !== null) return this.#carryOut(next, board);
    return busy ? WAITING_MS : IDLE_MS;
  }

  /** Either this gate is about to learn of a newer board, or the store has lost one. */
  #isBehind(ahead: GateInFleet, board: Board): number {
    this.#turnsBehind++;
    if (this.#turnsBehind < TURNS_BEHIND) return BUSY_MS;
    const text = `gate ${ahead.gate} has epoch ${ahead.epoch}, the store ${board.epoch}: nothing goes on before that is settled`;
    this.#waitFor(text, {});
    return IDLE_MS;
  }

  #waitFor(text: string, details: Record<string, unknown>): void {
    if (text !== this.#waits) this.#hooks.log(text, details);
    this.#waits = text;
  }

  async #carryOut(next: Next, board: Board): Promise<number> {
    switch (next.kind) {
      case 'commit':
        this.#waits = '';
        return (await this.#hooks.commit(next.board, next.what)) ? 0 : WAITING_MS;
      case 'check':
        this.#checks.ask(next.moves, performance.now());
        return next.moves.every((m) => m.state === 'verifying') ? WAITING_MS : BUSY_MS;
      case 'wait':
        this.#waitFor(next.text, { run: next.run });
        return board.moves.some((m) => m.state !== 'verifying') ? BUSY_MS : WAITING_MS;
    }
  }

  #sight(gates: readonly GateInFleet[], stuck: readonly string[]): Sight {
    const { fencing, catchUp } = this.#hooks.settings();
    return {
      nowMs: Date.now(),
      me: this.#hooks.me,
      gates,
      stuck,
      fencing,
      silentMs: silenceMs(this.#hooks.settings()),
      byPerson: catchUp.by === 'confirm',
      level: (move) => this.#checks.level(move),
    };
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

const hasWork = (board: Board): boolean =>
  board.moves.length > 0 ||
  board.runs.some((r) => !isOver(r) || r.returnAtMs !== null) ||
  board.switches.some((s) => s.untilMs !== null);
