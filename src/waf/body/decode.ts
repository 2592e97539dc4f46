/** Percent-decoding, in one pass; a text without anything to decode is given back as it is. */
import { hexOf } from './bytes.ts';

/** As in a path: `+` stays. Escapes without two hexadecimal digits stay as they are. */
export const percentDecode = (text: string): string =>
  text.includes('%') ? decoded(text, false) : text;

/** As in a form or a query: `+` is a space. */
export const formDecode = (text: string): string =>
  text.includes('%') || text.includes('+') ? decoded(text, true) : text;

function decoded(text: string, plus: boolean): string {
  const bytes = Buffer.from(text, 'latin1');
  let to = 0;
  for (let i = 0; i < bytes.length; i++, to++) {
    const byte = bytes[i]!;
    bytes[to] = plus && byte === 0x2b ? 0x20 : byte;
    if (byte !== 0x25) continue;
    const high = hexOf(bytes[i + 1] ?? 0);
    const low = hexOf(bytes[i + 2] ?? 0);
    if (high < 0 || low < 0) continue;
    bytes[to] = (high << 4) | low;
    i += 2;
  }
  return bytes.latin1Slice(0, to);
}

/**
 * Where the first percent sign without two hexadecimal digits stands, or -1.
 * @param cut true: an escape that the end cuts in two is no mistake
 */
export function badEscapeAt(text: string, cut: boolean): number {
  for (let i = text.indexOf('%'); i >= 0; i = text.indexOf('%', i + 1)) {
    if (cut && i + 2 >= text.length) return -1;
    if (hexOf(text.charCodeAt(i + 1)) < 0 || hexOf(text.charCodeAt(i + 2)) < 0) return i;
  }
  return -1;
}
