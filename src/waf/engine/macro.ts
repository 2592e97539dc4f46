/** Texts with variables in them, and what setvar makes of a value. */
import { isCollection } from '../ir.ts';
import type { CompiledSetVar, Text } from '../program.ts';
import type { Variables } from './members.ts';
import type { TxValues } from './tx-values.ts';
import type { Matched } from './values.ts';

/** Values in macros stay whole up to here: rules compare them, and the longest that CRS builds are lists of types. */
const MACRO_BYTES = 8192;

type Parts = Exclude<Text, string>;
type VariablePart = Extract<Exclude<Parts[number], string>, { kind: 'variable' }>;

export function expand(text: Parts, found: Matched, tx: TxValues, variables: Variables): string {
  let expanded = '';
  for (const part of text) {
    if (typeof part === 'string') expanded += part;
    else if (part.kind === 'slot') expanded += (tx.get(part.slot) ?? '').slice(0, MACRO_BYTES);
    else expanded += variableOf(part, found, tx, variables);
  }
  return expanded;
}

function variableOf(
  { variable: { name, key } }: VariablePart,
  found: Matched,
  tx: TxValues,
  variables: Variables,
): string {
  switch (name) {
    case 'MATCHED_VAR':
      return found.value.slice(0, MACRO_BYTES);
    case 'MATCHED_VAR_NAME':
      return found.name;
    case 'TX':
      return tx.byName(key) ?? '';
    case 'MATCHED_VARS':
    case 'MATCHED_VARS_NAMES':
      return '';
    default:
  }
  const member = isCollection(name)
    ? variables.list(name).find((m) => m.key.toLowerCase() === key)
    : variables.scalar(name);
  return member?.value.slice(0, MACRO_BYTES) ?? '';
}

/** @returns undefined: it is no longer set */
export function changed(
  op: CompiledSetVar['op'],
  before: string | undefined,
  value: string,
): string | undefined {
  switch (op) {
    case 'set':
      return value;
    case 'unset':
      return undefined;
    case 'add':
      return String(numberOf(before) + numberOf(value));
    case 'subtract':
      return String(numberOf(before) - numberOf(value));
  }
}

/** As ModSecurity reads numbers: what does not begin with one is 0. */
const numberOf = (text: string | undefined): number => Number.parseInt(text ?? '0', 10) || 0;
