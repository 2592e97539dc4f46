/** One line that says how far it is: written over on a terminal, else a new one for each change. */
import type { Run } from '../../failover/run.ts';
import type { FleetAnswer } from '../../shell/control/answers.ts';

export interface Seen {
  readonly run: Run | null;
  readonly waitsFor: string | null;
  readonly fleet: FleetAnswer;
  /** That all gates have to reach. */
  readonly epoch: number;
}

const SILENT =
  'the gate does not answer just now; the order is stored, and another gate can be asked: --admin';

export class Progress {
  readonly #onTerminal = process.stderr.isTTY;
  #last = '';

  show(seen: Seen): void {
    const key = keyOf(seen);
    if (this.#onTerminal) process.stderr.write(`\r\u001b[2K${fitting(textOf(seen, key))}`);
    else if (key !== this.#last) process.stderr.write(`${textOf(seen, key)}\n`);
    this.#last = key;
  }

  /** The gate that was asked does not answer; told once. */
  silent(): void {
    if (this.#last === SILENT) return;
    this.#last = SILENT;
    process.stderr.write(`${SILENT}\n`);
  }

  /** What is written next begins on a line of its own. */
  end(): void {
    if (this.#onTerminal && this.#last !== '') process.stderr.write('\n');
  }
}

/** A line that wraps could not be written over. */
const fitting = (line: string): string => line.slice(0, (process.stderr.columns || 80) - 1);

/** All but times, which never stand still. */
function keyOf({ run, waitsFor, fleet, epoch }: Seen): string {
  const parts = run === null ? [] : [runText(run)];
  if (waitsFor !== null) parts.push(waitsFor);
  return [...parts, gatesText(fleet, epoch)].join('; ');
}

function textOf({ fleet: { lag } }: Seen, key: string): string {
  return lag.p50Ms === null ? key : `${key}; lag p50 ${lag.p50Ms} ms, p99 ${lag.p99Ms ?? 0} ms`;
}

function runText(run: Run): string {
  const step = run.steps[run.at];
  if (step === undefined) return `${run.id} ${run.state}`;
  if (step.do === 'release')
    return `${run.id} ${run.state}, step ${run.at + 1}/${run.steps.length} release ${step.name} at ${run.moved} %`;
  const left = (run.queue ?? []).reduce((sum, leg) => sum + leg.shards.length, 0);
  const shards = run.moved + left > 0 ? `, ${run.moved} shards moved, ${left} wait` : '';
  return `${run.id} ${run.state}, step ${run.at + 1}/${run.steps.length} ${step.do}${shards}`;
}

export function gatesText(fleet: FleetAnswer, epoch: number): string {
  if (fleet.gates === null) return `gates not known: ${fleet.why ?? ''}`;
  const living = fleet.gates.filter((g) => g.living);
  const late = living.filter((g) => g.epoch < epoch).map((g) => g.gate);
  const done = `gates ${living.length - late.length}/${living.length} at epoch ${epoch}`;
  const lost = fleet.lost.length === 0 ? '' : `, lost ${fleet.lost.join(' ')}`;
  return `${done}${late.length === 0 ? '' : `, waiting for ${late.join(' ')}`}${lost}`;
}

/** Somebody lives, and everybody who does has it. */
export function isInForce(fleet: FleetAnswer, epoch: number): boolean {
  const living = fleet.gates?.filter((g) => g.living) ?? [];
  return living.length > 0 && living.every((g) => g.epoch >= epoch);
}
