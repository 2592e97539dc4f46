import type { Link, Rule, RuleSource } from '../../../src/waf/ir.ts';
import { faultText, parseSecLang } from '../../../src/waf/seclang/index.ts';

/** Files of phrases that tests name. */
const DATA: ReadonlyMap<string, string> = new Map([
  ['words.data', '# a comment\n\nfirst\n  # another\r\n two words \r\nlast'],
  ['more.data', 'more\n'],
  ['empty.data', '# nothing\n\n'],
  ['networks.data', '# inside\n10.0.0.0/8\n::1\n'],
  ['not-networks.data', '10.0.0.0/8\n10.0.0.0/33\n'],
]);
export const data = (name: string): string | null => DATA.get(name) ?? null;

/** Of one file, `a.conf`. */
export function source(text: string): RuleSource {
  const read = parseSecLang([{ file: 'a.conf', text }], data);
  if (!read.ok) throw new Error(read.error.map(faultText).join('\n'));
  return read.value;
}

export const rules = (text: string): Rule[] =>
  source(text).steps.filter((step) => step.kind === 'rule');

export function rule(text: string): Rule {
  const [first, second] = rules(text);
  if (first === undefined || second !== undefined) throw new Error(`not one rule: ${text}`);
  return first;
}

export const link = (text: string): Link => rule(text).links[0]!;

/** `file:line:column: message: found …, expected …` of every mistake. */
export function mistakes(text: string): string[] {
  const read = parseSecLang([{ file: 'a.conf', text }], data);
  return read.ok ? [] : read.error.map(faultText);
}
