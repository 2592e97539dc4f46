/** Operators whose argument may hold variables: it comes with every call. */
import { assertNever } from '../../model/result.ts';
import { isAlphanumeric, isDigit, isSpace } from '../bytes.ts';
import type { Operator } from '../ir.ts';

export type NumberOperator = Extract<Operator['name'], 'eq' | 'ne' | 'ge' | 'gt' | 'le' | 'lt'>;
export type TextOperator = Extract<
  Operator['name'],
  'streq' | 'contains' | 'containsWord' | 'beginsWith' | 'endsWith' | 'within'
>;

/** Whatever is larger compares as this: nothing wraps around to small numbers. */
const LARGEST = Number.MAX_SAFE_INTEGER;

/** C's atoll: white space, a sign, digits; what follows does not matter. No digits are 0. */
export function leadingInteger(text: string): number {
  let i = 0;
  while (i < text.length && isSpace(text.charCodeAt(i))) i++;
  const negative = text.charAt(i) === '-';
  if (negative || text.charAt(i) === '+') i++;
  let number = 0;
  while (i < text.length && isDigit(text.charCodeAt(i))) {
    if (number < LARGEST) number = Math.min(number * 10 + (text.charCodeAt(i) & 15), LARGEST);
    i++;
  }
  return negative ? 0 - number : number;
}

export function compareNumbers(name: NumberOperator, value: string, operand: string): boolean {
  const a = leadingInteger(value);
  const b = leadingInteger(operand);
  switch (name) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'ge':
      return a >= b;
    case 'gt':
      return a > b;
    case 'le':
      return a <= b;
    case 'lt':
      return a < b;
    default:
      return assertNever(name);
  }
}

/** With the case of letters. An empty operand is in every value, an empty value within every operand. */
export function compareText(name: TextOperator, value: string, operand: string): boolean {
  switch (name) {
    case 'streq':
      return value === operand;
    case 'contains':
      return value.includes(operand);
    case 'containsWord':
      return containsWord(value, operand);
    case 'beginsWith':
      return value.startsWith(operand);
    case 'endsWith':
      return value.endsWith(operand);
    case 'within':
      return operand.includes(value);
    default:
      return assertNever(name);
  }
}

const isWordByte = (value: string, at: number): boolean => {
  if (at < 0 || at >= value.length) return false;
  const byte = value.charCodeAt(at);
  return isAlphanumeric(byte) || byte === 0x5f;
};

/** The operand with no letter, digit or underscore next to it. */
function containsWord(value: string, operand: string): boolean {
  if (operand === '') return true;
  let at = value.indexOf(operand);
  while (at >= 0) {
    if (!isWordByte(value, at - 1) && !isWordByte(value, at + operand.length)) return true;
    at = value.indexOf(operand, at + 1);
  }
  return false;
}
