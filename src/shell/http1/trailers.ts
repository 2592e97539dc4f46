import type { FieldSection } from './head.ts';
import { OTHER } from './tables.ts';

/** Fields that mean something before a body only (RFC 9110 6.5.1); names the engine knows go anyway. */
const FORBIDDEN =
  /^(?:content-|cache-control$|expires$|date$|age$|vary$|location$|retry-after$|range$|if-|authorization$|www-authenticate$|authentication-info$|pragma$|warning$|access-control-|strict-transport-security$|x-http-method|x-method-|x-forwarded|x-original|x-rewrite|x-client-|true-client-ip$|proxy|accept|origin$|referer$|user-agent$|prefer$|early-data$|sec-)/;

/** The lines of a trailer section that may follow a body onwards, each with CRLF. */
export function passableTrailers(fields: FieldSection): string {
  let lines = '';
  for (let f = 0; f < fields.count; f++) {
    if (fields.id(f) !== OTHER) continue;
    const name = fields.name(f);
    if (!FORBIDDEN.test(name)) lines += `${name}: ${fields.value(f)}\r\n`;
  }
  return lines;
}

/** @param lines as made by `passableTrailers`; @param names lower case */
export function withoutTrailers(lines: string, names: readonly string[]): string {
  if (lines === '' || names.length === 0) return lines;
  return lines
    .split('\r\n')
    .filter((line) => line !== '' && !names.includes(line.slice(0, line.indexOf(':'))))
    .map((line) => `${line}\r\n`)
    .join('');
}
