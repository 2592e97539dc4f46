/** Which variables of TX a rule reads and writes, before anything is compiled. */
import type { Link, Macro, Rule, SetVar, Target } from '../ir.ts';

/** A name of TX in lower case; null: which one is known only at run time. */
export type TxName = string | null;

export const macroParts = (macro: Macro): readonly Exclude<Macro, string>[number][] =>
  typeof macro === 'string' ? [macro] : macro;

export const fixedText = (macro: Macro): string | null =>
  typeof macro === 'string'
    ? macro
    : macro.every((p) => typeof p === 'string')
      ? macro.join('')
      : null;

export const writtenName = ({ name }: SetVar): TxName => fixedText(name)?.toLowerCase() ?? null;

function* namesInMacro(macro: Macro): Generator<string> {
  for (const part of macroParts(macro))
    if (typeof part !== 'string' && part.name === 'TX') yield part.key;
}

/** Does the macro use anything but TX? */
export const needsRequest = (macro: Macro): boolean =>
  macroParts(macro).some((p) => typeof p !== 'string' && p.name !== 'TX');

export function operandOf({ operator }: Link): Macro | null {
  return 'value' in operator ? operator.value : null;
}

const txNameOf = (target: Target): TxName =>
  target.kind === 'collection' && target.name === 'TX' && target.selector.kind === 'key'
    ? target.selector.key
    : null;

export const readsOnlyTx = ({ targets }: Link): boolean =>
  targets.every((t) => txNameOf(t) !== null);

/** What decides whether it matches. */
export function readByLink(link: Link): TxName[] {
  const names = link.targets.flatMap((t) => (t.name === 'TX' ? [txNameOf(t)] : []));
  const operand = operandOf(link);
  return operand === null ? names : [...names, ...namesInMacro(operand)];
}

/** Every name of TX that a rule may look at; null among them: any. */
export function readNames(rule: Rule): Set<TxName> {
  const names = new Set<TxName>();
  const add = (macro: Macro): void => {
    for (const name of namesInMacro(macro)) names.add(name);
  };
  add(rule.msg);
  add(rule.logData);
  for (const link of rule.links) {
    for (const name of readByLink(link)) names.add(name);
    for (const setVar of link.setVars) {
      add(setVar.name);
      if (setVar.op !== 'unset') add(setVar.value);
      if (setVar.op === 'add' || setVar.op === 'subtract') names.add(writtenName(setVar));
    }
  }
  return names;
}

export function writtenNames(rule: Rule): Set<TxName> {
  const names = new Set<TxName>();
  for (const link of rule.links) {
    for (const setVar of link.setVars) names.add(writtenName(setVar));
    if (link.capture) for (let group = 0; group < 10; group++) names.add(String(group));
  }
  return names;
}
