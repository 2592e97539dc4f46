/** What a gate process says as it goes: boards that come into force, and alarms. */
import type { ZonegateProcess } from '../support/process.ts';

export interface InForce {
  readonly epoch: number;
  /** By the wall clock of this machine. */
  readonly atMs: number;
}

interface Line {
  readonly msg?: string;
  readonly time?: number;
  readonly board?: number;
  readonly alarm?: string;
  readonly level?: number;
}

const ERROR_LEVEL = 50;

export class GateWatch {
  readonly boards: InForce[] = [];
  /** Alarms raised, ever. */
  readonly alarms: string[] = [];
  /** Every board came in above the one before it. */
  fell = 0;
  #rest = '';

  constructor(process: ZonegateProcess) {
    process.child.stderr!.on('data', (d: Buffer) => {
      const lines = `${this.#rest}${d.toString()}`.split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('{')) this.#take(JSON.parse(line) as Line);
    });
  }

  get highest(): number {
    return this.boards.at(-1)?.epoch ?? 0;
  }

  #take({ msg, time, board, alarm, level }: Line): void {
    if (alarm !== undefined && level === ERROR_LEVEL) this.alarms.push(alarm);
    if (msg !== 'board in force' || board === undefined || time === undefined) return;
    if (board <= this.highest) this.fell++;
    this.boards.push({ epoch: board, atMs: time });
  }

  /** When that epoch, or a later one, came into force. */
  reachedMs(epoch: number): number | null {
    for (let i = this.boards.length - 1; i >= 0; i--) {
      const board = this.boards[i]!;
      if (board.epoch < epoch) return this.boards[i + 1]?.atMs ?? null;
    }
    return this.boards[0]?.atMs ?? null;
  }
}
