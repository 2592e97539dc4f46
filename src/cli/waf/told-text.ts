/** A verdict for people. */
import type { BodyFault } from '../../waf/body/reading.ts';
import type { HeldBack, RuleTold } from './explanation.ts';

export interface Told {
  readonly request: string;
  readonly route: string;
  readonly app: string;
  readonly client: string;
  readonly policy: string;
  readonly mode: string;
  /** In mode block. */
  readonly refused: boolean;
  readonly verdict: { readonly status: number; readonly code: string };
  readonly at: string;
  /** The rule that decided; null: none, or a score of native rules. */
  readonly by: number | null;
  readonly rules: readonly RuleTold[];
  readonly score: Score;
  readonly answerScore: Score | null;
  readonly bodyFault: BodyFault | null;
  readonly truncated: boolean;
  readonly labels: readonly string[];
  readonly heldBack: readonly HeldBack[];
  readonly shadow: { readonly only: readonly number[]; readonly missing: readonly number[] } | null;
  readonly tested: number;
  readonly ms: number;
}

interface Score {
  readonly found: number;
  readonly threshold: number;
}

/** @param verbose rules that only set something up, too */
export function toldText(told: Told, verbose: boolean): string {
  const rules = told.rules.filter((r) => verbose || !r.quiet);
  const lines = [
    told.request,
    `route ${told.route}, app ${told.app}, policy ${told.policy}, mode ${told.mode}`,
    '',
    ...rules.flatMap((r) => ruleLines(r, verbose)),
    ...(rules.length === 0 ? ['no rule hit'] : ['']),
    ...factLines(told),
    verdictLine(told),
    `tested ${told.tested} values in ${told.ms} ms`,
  ];
  return `${lines.join('\n')}\n`;
}

/** How CRS files its rules; for people, few of these words tell anything. */
const FILING = /^(?:OWASP_CRS|capec|PCI|application-|language-|platform-|xss-perf-disable)/;

function ruleLines(r: RuleTold, verbose: boolean): string[] {
  const tags = verbose ? r.tags : r.tags.filter((tag) => !FILING.test(tag));
  const points = Object.entries(r.adds).map(([score, by]) => `${by} to ${score}`);
  const lines = [
    `phase ${r.phase}  ${String(r.id).padEnd(7)} ${r.message}`.trimEnd(),
    ...r.matched.map(({ target, value }) => field('matched', `${target} = ${quoted(value)}`)),
  ];
  if (points.length > 0) lines.push(field('adds', points.join(', ')));
  if (r.action !== 'pass' && r.action !== 'block') lines.push(field('action', r.action));
  if (r.takesOut) lines.push(field('does', 'takes rules, or parts of them, out of this request'));
  if (r.labels.length > 0) lines.push(field('labels', r.labels.join(', ')));
  if (tags.length > 0) lines.push(field('tags', tags.join(', ')));
  lines.push(field('rule', r.place));
  return lines;
}

const field = (name: string, text: string): string => `         ${name.padEnd(8)} ${text}`;

function factLines(told: Told): string[] {
  const { bodyFault, shadow, answerScore } = told;
  const lines: string[] = [];
  if (bodyFault !== null) {
    const sense = bodyFault.ambiguous ? ', so that readers may differ' : '';
    lines.push(`body    ${bodyFault.code} at byte ${bodyFault.at}: ${bodyFault.message}${sense}`);
  }
  if (told.truncated) lines.push('body    longer than the policy inspects');
  if (told.labels.length > 0) lines.push(`labels  ${told.labels.join(', ')}`);
  const takers = told.rules.filter((r) => r.takesOut).map((r) => r.id);
  if (takers.length > 0) lines.push(`taken out in part by rules: ${takers.join(', ')}`);
  for (const { rule, target, owner, reason } of told.heldBack)
    lines.push(`left out by an exclusion: ${rule} at ${target} (${owner}: ${reason})`);
  if (shadow !== null && (shadow.only.length > 0 || shadow.missing.length > 0))
    lines.push(
      `shadow  hits besides: ${listOf(shadow.only)}; does not hit: ${listOf(shadow.missing)}`,
    );
  else if (shadow !== null) lines.push('shadow  hits the same');
  lines.push(`score   ${scoreText(told.score)}`);
  if (answerScore !== null) lines.push(`answer  ${scoreText(answerScore)}`);
  return lines;
}

const listOf = (ids: readonly number[]): string => (ids.length === 0 ? 'none' : ids.join(', '));

const scoreText = ({ found, threshold }: Score): string => `${found}, refused at ${threshold}`;

function verdictLine({ refused, verdict, at, by, mode }: Told): string {
  if (!refused) return 'passes';
  const rule = by === null ? '' : `, by rule ${by}`;
  const what = verdict.status === 0 ? 'the connection is cut' : `${verdict.status} ${verdict.code}`;
  const when = mode === 'block' ? 'refused' : `passes in mode ${mode}; in mode block it is refused`;
  return `${when}: ${what} at the ${at.replace('-', '’s ')}${rule}`;
}

/** No control byte comes to a terminal. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
