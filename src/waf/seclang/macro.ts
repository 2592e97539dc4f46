import type { Macro, Variable } from '../ir.ts';
import type { Faults } from './fault.ts';
import { cut, type Text } from './text.ts';
import { isNameByte, namedVariable, VARIABLE_NAMES } from './variables.ts';

/** A text with `%{variables}`. After a mistake it is the text itself: the rule is not used then. */
export function readMacro(text: Text, faults: Faults): Macro {
  const { value } = text;
  let open = value.indexOf('%{');
  if (open < 0) return value;
  const parts: (string | Variable)[] = [];
  let from = 0;
  while (open >= 0) {
    const close = value.indexOf('}', open);
    if (close < 0) {
      faults.on(cut(text, open, value.length), 'a variable that is not closed', '}');
      return value;
    }
    const variable = readVariable(cut(text, open + 2, close), faults);
    if (variable === null) return value;
    if (open > from) parts.push(value.slice(from, open));
    parts.push(variable);
    from = close + 1;
    open = value.indexOf('%{', from);
  }
  if (from < value.length) parts.push(value.slice(from));
  return parts;
}

/** No variable was meant, read or not. */
export const isPlain = (macro: Macro): macro is string =>
  typeof macro === 'string' && !macro.includes('%{');

function readVariable(text: Text, faults: Faults): Variable | null {
  const { value } = text;
  let end = 0;
  while (end < value.length && isNameByte(value.charCodeAt(end))) end++;
  const name = cut(text, 0, end);
  const named = namedVariable(name.value);
  if (named === undefined) {
    faults.unknown(name, 'variable', VARIABLE_NAMES, 'a variable, such as tx.score');
    return null;
  }
  if (named.kind === 'scalar') {
    if (end === value.length) return { name: named.name, key: '' };
    faults.on(cut(text, end, value.length), `${named.name} has no parts`, '}');
    return null;
  }
  const separator = value[end];
  if ((separator !== '.' && separator !== ':') || end + 1 === value.length) {
    faults.on(text, `${named.name} has many values`, `${named.name}.name`);
    return null;
  }
  return { name: named.name, key: value.slice(end + 1).toLowerCase() };
}

/** A text in which a variable would not be looked up. */
export function readPlain(text: Text, what: string, faults: Faults): string {
  const open = text.value.indexOf('%{');
  if (open >= 0) {
    const rest = cut(text, open, text.value.length);
    faults.on(rest, `a variable in ${what}`, 'plain text');
  }
  return text.value;
}
