import type { Macro, SetVar } from '../ir.ts';
import type { Faults } from './fault.ts';
import { isPlain, readMacro } from './macro.ts';
import { decimal } from './network.ts';
import { cut, isBlank, type Text } from './text.ts';

const PREFIX = 'tx.';

/** `tx.a=1`, `tx.a=+%{tx.b}`, `!tx.a`; `tx.a` alone sets it to 1. @returns null after a mistake */
export function readSetVar(text: Text, faults: Faults): SetVar | null {
  const { value } = text;
  const unset = value.startsWith('!');
  const from = unset ? 1 : 0;
  if (
    !value
      .slice(from, from + PREFIX.length)
      .toLowerCase()
      .startsWith(PREFIX)
  ) {
    const target = cut(text, from, value.length);
    faults.on(target, 'not a variable that rules can set', 'tx.name: nothing else is kept');
    return null;
  }
  const equals = value.indexOf('=', from);
  const nameEnd = equals < 0 ? value.length : equals;
  const nameText = cut(text, from + PREFIX.length, nameEnd);
  if (!isName(nameText.value)) {
    faults.on(nameText, 'not a name', 'a name without white space, = and the value');
    return null;
  }
  const name = readMacro(nameText, faults);
  if (equals < 0) return unset ? { name, op: 'unset' } : { name, op: 'set', value: '1' };
  if (unset) {
    faults.on(cut(text, equals, value.length), 'a value for what is unset', 'the end');
    return null;
  }
  const sign = value[equals + 1];
  if (sign !== '+' && sign !== '-')
    return { name, op: 'set', value: readMacro(cut(text, equals + 1, value.length), faults) };
  const amount = readAmount(cut(text, equals + 2, value.length), faults);
  return { name, op: sign === '+' ? 'add' : 'subtract', value: amount };
}

function readAmount(text: Text, faults: Faults): Macro {
  const value = readMacro(text, faults);
  if (isPlain(value) && decimal(value, 15) < 0)
    faults.on(text, 'not a whole number', 'digits, or a variable');
  return value;
}

function isName(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isBlank(text.charCodeAt(i))) return false;
  return text !== '';
}
