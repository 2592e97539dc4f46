import type { Faults } from './fault.ts';
import { cut, isBlank, type Line, placeAt, readQuoted, type Text } from './text.ts';

/**
 * A directive's name and its arguments, parted by white space, in quotes or not.
 * @returns null after a mistake
 */
export function readWords(line: Line, faults: Faults): readonly Text[] | null {
  const { value } = line;
  const words: Text[] = [];
  let at = 0;
  for (;;) {
    while (at < value.length && isBlank(value.charCodeAt(at))) at++;
    if (at === value.length) return words;
    const byte = value.charCodeAt(at);
    if (byte !== 0x22 && byte !== 0x27) {
      const from = at;
      while (at < value.length && !isBlank(value.charCodeAt(at))) at++;
      words.push(cut(line, from, at));
      continue;
    }
    const quoted = readQuoted(line, at);
    if (quoted === null) {
      const hint = continuedInVain(value)
        ? 'a backslash as the very last byte of the line'
        : 'the closing quote, or a backslash at the end of the line';
      faults.on(cut(line, at, value.length), 'a quote that is not closed', hint);
      return null;
    }
    words.push(quoted.text);
    at = quoted.end;
    if (at < value.length && !isBlank(value.charCodeAt(at))) {
      const rest = cut(line, at, value.length);
      const expected = 'white space, or a backslash in front of a quote inside of the text';
      faults.at(placeAt(rest, 0), 'text behind a closing quote', rest.value, expected);
      return null;
    }
  }
}

/** A backslash with nothing but white space behind it. */
function continuedInVain(value: string): boolean {
  let end = value.length;
  while (end > 0 && isBlank(value.charCodeAt(end - 1))) end--;
  return end < value.length && value.charCodeAt(end - 1) === 0x5c;
}
