import type { Faults } from './fault.ts';
import { cut, isBlank, placeAt, readQuoted, type Text, trimmed } from './text.ts';

export interface Action {
  readonly name: Text;
  /** null: there is no colon. */
  readonly value: Text | null;
}

/** `id:1,msg:'a, b',pass`; a value with a comma or white space stands in single quotes. */
export function readActions(text: Text, faults: Faults): readonly Action[] {
  const { value } = text;
  const actions: Action[] = [];
  let at = 0;
  while (at < value.length) {
    const comma = endOfItem(value, at);
    const item = trimmed(cut(text, at, comma));
    // CRS itself ends no list in a comma, but many others do.
    if (item.value === '') {
      if (comma < value.length) faults.at(placeAt(text, comma), 'no action', ',', 'an action');
    } else {
      const action = readAction(item, faults);
      if (action !== null) actions.push(action);
    }
    at = comma + 1;
  }
  return actions;
}

function readAction(item: Text, faults: Faults): Action | null {
  const { value } = item;
  const colon = value.indexOf(':');
  if (colon < 0) return { name: item, value: null };
  const name = trimmed(cut(item, 0, colon));
  const rest = trimmed(cut(item, colon + 1, value.length));
  if (rest.value.startsWith("'")) {
    const quoted = readQuoted(rest, 0);
    if (quoted === null) {
      faults.on(rest, 'a quote that is not closed', "'");
      return null;
    }
    if (quoted.end === rest.value.length) return { name, value: quoted.text };
    const behind = cut(rest, quoted.end, rest.value.length);
    faults.on(behind, 'text behind a closing quote', 'a comma, or the end');
    return null;
  }
  const quote = rest.value.indexOf("'");
  if (quote >= 0) {
    const inside = cut(rest, quote, rest.value.length);
    faults.on(inside, 'a quote inside of a value', "a comma, or the whole value in ' '");
    return null;
  }
  if (wordEnd(rest.value) === rest.value.length) return { name, value: rest };
  const behind = cut(rest, wordEnd(rest.value), rest.value.length);
  faults.on(trimmed(behind), 'text behind a value', "a comma, or the value in ' '");
  return null;
}

function wordEnd(value: string): number {
  let at = 0;
  while (at < value.length && !isBlank(value.charCodeAt(at))) at++;
  return at;
}

/** Of the comma that ends the item, outside of single quotes. */
function endOfItem(value: string, from: number): number {
  let quoted = false;
  for (let i = from; i < value.length; i++) {
    const byte = value[i];
    if (byte === '\\') i++;
    else if (byte === "'") quoted = !quoted;
    else if (byte === ',' && !quoted) return i;
  }
  return value.length;
}
