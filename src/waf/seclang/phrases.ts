import type { Faults } from './fault.ts';
import { cut, isBlank, type Text } from './text.ts';

/** Contents of a file that a rule names, relative to the rule's file; null when there is none. */
export type Phrases = (name: string) => string | null;

/** The phrases of `@pm`, parted by white space. */
export function readPhrases(text: Text, faults: Faults): readonly string[] | null {
  const words = splitBlanks(text);
  const bytes = words.find((word) => word.value.includes('|'));
  if (bytes !== undefined) {
    // Engines read |41 42| as bytes, and part ways over a single |.
    faults.on(bytes, '| in a phrase', 'phrases without |, or @rx');
    return null;
  }
  if (words.length > 0) return words.map((word) => word.value);
  faults.on(text, 'an operator without its argument', 'phrases, parted by white space');
  return null;
}

/** One phrase a line, of all files named; `#` begins a comment. */
export function readPhraseFiles(text: Text, phrases: Phrases, faults: Faults): string[] | null {
  const names = splitBlanks(text);
  if (names.length === 0) faults.on(text, 'an operator without its argument', 'the name of a file');
  const lines: string[] = [];
  let whole = names.length > 0;
  for (const name of names) {
    const contents = phrases(name.value);
    if (contents === null) faults.on(name, 'no such file', 'a file beside the rules');
    else if (readLines(contents, lines) === 0)
      faults.on(name, 'a file without a phrase', 'a phrase');
    else continue;
    whole = false;
  }
  return whole ? lines : null;
}

/** @returns how many it found */
function readLines(contents: string, lines: string[]): number {
  const before = lines.length;
  for (const raw of contents.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    let ink = 0;
    while (ink < line.length && isBlank(line.charCodeAt(ink))) ink++;
    if (ink < line.length && line.charCodeAt(ink) !== 0x23) lines.push(line);
  }
  return lines.length - before;
}

function splitBlanks(text: Text): Text[] {
  const { value } = text;
  const words: Text[] = [];
  let at = 0;
  for (;;) {
    while (at < value.length && isBlank(value.charCodeAt(at))) at++;
    if (at === value.length) return words;
    const from = at;
    while (at < value.length && !isBlank(value.charCodeAt(at))) at++;
    words.push(cut(text, from, at));
  }
}
