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
function momentOf(text: string, nowMs: number): number | null {
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
  if (untilMs !== null && untilMs <= nowMs)
    return `the window is over: it ended ${utcText(untilMs)}`;
  if (untilMs !== null && fromMs !== null && untilMs <= fromMs)
    return `the window ends ${utcText(untilMs)}, before it begins ${utcText(fromMs)}`;
  const far = Math.max(fromMs ?? 0, untilMs ?? 0);
  if (far > nowMs + MOST_MS) return `${utcText(far)} is more than a year away`;
  return { fromMs: fromMs !== null && fromMs > nowMs ? fromMs : null, untilMs };
}

const DAY_S = 86_400;

/** As 2026-11-11T16:00:00Z. By hand, because below the shell nothing knows of dates but what it is told. */
export function utcText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const days = Math.floor(seconds / DAY_S);
  const inDay = seconds - days * DAY_S;
  // Years that begin in March, in eras of 400 of them: leap days come last.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const inEra = shifted - era * 146_097;
  const years = Math.floor(
    (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) /
      365,
  );
  const inYear = inEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100));
  const march = Math.floor((5 * inYear + 2) / 153);
  const day = inYear - Math.floor((153 * march + 2) / 5) + 1;
  const month = march < 10 ? march + 3 : march - 9;
  const year = years + era * 400 + (month <= 2 ? 1 : 0);
  const two = (n: number): string => String(n).padStart(2, '0');
  const time = [Math.floor(inDay / 3600), Math.floor(inDay / 60) % 60, inDay % 60].map(two);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time.join(':')}Z`;
}
