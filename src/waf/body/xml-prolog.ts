/** What may stand before the root of an XML document. */
import { isBlank, lowerAscii } from './bytes.ts';
import { agreesWithAscii } from './content-type.ts';
import type { Gather } from './gather.ts';

export const isXmlSpace = (byte: number): boolean =>
  isBlank(byte) || byte === 0x0a || byte === 0x0d;

/**
 * The encoding that the XML declaration names, in lower case; '' if it names none.
 * @param text from behind `<?xml` to before `?>`
 */
export function declaredEncoding(text: string): string {
  const found = text.indexOf('encoding');
  if (found < 0) return '';
  let at = found + 'encoding'.length;
  while (isXmlSpace(text.charCodeAt(at))) at++;
  if (text[at] !== '=') return '?';
  at++;
  while (isXmlSpace(text.charCodeAt(at))) at++;
  const quote = text[at];
  if (quote !== '"' && quote !== "'") return '?';
  const end = text.indexOf(quote, at + 1);
  return end < 0 ? '?' : lowerAscii(text.slice(at + 1, end));
}

/** Notes an encoding that does not agree with ASCII. True: the bytes should be UTF-8. */
export function checkEncoding(encoding: string, gather: Gather): boolean {
  if (encoding === '') return true;
  if (!agreesWithAscii(encoding)) gather.note('xml-encoding', 0);
  return encoding === 'utf-8' || encoding === 'utf8';
}

/**
 * Steps over a document type; with declarations or an external identifier it is a fault.
 * @param from behind `<!DOCTYPE`
 * @returns behind its `>`, or -1 if it has no end
 */
export function skipDoctype(text: string, from: number, gather: Gather): number {
  let inside = false;
  for (let i = from; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"' || char === "'") {
      // Quotes belong to an external identifier, or to declarations.
      gather.note('xml-doctype', i);
      i = text.indexOf(char, i + 1);
      if (i < 0) return -1;
    } else if (char === '[') {
      gather.note('xml-doctype', i);
      inside = true;
    } else if (char === ']') inside = false;
    else if (char === '>' && !inside) return i + 1;
  }
  return -1;
}
