/** Directives that change or take out rules above them. */
import type { RuleChoice } from '../ir.ts';
import { applyActions } from './actions.ts';
import { readId, readIdList, readIds, readMsg, readTag } from './choice.ts';
import type { Draft } from './draft.ts';
import type { Faults } from './fault.ts';
import { readTargets } from './targets.ts';
import { cut, type Text } from './text.ts';

type Choose = (text: Text, faults: Faults) => RuleChoice | null;

function chosen(draft: Draft, rules: RuleChoice): boolean {
  switch (rules.kind) {
    case 'ids':
      return draft.id >= rules.from && draft.id <= rules.to;
    case 'tag':
      return draft.tags.includes(rules.tag);
    case 'msg':
      return draft.msgText === rules.msg;
  }
}

function pick(drafts: Iterable<Draft>, rules: RuleChoice, text: Text, faults: Faults): Draft[] {
  const found: Draft[] = [];
  for (const draft of drafts) if (chosen(draft, rules)) found.push(draft);
  if (found.length === 0) faults.on(text, 'no such rule', 'a rule that stands above');
  return found;
}

export function removeByIds(texts: readonly Text[], drafts: Set<Draft>, faults: Faults): void {
  for (const text of texts)
    for (const rules of readIdList(text, faults))
      for (const draft of pick(drafts, rules, text, faults)) drafts.delete(draft);
}

const removeBy =
  (choose: Choose) =>
  (text: Text, drafts: Set<Draft>, faults: Faults): void => {
    const rules = choose(text, faults);
    if (rules === null) return;
    for (const draft of pick(drafts, rules, text, faults)) drafts.delete(draft);
  };
export const removeByTag = removeBy(readTag);
export const removeByMsg = removeBy(readMsg);

/** `942100:1` is the second link of a chain; without a number it is the first. */
export function updateTargetById(
  rule: Text,
  targets: Text,
  drafts: Set<Draft>,
  faults: Faults,
): void {
  const colon = rule.value.indexOf(':');
  if (colon < 0) {
    updateTargets(readIds(rule, faults), rule, targets, 0, drafts, faults);
    return;
  }
  const nth = cut(rule, colon + 1, rule.value.length);
  const digit = '0123456789'.indexOf(nth.value);
  if (digit < 0 || nth.value === '') {
    faults.on(nth, 'not a link of a chain', 'its number, from 0 to 9');
    return;
  }
  const id = readId(cut(rule, 0, colon), faults);
  if (id < 0) return;
  updateTargets({ kind: 'ids', from: id, to: id }, rule, targets, digit, drafts, faults);
}

const updateTargetBy =
  (choose: Choose) =>
  (rule: Text, targets: Text, drafts: Set<Draft>, faults: Faults): void =>
    updateTargets(choose(rule, faults), rule, targets, 0, drafts, faults);
export const updateTargetByTag = updateTargetBy(readTag);
export const updateTargetByMsg = updateTargetBy(readMsg);

function updateTargets(
  rules: RuleChoice | null,
  text: Text,
  targets: Text,
  nth: number,
  drafts: Set<Draft>,
  faults: Faults,
): void {
  const more = readTargets(targets, faults);
  if (rules === null) return;
  for (const draft of pick(drafts, rules, text, faults)) {
    const link = draft.links[nth];
    if (link === undefined) {
      faults.on(text, `rule ${draft.id} has ${draft.links.length} links`, 'a link that it has');
      continue;
    }
    link.targets.push(...more.targets);
    link.exclusions.push(...more.exclusions);
  }
}

/** What is said once takes the place of what the rule says; tags, transformations and the like are added. */
export function updateActionById(
  rule: Text,
  actions: Text,
  drafts: Set<Draft>,
  faults: Faults,
): void {
  const rules = readIds(rule, faults);
  if (rules === null) return;
  const found = pick(drafts, rules, rule, faults);
  for (const [nth, draft] of found.entries()) {
    const before = faults.list.length;
    applyActions(actions, 'update', { draft, link: draft.links[0]!, faults });
    // The same mistake for the next rule would say nothing new.
    if (faults.list.length > before && nth < found.length - 1) return;
  }
}
