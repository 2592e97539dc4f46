/** The store of the fleet: compare-and-set on the epoch, leases by its own clock, and its failings. */
import type { Board, GateAck, GateInFleet } from '../failover/board.ts';
import { EMPTY_BOARD } from '../failover/board.ts';

interface LastWord {
  readonly ack: GateAck;
  readonly atMs: number;
  /** Since when its lease has not run out. */
  readonly livingSinceMs: number;
}

/** So many boards are remembered: no copy lags by more. */
const REMEMBERED = 16;

export class SimulatedStore {
  board: Board = EMPTY_BOARD;
  /** Connections of an earlier one are broken. */
  term = 0;
  downUntilMs = 0;
  /** A promoted copy takes no commands until every gate had the time to say what it knows. */
  closedUntilMs = 0;
  readonly #leaseMs: number;
  #past: Board[] = [];
  readonly #words = new Map<string, LastWord>();

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  beat(ack: GateAck, nowMs: number): void {
    const before = this.#words.get(ack.gate);
    const lives = before !== undefined && nowMs - before.atMs < this.#leaseMs;
    const livingSinceMs = lives ? before.livingSinceMs : nowMs;
    this.#words.set(ack.gate, { ack, atMs: nowMs, livingSinceMs });
  }

  view(nowMs: number): GateInFleet[] {
    return [...this.#words.values()].map(({ ack, atMs }) => {
      const ageMs = nowMs - atMs;
      return { ...ack, ageMs, leaseLeftMs: this.#leaseMs - ageMs };
    });
  }

  /** Infinity: its lease has run out. */
  livingSinceMs(gate: string, nowMs: number): number {
    const word = this.#words.get(gate);
    if (word === undefined || nowMs - word.atMs >= this.#leaseMs) return Number.POSITIVE_INFINITY;
    return word.livingSinceMs;
  }

  /** Some gate knows a newer board than the store: somebody has to re-assert it first. */
  isBehind(nowMs: number): boolean {
    return this.view(nowMs).some((g) => g.epoch > this.board.epoch);
  }

  commit(expected: number, next: Board, nowMs: number): boolean {
    if (expected !== this.board.epoch || nowMs < this.closedUntilMs || this.isBehind(nowMs))
      return false;
    this.#keep(next);
    return true;
  }

  reassert(board: Board): void {
    this.#keep(board);
  }

  #keep(board: Board): void {
    this.#past = [...this.#past, this.board].slice(-REMEMBERED);
    this.board = board;
  }

  /** @returns how many boards are lost */
  promote(lost: number, untilMs: number): number {
    const back = Math.min(lost, this.#past.length);
    if (back > 0) {
      this.board = this.#past.at(-back)!;
      this.#past = this.#past.slice(0, -back);
    }
    this.term++;
    this.downUntilMs = untilMs;
    this.closedUntilMs = untilMs + this.#leaseMs;
    return back;
  }
}
