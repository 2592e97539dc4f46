import type { Exclusion, Selector, Target } from '../ir.ts';
import type { Faults } from './fault.ts';
import { cut, isBlank, placeAt, readQuoted, type Text } from './text.ts';
import {
  isNameByte,
  type Named,
  namedVariable,
  VARIABLE_NAMES,
  xmlCollection,
} from './variables.ts';

export interface Targets {
  readonly targets: readonly Target[];
  readonly exclusions: readonly Exclusion[];
}

const ALL: Selector = { kind: 'all' };

/** `ARGS|!ARGS:foo|&TX:/^a/`. After a mistake: what was read in front of it. */
export function readTargets(text: Text, faults: Faults): Targets {
  const targets: Target[] = [];
  const exclusions: Exclusion[] = [];
  let at = 0;
  for (;;) {
    const item = readItem(text, at, faults);
    if (item === null) break;
    add(item, targets, exclusions, faults);
    at = skipBlanks(text.value, item.end);
    if (at === text.value.length) break;
    if (text.value[at] !== '|') {
      const rest = cut(text, at, text.value.length);
      faults.on(rest, 'text behind a variable', '| or the end; names with such bytes in quotes');
      break;
    }
    at++;
  }
  return { targets, exclusions };
}

/** One variable as `ctl` takes it: nothing in front of it. */
export function readExclusion(text: Text, faults: Faults): Exclusion | null {
  const { targets, exclusions } = readTargets(text, faults);
  const target = targets[0];
  if (target === undefined && exclusions.length === 0) return null;
  if (target === undefined || targets.length + exclusions.length > 1) {
    faults.on(text, 'not one variable', 'one, without !');
    return null;
  }
  if (target.kind === 'scalar') return { name: target.name, selector: ALL };
  if (target.count) faults.on(text, 'a count', 'a variable without &');
  return { name: target.name, selector: target.selector };
}

interface Item {
  readonly sign: '!' | '&' | '';
  readonly named: Named;
  readonly selector: Selector;
  readonly text: Text;
  readonly end: number;
}

function add(item: Item, targets: Target[], exclusions: Exclusion[], faults: Faults): void {
  const { sign, named, selector } = item;
  if (sign === '!') exclusions.push({ name: named.name, selector });
  else if (named.kind === 'collection')
    targets.push({ kind: 'collection', name: named.name, selector, count: sign === '&' });
  else if (sign === '&')
    faults.on(item.text, `${named.name} is one value`, 'a collection behind &');
  else targets.push({ kind: 'scalar', name: named.name });
}

function readItem(text: Text, start: number, faults: Faults): Item | null {
  const { value } = text;
  const from = skipBlanks(value, start);
  const first = value[from];
  const sign = first === '!' || first === '&' ? first : '';
  const nameAt = from + sign.length;
  let end = nameAt;
  while (end < value.length && isNameByte(value.charCodeAt(end))) end++;
  const name = cut(text, nameAt, end);
  if (end === nameAt) {
    const rest = cut(text, from, value.length);
    faults.on(rest, 'no variable', 'a variable, such as ARGS');
    return null;
  }
  const whole = cut(text, from, end);
  if (name.value.toUpperCase() === 'XML') return readXml(text, end, sign, whole, faults);
  const named = namedVariable(name.value);
  if (named === undefined) {
    faults.unknown(name, 'variable', VARIABLE_NAMES, 'a variable, such as ARGS');
    return null;
  }
  if (value[end] !== ':') return { sign, named, selector: ALL, text: whole, end };
  if (named.kind === 'scalar') {
    faults.on(cut(text, end, value.length), `${named.name} has no parts`, '| or the end');
    return null;
  }
  const read = readSelector(text, end + 1, faults);
  return read && { sign, named, selector: read.selector, text: whole, end: read.end };
}

function readXml(text: Text, at: number, sign: Item['sign'], whole: Text, faults: Faults) {
  const end = bareEnd(text.value, at);
  const name = text.value[at] === ':' ? xmlCollection(text.value.slice(at + 1, end)) : null;
  if (name !== null)
    return { sign, named: { kind: 'collection', name }, selector: ALL, text: whole, end } as const;
  faults.at(placeAt(whole, 0), 'a part of XML', text.value.slice(at, end), 'XML:/* or XML://@*');
  return null;
}

interface ReadSelector {
  readonly selector: Selector;
  readonly end: number;
}

function readSelector(text: Text, at: number, faults: Faults): ReadSelector | null {
  const { value } = text;
  if (value[at] === "'") {
    const quoted = readQuoted(text, at);
    if (quoted === null) {
      faults.on(cut(text, at, value.length), 'a quote that is not closed', "'");
      return null;
    }
    const inner = quoted.text.value;
    const regex = inner.length > 2 && inner.startsWith('/') && inner.endsWith('/');
    if (regex) return { selector: regexSelector(inner.slice(1, -1)), end: quoted.end };
    return keySelector(quoted.text, quoted.end, faults);
  }
  if (value[at] === '/') {
    const close = regexEnd(value, at + 1);
    if (close > at + 1)
      return { selector: regexSelector(value.slice(at + 1, close)), end: close + 1 };
    faults.on(cut(text, at, value.length), 'a regex that is not closed', '/ and | or the end');
    return null;
  }
  const end = bareEnd(value, at);
  return keySelector(cut(text, at, end), end, faults);
}

function keySelector(key: Text, end: number, faults: Faults): ReadSelector | null {
  if (key.value === '') {
    faults.on(key, 'no name behind the colon', 'a name, or /regex/');
    return null;
  }
  return { selector: { kind: 'key', key: key.value.toLowerCase() }, end };
}

const regexSelector = (source: string): Selector => ({ kind: 'regex', source });

/** Of the first slash that is not escaped and stands at the end of its variable; -1 if there is none. */
function regexEnd(value: string, from: number): number {
  for (let i = from; i < value.length; i++) {
    const byte = value[i];
    if (byte === '\\') i++;
    else if (byte === '/') {
      const behind = skipBlanks(value, i + 1);
      if (behind === value.length || value[behind] === '|') return i;
    }
  }
  return -1;
}

/** A bare name ends where engines might part: at a comma, too. */
function bareEnd(value: string, from: number): number {
  let at = from;
  while (at < value.length && !isBlank(value.charCodeAt(at)) && !'|,\'"'.includes(value[at]!)) at++;
  return at;
}

function skipBlanks(value: string, from: number): number {
  let at = from;
  while (at < value.length && isBlank(value.charCodeAt(at))) at++;
  return at;
}
