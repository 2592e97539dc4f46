/** What is told of a judged request: plain data, for JSON and for people. */
import { isDeepStrictEqual } from 'node:util';
import { Report } from '../../model/issue.ts';
import { redacted } from '../../waf/audit.ts';
import { chosenBy } from '../../waf/compile/choice.ts';
import type { Trace } from '../../waf/engine/trace.ts';
import { exclusionOf } from '../../waf/exclusions.ts';
import type { PolicyDoc } from '../../waf/firewall-schema.ts';
import { exclusionOfField, fieldOfTarget } from '../../waf/native/fields.ts';
import { fromBytes } from '../../waf/native/text.ts';
import type { PolicyExclusion } from '../../waf/policy.ts';
import { compilePattern } from '../../waf/rx/index.ts';
import type { Judged } from './ask.ts';

export interface RuleTold {
  readonly phase: number;
  readonly id: number;
  readonly message: string;
  readonly severity: string | null;
  readonly matched: readonly { readonly target: string; readonly value: string }[];
  /** Points, by the score that they went to. */
  readonly adds: Readonly<Record<string, number>>;
  readonly action: string;
  readonly labels: readonly string[];
  readonly tags: readonly string[];
  readonly place: string;
  /** It takes other rules out of this request, or parts of them. */
  readonly takesOut: boolean;
  /** It says nothing: what it does is to set something up for others. */
  readonly quiet: boolean;
}

export interface HeldBack {
  readonly rule: number;
  readonly target: string;
  readonly owner: string;
  readonly reason: string;
}

/** @param full values whole, secrets too */
export function ruleTold(
  { rule, hit, matched, changes, controls }: Trace,
  full: boolean,
): RuleTold {
  return {
    phase: rule.phase,
    id: rule.id,
    message: shown(hit.msg),
    severity: hit.severity,
    matched: matched
      .filter(({ name }) => name !== '')
      .map(({ name, value }) => ({
        target: shown(name),
        value: shown(full ? value : redacted(name, value)),
      })),
    adds: pointsOf(changes),
    action: hit.disposition,
    labels: rule.labels,
    tags: rule.tags,
    place: `${rule.place.file}:${rule.place.line}`,
    takesOut: controls,
    quiet: !rule.log && hit.disposition === 'pass' && rule.labels.length === 0,
  };
}

/** UTF-8 where it is that. */
const shown = (bytes: string): string => fromBytes(bytes) ?? bytes;

function pointsOf(changes: Trace['changes']): Record<string, number> {
  const points: Record<string, number> = {};
  for (const { name, before, after } of changes) {
    if (!name.includes('score')) continue;
    const by = (Number.parseInt(after ?? '0', 10) || 0) - (Number.parseInt(before ?? '0', 10) || 0);
    if (by !== 0) points[name] = (points[name] ?? 0) + by;
  }
  return points;
}

/**
 * What the policy's exclusions have kept from being told: found by judging without them.
 * @param bare the same request before the policy without exclusions
 */
export function heldBack(judged: Judged, bare: Judged, doc: PolicyDoc): HeldBack[] {
  const told = new Set(judged.judgement.traces.flatMap(keysOf));
  const exclusions = doc.exclusions.flatMap((e) => exclusionOf(e, [], new Report()));
  return bare.judgement.traces.flatMap((trace) => {
    const own = exclusions.filter(({ rules }) => chosenBy(rules, trace.rule));
    // A rule of several conditions may have matched elsewhere than where it was stopped.
    const why = own.find((e) => trace.matched.some(({ name }) => isOf(name, e))) ?? own[0];
    const lost = trace.matched.filter((_, i) => !told.has(keysOf(trace)[i]!));
    if (why === undefined || lost.length === 0) return [];
    const { owner, reason } = why;
    return lost.map(({ name }) => ({ rule: trace.rule.id, target: shown(name), owner, reason }));
  });
}

function isOf(name: string, { target }: PolicyExclusion): boolean {
  if (target === null) return true;
  const field = fieldOfTarget(name);
  const found = field === null ? undefined : exclusionOfField(field);
  if (found?.name !== target.name) return false;
  const { selector } = target;
  if (selector.kind !== 'regex')
    return selector.kind === 'all' || isDeepStrictEqual(found.selector, selector);
  const pattern = compilePattern(selector.source);
  return pattern.ok && pattern.value.test(name.slice(name.indexOf(':') + 1));
}

const keysOf = ({ rule, matched }: Trace): string[] =>
  matched.map(({ name, value }) => `${rule.id} ${name} ${value}`);

/** Rules that speak in one of two rule sets only. */
export function shadowDifference({ judgement }: Judged): {
  readonly only: readonly number[];
  readonly missing: readonly number[];
} | null {
  if (judgement.policy.shadow === null) return null;
  const own = new Set(judgement.hits.filter((h) => h.log).map((h) => h.id));
  const beside = new Set(judgement.shadowHits.filter((h) => h.log).map((h) => h.id));
  return {
    only: [...beside].filter((id) => !own.has(id)),
    missing: [...own].filter((id) => !beside.has(id)),
  };
}
