/** The only ways in which boards are made from boards: the epoch grows by one, and somebody signs. */
import type { Board, Move, Signature, Switch } from './board.ts';
import type { Run } from './run.ts';

/** So many runs that are over are kept, and so many lines of each. */
const KEPT_RUNS = 20;
const KEPT_LINES = 100;
const KEPT_FREEZES = 400;
export const DAY_MS = 86_400_000;

export function changed(board: Board, patch: Partial<Board>, signature: Signature): Board {
  const { by, reason, atMs } = signature;
  const next = { ...board, ...patch, epoch: board.epoch + 1, by, reason, atMs };
  const over = next.runs.filter((r) => r.endedAtMs !== null && r.returnAtMs === null);
  const dropped = new Set(over.slice(0, Math.max(0, over.length - KEPT_RUNS)).map((r) => r.id));
  return {
    ...next,
    runs: next.runs.filter((r) => !dropped.has(r.id)),
    overrides: next.overrides.filter((o) => o.untilMs > atMs),
    pastFreezes: next.pastFreezes.filter((f) => f.atMs > atMs - DAY_MS).slice(-KEPT_FREEZES),
  };
}

/** Takes the next number, and says which. */
export function numbered(board: Board, letter: string): { id: string; nextId: number } {
  return { id: `${letter}${board.nextId}`, nextId: board.nextId + 1 };
}

export const withRun = (board: Board, run: Run): readonly Run[] =>
  board.runs.map((r) => (r.id === run.id ? run : r));

export const withMove = (board: Board, move: Move): readonly Move[] =>
  board.moves.map((m) => (m.id === move.id ? move : m));

export const withSwitch = (board: Board, s: Switch): readonly Switch[] =>
  board.switches.some((o) => o.id === s.id)
    ? board.switches.map((o) => (o.id === s.id ? s : o))
    : [...board.switches, s];

export function logged(run: Run, atMs: number, text: string): Run {
  return { ...run, log: [...run.log, { atMs, text }].slice(-KEPT_LINES) };
}
