import type { Rule, RuleChoice } from '../ir.ts';
import { fixedText } from './reads.ts';

/** Is the rule one of those that an exclusion or a control names? */
export function chosenBy(choice: RuleChoice, rule: Rule): boolean {
  switch (choice.kind) {
    case 'ids':
      return rule.id >= choice.from && rule.id <= choice.to;
    case 'tag':
      return rule.tags.includes(choice.tag);
    case 'msg':
      return fixedText(rule.msg) === choice.msg;
  }
}
