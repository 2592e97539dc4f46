/** Points in time as people write them: a time of day with its zone, or so long from now. */
import { z } from 'zod';

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})$/;
const SPAN = /^(\d{1,9})([smhd])$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** Nobody plans further ahead; a mistyped year is one. */
const MOST_MS = 366 * UNIT_MS.d!;

export const momentSchema = z.string().refine((text) => momentOf(text, 0) !== null, {
  error: 'a time with its zone, as 2026-11-11T00:00:00+08:00, or so long from now, as 30m or 2h',
});

/** Of a plan, which is written long before it runs. */
export const timeOfDaySchema = z
  .string()
  .refine((text) => ISO.test(text) && !Number.isNaN(Date.parse(text)), {
    error: 'a time with its zone, as 2026-11-11T00:00:00+08:00',
  });

/** @returns null when it can't be read; a time without a zone is somebody else's midnight */
export function momentOf(text: string, nowMs: number): number | null {
  const span = SPAN.exec(text);
  if (span !== null) return nowMs + Number(span[1]) * UNIT_MS[span[2]!]!;
  if (!ISO.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : atMs;
}

/** A window, by the clock of the gate that takes the command; a sentence where it is none. */
export function windowOf(
  from: string | undefined,
  until: string | undefined,
  nowMs: number,
): { readonly fromMs: number | null; readonly untilMs: number | null } | string {
  const fromMs = from === undefined ? null : momentOf(from, nowMs);
  const untilMs = until === undefined ? null : momentOf(until, nowMs);
  if (untilMs !== null && untilMs <= nowMs) return `the window is over: it ended ${iso(untilMs)}`;
  if (untilMs !== null && fromMs !== null && untilMs <= fromMs)
    return `the window ends ${iso(untilMs)}, before it begins ${iso(fromMs)}`;
  const far = Math.max(fromMs ?? 0, untilMs ?? 0);
  if (far > nowMs + MOST_MS) return `${iso(far)} is more than a year away`;
  return { fromMs: fromMs !== null && fromMs > nowMs ? fromMs : null, untilMs };
}

const iso = (ms: number): string => new Date(ms).toISOString();
