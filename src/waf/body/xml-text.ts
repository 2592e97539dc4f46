/** Characters and references of XML. No entity is ever expanded but the five known ones. */
import { badUtf8At, hexOf, utf8Of } from './bytes.ts';
import type { Gather } from './gather.ts';

const KNOWN = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['apos', "'"],
  ['quot', '"'],
]);
/** Of `quot` and `apos`. */
const LONGEST_KNOWN = 4;

/**
 * `text` with its references resolved; what is no known reference stays as it is, with a fault.
 * @param at where `text` stands in the body
 * @param cut the body goes on behind `text`: an unfinished reference is no mistake
 */
export function resolveReferences(text: string, at: number, cut: boolean, gather: Gather): string {
  let i = text.indexOf('&');
  if (i < 0) return text;
  let out = '';
  let from = 0;
  for (; i >= 0; i = text.indexOf('&', i + 1)) {
    const end = referenceEnd(text, i + 1);
    if (end >= text.length && cut) break;
    const meant = text[end] === ';' ? meaningOf(text, i + 1, end) : null;
    if (meant === null) {
      gather.note('xml-entity', at + i);
      continue;
    }
    out += text.slice(from, i) + meant;
    from = end + 1;
    i = end;
  }
  return out + text.slice(from);
}

/** Where the name or number ends. */
function referenceEnd(text: string, from: number): number {
  let i = from;
  if (text[i] === '#') {
    i++;
    if (text[i] === 'x') i++;
    while (hexOf(text.charCodeAt(i)) >= 0) i++;
    return i;
  }
  while (i - from <= LONGEST_KNOWN && i < text.length && text[i] !== ';') i++;
  return i;
}

function meaningOf(text: string, from: number, end: number): string | null {
  if (text[from] !== '#') return KNOWN.get(text.slice(from, end)) ?? null;
  const base = text[from + 1] === 'x' ? 16 : 10;
  const digits = from + (base === 16 ? 2 : 1);
  if (digits === end) return null;
  let point = 0;
  for (let i = digits; i < end; i++) {
    const digit = hexOf(text.charCodeAt(i));
    if (digit >= base) return null;
    point = point * base + digit;
    if (point > 0x10ffff) return null;
  }
  return isCharacter(point) ? utf8Of(point) : null;
}

/** XML 1.0, section 2.2. */
function isCharacter(point: number): boolean {
  if (point < 0x20) return point === 0x09 || point === 0x0a || point === 0x0d;
  return !(point >= 0xd800 && point < 0xe000) && point !== 0xfffe && point !== 0xffff;
}

/** Notes control characters, and what is no UTF-8 unless the encoding is a single-byte one. */
export function checkCharacters(text: string, isUtf8: boolean, gather: Gather): void {
  let beyondAscii = false;
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i);
    if (byte > 0x7f) beyondAscii = true;
    else if (byte < 0x20 && !isCharacter(byte)) {
      gather.note('xml-character', i);
      break;
    }
  }
  if (!beyondAscii || !isUtf8) return;
  const bad = badUtf8At(text, 0, text.length, gather.truncated);
  if (bad >= 0) gather.note('xml-utf8', bad);
}
