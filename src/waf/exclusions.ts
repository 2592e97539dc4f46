/** Holes that a policy declares: read, and held against the rules that they are in. */
import type { DocPath, Report } from '../model/issue.ts';
import { chosenBy } from './compile/choice.ts';
import type { PolicyDoc } from './firewall-schema.ts';
import type { Rule, RuleChoice } from './ir.ts';
import { exclusionOfField, FIELD_NAMES } from './native/fields.ts';
import type { PolicyExclusion } from './policy.ts';

type ExclusionDoc = PolicyDoc['exclusions'][number];

/** Whoever answers for it is told so long before it ends. */
const SOON_MS = 14 * 24 * 3_600_000;

/** @returns empty after a mistake, which is reported */
export function exclusionOf(entry: ExclusionDoc, path: DocPath, report: Report): PolicyExclusion[] {
  const rules = choiceOf(entry);
  if (rules === null) {
    report.error(path, 'exclusion', 'an exclusion names what it is of', {
      expected: 'either rule or tag',
    });
    return [];
  }
  const target = entry.target === undefined ? null : exclusionOfField(entry.target);
  if (target === undefined) {
    report.unknownName([...path, 'target'], 'field', entry.target!, FIELD_NAMES);
    return [];
  }
  const expiresAtMs = entry.expires === undefined ? null : Date.parse(entry.expires);
  return [{ rules, target, owner: entry.owner, reason: entry.reason, expiresAtMs }];
}

function choiceOf({ rule, tag }: ExclusionDoc): RuleChoice | null {
  if ((rule === undefined) === (tag === undefined)) return null;
  if (tag !== undefined) return { kind: 'tag', tag };
  const [from, to] = String(rule).split('-').map(Number);
  return { kind: 'ids', from: from!, to: to ?? from! };
}

/** Warns of one that is over or nearly, and of one that is in no rule: a slip, or a rule that is gone. */
export function judgeExclusion(
  entry: ExclusionDoc,
  rules: readonly Rule[],
  nowMs: number,
  path: DocPath,
  report: Report,
): void {
  const choice = choiceOf(entry);
  if (choice === null) return;
  const { expires, owner } = entry;
  const leftMs = expires === undefined ? Infinity : Date.parse(expires) - nowMs;
  if (leftMs <= 0)
    report.warn([...path, 'expires'], 'exclusion-expired', `the exclusion of ${owner} is over`, {
      found: expires!,
      expected: 'take it out, or give it another end',
    });
  else if (leftMs <= SOON_MS)
    report.warn([...path, 'expires'], 'exclusion-expiring', `the exclusion of ${owner} ends soon`, {
      found: expires!,
    });
  const chosen = rules.filter((rule) => chosenBy(choice, rule));
  const refuses = chosen.find(
    (rule) => rule.disposition.kind === 'deny' || rule.disposition.kind === 'drop',
  );
  if (refuses !== undefined && entry.target === undefined)
    report.warn(
      path,
      'exclusion-opens',
      `rule ${refuses.id} is what refuses: without it, what it judges is let pass`,
      {
        found: entry.tag ?? String(entry.rule),
        expected: 'exclusions of the rules that score, or another threshold',
      },
    );
  if (chosen.length > 0) return;
  report.warn(path, 'exclusion-unused', 'the exclusion is of no rule that the policy has', {
    found: entry.tag ?? String(entry.rule),
  });
}
