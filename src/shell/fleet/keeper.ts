/**
 * The board in force at this gate. A board from the store comes in only if its epoch is higher, its
 * checksum good, and no safety rule speaks against it; what is refused raises an alarm and changes
 * nothing. Nothing here is on the way of a request.
 */
import { type Board, EMPTY_BOARD, holdsWrites, type Move } from '../../failover/board.ts';
import { judgeAsGate, judgeFixed, type World } from '../../failover/safety.ts';
import type { LastGood } from './last-good.ts';
import type { StoredBoard } from './store.ts';
import { fromStored, toStored } from './stored-board.ts';

/** One sentence at a time for each; cleared by the next good reading. */
export type AlarmKind = 'backwards' | 'other-digest' | 'garbage' | 'unsafe' | 'disk';

export interface KeeperHooks {
  world(): World;
  /** The board comes into force. */
  publish(board: Board, cause: string): void;
  /** Is a write under way that these moves forbid? */
  writesUnderWay(moves: readonly Move[]): boolean;
  alarm(kind: AlarmKind, text: string | null): void;
  /** What the gate has to tell the fleet has changed. */
  changed(): void;
}

export class BoardKeeper {
  readonly #hooks: KeeperHooks;
  readonly #disk: LastGood;
  #board: Board = EMPTY_BOARD;
  #digest = toStored(EMPTY_BOARD).digest;
  #onDisk = { epoch: 0, digest: this.#digest };
  #settled = 0;
  #appliedAtMs = 0;
  readonly alarms = new Map<AlarmKind, string>();
  /** Ever: for metrics. */
  readonly alarmCounts = new Map<AlarmKind, number>();
  /** A board was seen, in the store or on disk. */
  everSynced = false;

  constructor(disk: LastGood, hooks: KeeperHooks) {
    this.#disk = disk;
    this.#hooks = hooks;
  }

  get board(): Board {
    return this.#board;
  }

  get digest(): string {
    return this.#digest;
  }

  /** What may be acknowledged: a board that a restart would not lose. */
  get acknowledged(): { epoch: number; digest: string; settled: number; appliedAtMs: number } {
    const { epoch, digest } = this.#onDisk;
    const settled = Math.min(this.#settled, epoch);
    return { epoch, digest, settled, appliedAtMs: this.#appliedAtMs };
  }

  get trouble(): string | null {
    return this.alarms.get('unsafe') ?? this.alarms.get('disk') ?? null;
  }

  /**
   * The last board of this gate's own disk, before anything is served. Throws where it names owners
   * that the configuration does not have: neither of the two can be served by then.
   */
  async restore(): Promise<void> {
    const kept = await this.#disk.load((message) => this.#raise('disk', message));
    this.clear('disk');
    if (kept === null) return;
    const [refusal] = judgeFixed(kept.board, this.#hooks.world());
    if (refusal !== undefined)
      throw new Error(`the board in stateDir does not fit the configuration: ${refusal.message}`);
    this.everSynced = true;
    this.#onDisk = { epoch: kept.board.epoch, digest: kept.digest };
    this.#enforce(kept.board, kept.digest, 'read from stateDir');
  }

  /** Judges what the store holds. @returns whether it is in force now */
  take(stored: StoredBoard | null, cause: string): boolean {
    const mine = this.#board.epoch;
    const epoch = stored?.epoch ?? 0;
    if (epoch < mine) {
      const text = `the store holds epoch ${epoch}, behind epoch ${mine} in force here: it has lost changes. If nobody knows better, say: zonegate board reassert`;
      this.#raise('backwards', text);
      return false;
    }
    this.clear('backwards');
    if (stored === null) return true;
    if (epoch === mine) return this.#same(stored);
    const board = fromStored(stored);
    if (typeof board === 'string') {
      this.#raise('garbage', `epoch ${epoch} in the store: ${board}`);
      return false;
    }
    this.clear('garbage');
    const [refusal] = judgeAsGate(this.#board, board, this.#hooks.world());
    if (refusal !== undefined) {
      const text = `epoch ${epoch} is not applied: ${refusal.rule}: ${refusal.message}`;
      this.#raise('unsafe', text);
      this.#hooks.changed();
      return false;
    }
    this.clear('unsafe');
    this.everSynced = true;
    this.#enforce(board, stored.digest, cause);
    void this.#save(stored);
    return true;
  }

  #same(stored: StoredBoard): boolean {
    if (stored.digest === this.#digest || stored.epoch === 0) {
      this.clear('other-digest');
      this.clear('garbage');
      return true;
    }
    const text = `the store shows another board under the same epoch ${stored.epoch}; the one in force here stays`;
    this.#raise('other-digest', text);
    return false;
  }

  #enforce(board: Board, digest: string, cause: string): void {
    this.#board = board;
    this.#digest = digest;
    this.#appliedAtMs = Date.now();
    this.#hooks.publish(board, cause);
    this.settle();
  }

  /** No write that the board forbids is under way any more? Asked after a board, and after writes. */
  settle(): void {
    if (this.#settled >= this.#board.epoch) return;
    const frozen = this.#board.moves.filter(holdsWrites);
    const late = frozen.filter((m) => this.#hooks.writesUnderWay([m]));
    if (late.length > 0) {
      // Boards may be skipped: what was settled before says nothing of a move that is new here.
      this.#settled = Math.min(this.#settled, ...late.map((m) => m.stateEpoch - 1));
      return;
    }
    this.#settled = this.#board.epoch;
    this.#hooks.changed();
  }

  async #save(stored: StoredBoard): Promise<void> {
    try {
      await this.#disk.save(stored);
      const { epoch, digest } = stored;
      if (epoch > this.#onDisk.epoch) this.#onDisk = { epoch, digest };
      this.clear('disk');
    } catch (error) {
      const text = `the board is not on disk, and a restart would begin behind: ${(error as Error).message}`;
      this.#raise('disk', text);
    }
    this.#hooks.changed();
  }

  garbage(text: string): void {
    this.#raise('garbage', text);
  }

  #raise(kind: AlarmKind, text: string): void {
    if (this.alarms.get(kind) === text) return;
    this.alarms.set(kind, text);
    this.alarmCounts.set(kind, (this.alarmCounts.get(kind) ?? 0) + 1);
    this.#hooks.alarm(kind, text);
  }

  clear(kind: AlarmKind): void {
    if (this.alarms.delete(kind)) this.#hooks.alarm(kind, null);
  }
}
