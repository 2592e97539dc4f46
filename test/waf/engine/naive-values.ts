/** Of the naive reading: what is done with one value. */
import type { Member } from '../../../src/waf/engine/member.ts';
import type { Link, Operator, Rule, RuleChoice, Selector, Target } from '../../../src/waf/ir.ts';
import { compilePattern, type Pattern } from '../../../src/waf/rx/index.ts';
import { TRANSFORM } from '../../../src/waf/transforms/index.ts';

export interface Found {
  readonly name: string;
  readonly value: string;
}

const patterns = new Map<string, Pattern>();

export function patternOf(source: string, caseInsensitive = false): Pattern {
  const key = `${caseInsensitive} ${source}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const made = compilePattern(source, caseInsensitive ? { caseInsensitive } : {});
  if (!made.ok) throw new Error(source);
  patterns.set(key, made.value);
  return made.value;
}

export const chosen = (choice: RuleChoice, rule: Rule): boolean =>
  choice.kind === 'ids'
    ? rule.id >= choice.from && rule.id <= choice.to
    : choice.kind === 'tag'
      ? rule.tags.includes(choice.tag)
      : rule.msg === choice.msg;

/** null: an operator that captures nothing. */
export function groupsOf(
  operator: Operator,
  value: string,
): readonly (string | undefined)[] | null {
  switch (operator.name) {
    case 'rx':
      return patternOf(operator.pattern).exec(value) ?? [];
    case 'pm': {
      const folded = value.toLowerCase();
      const phrases = operator.phrases.map((p) => p.toLowerCase());
      for (let end = 1; end <= value.length; end++) {
        const ending = phrases.filter((p) => folded.slice(0, end).endsWith(p));
        const longest = Math.max(0, ...ending.map((p) => p.length));
        if (longest > 0) return [value.slice(end - longest, end)];
      }
      return [];
    }
    case 'validateByteRange':
      return [Array.from(value).find((c) => isOutside(operator.ranges, c))];
    default:
      return null;
  }
}

export const isOutside = (ranges: readonly (readonly [number, number])[], char: string): boolean =>
  !ranges.some(([first, last]) => char.charCodeAt(0) >= first && char.charCodeAt(0) <= last);

/** The value, and what each transformation that changes it makes of it. */
export function transformed({ transforms }: Link, value: string): string[] {
  const all = [value];
  for (const name of transforms) {
    const next = TRANSFORM[name].apply(all.at(-1)!);
    if (next !== all.at(-1)) all.push(next);
  }
  return all;
}

export function picks(selector: Selector, key: string, { name }: Target): boolean {
  if (selector.kind === 'all') return true;
  if (selector.kind === 'key') return key.toLowerCase() === selector.key;
  const caseInsensitive = name === 'TX' || name.endsWith('_HEADERS');
  return patternOf(selector.source, caseInsensitive).test(key);
}

export const shown = (m: Member): Found & { key: string } => ({
  name: m.name,
  value: m.value,
  key: m.key,
});
