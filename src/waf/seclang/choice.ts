import type { RuleChoice } from '../ir.ts';
import type { Faults } from './fault.ts';
import { readPlain } from './macro.ts';
import { decimal } from './network.ts';
import { cut, isBlank, type Text } from './text.ts';

/** Digits of an id. */
const ID_DIGITS = 12;

/** @returns the id, from 1; -1 after a mistake */
export function readId(text: Text, faults: Faults): number {
  const id = decimal(text.value, ID_DIGITS);
  if (id > 0) return id;
  faults.on(text, 'not an id', `a number of 1 to ${ID_DIGITS} digits`);
  return -1;
}

/** `942100` or `942100-942999`. */
export function readIds(text: Text, faults: Faults): RuleChoice | null {
  const dash = text.value.indexOf('-');
  const from = readId(dash < 0 ? text : cut(text, 0, dash), faults);
  const to = dash < 0 ? from : readId(cut(text, dash + 1, text.value.length), faults);
  if (from < 0 || to < 0) return null;
  if (from <= to) return { kind: 'ids', from, to };
  faults.on(text, 'a range that ends in front of its beginning', 'the smaller id first');
  return null;
}

/** Ids and ranges, parted by commas or white space. */
export function readIdList(text: Text, faults: Faults): readonly RuleChoice[] {
  const { value } = text;
  const choices: RuleChoice[] = [];
  const parts = (i: number) => value[i] === ',' || isBlank(value.charCodeAt(i));
  let at = 0;
  while (at < value.length) {
    const from = at;
    while (at < value.length && !parts(at)) at++;
    const choice = at > from ? readIds(cut(text, from, at), faults) : null;
    if (choice !== null) choices.push(choice);
    at++;
  }
  if (value === '') faults.on(text, 'no id', 'ids and ranges');
  return choices;
}

/** Tags are compared as a whole, as ModSecurity v3 does; v2 takes a regex, and a regex is refused. */
export function readTag(text: Text, faults: Faults): RuleChoice | null {
  const tag = readPlain(text, 'a tag', faults);
  for (let i = 0; i < tag.length; i++) {
    if (!'^$*+?()[]{}|\\'.includes(tag[i]!)) continue;
    faults.on(cut(text, i, tag.length), 'a regex for a tag', 'the whole tag');
    return null;
  }
  if (tag !== '') return { kind: 'tag', tag };
  faults.on(text, 'no tag', 'the whole tag');
  return null;
}

/** Messages are compared as a whole. */
export function readMsg(text: Text, faults: Faults): RuleChoice | null {
  const msg = readPlain(text, 'a message to look for', faults);
  if (msg !== '') return { kind: 'msg', msg };
  faults.on(text, 'no message', 'the whole message');
  return null;
}
