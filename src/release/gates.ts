/** Whether a release may go on: the new group against limits, and against the old one. */
import { z } from 'zod';
import { countSchema } from '../model/schema.ts';
import { type GroupMeasure, quantileMs } from './measure.ts';

const percent = z.number().min(0).max(100);

export const releaseGatesSchema = z.strictObject({
  minRequests: countSchema(0, 10_000_000)
    .default(100)
    .describe('That the new group must have answered before a stage is over'),
  errorPercent: percent
    .nullable()
    .default(5)
    .describe('Of the new group’s answers that are 5xx or none; null: not judged'),
  errorsOver: percent
    .nullable()
    .default(1)
    .describe('Points that the new group may fail more than the old one; null: not judged'),
  latencyRatio: z
    .number()
    .min(1)
    .max(100)
    .nullable()
    .default(null)
    .describe('Of the new group’s p95 to the old one’s; null: not judged'),
});
export type ReleaseGates = z.infer<typeof releaseGatesSchema>;

export type Judgement =
  | { readonly kind: 'well' }
  /** Too few requests to tell. */
  | { readonly kind: 'few'; readonly text: string }
  | { readonly kind: 'unwell'; readonly text: string };

const WELL: Judgement = { kind: 'well' };
const unwell = (text: string): Judgement => ({ kind: 'unwell', text });
/** Below it a ratio of times is noise. */
const FAST_MS = 5;

export interface Measured {
  readonly to: GroupMeasure;
  readonly from: GroupMeasure;
  /** The new group, in the last seconds: an hour of good answers must not hide that it is dying. */
  readonly lately: GroupMeasure;
}

/**
 * The limits count from `minRequests` on, but what can’t be made good any more by all the requests that
 * are still missing is said at once.
 */
export function judgeRelease({ to, from, lately }: Measured, gates: ReleaseGates): Judgement {
  const { minRequests, errorPercent } = gates;
  const bad = tooMany(to, gates) ?? tooMany(lately, gates);
  if (bad !== null) return unwell(`${bad} of the new group failed, more than ${errorPercent} %`);
  if (to.requests < minRequests)
    return { kind: 'few', text: `${to.requests} of ${minRequests} requests seen at the new group` };
  const least = Math.max(1, minRequests);
  return to.requests >= least && from.requests >= least ? against(to, from, gates) : WELL;
}

/** What failed, in words, where it is more than allowed however well the missing requests go. */
function tooMany(m: GroupMeasure, { minRequests, errorPercent }: ReleaseGates): string | null {
  const share = failedPercent(m, Math.max(1, minRequests, m.requests));
  return errorPercent !== null && m.failed > 0 && share > errorPercent ? shareText(m) : null;
}

function against(to: GroupMeasure, from: GroupMeasure, gates: ReleaseGates): Judgement {
  const { errorsOver, latencyRatio } = gates;
  const more = failedPercent(to, to.requests) - failedPercent(from, from.requests);
  if (errorsOver !== null && more > errorsOver)
    return unwell(
      `${shareText(to)} of the new group failed, ${shareText(from)} of the old one: more than ${errorsOver} points apart`,
    );
  const slow = quantileMs(to, 0.95);
  const usual = quantileMs(from, 0.95);
  if (latencyRatio === null || slow === null || usual === null) return WELL;
  if (slow <= FAST_MS || slow <= usual * latencyRatio) return WELL;
  return unwell(
    `p95 of the new group is ${slow.toFixed(0)} ms, of the old one ${usual.toFixed(0)} ms: more than ${latencyRatio} times`,
  );
}

const failedPercent = ({ failed }: GroupMeasure, requests: number): number =>
  requests === 0 ? 0 : (failed * 100) / requests;

const shareText = (m: GroupMeasure): string =>
  `${m.failed} of ${m.requests} requests (${failedPercent(m, m.requests).toFixed(1)} %)`;
