/** The header lines of one part. */
import { isBlank, isToken, lowerAscii, trimBlanks } from './bytes.ts';
import { bodyKindOf } from './content-type.ts';
import { type Disposition, readDisposition } from './disposition.ts';
import type { Gather } from './gather.ts';

export interface PartHead {
  /** As they stand; a folded one is joined with a space. */
  readonly lines: readonly string[];
  readonly disposition: Disposition | null;
  /** Where the content begins; -1: no blank line ends the head. */
  readonly contentAt: number;
  readonly folded: boolean;
  readonly lfLine: boolean;
}

interface Line {
  text: string;
  readonly at: number;
}

/** @param to where the part ends, with the line break before the boundary */
export function readPartHead(text: string, from: number, to: number, gather: Gather): PartHead {
  const lines: Line[] = [];
  const limit = from + gather.limits.partHeaderBytes;
  let folded = false;
  let lfLine = false;
  let at = from;
  let contentAt = -1;
  while (at < to) {
    const lf = text.indexOf('\n', at);
    if (lf < 0 || lf >= to) break;
    if (lf >= limit) {
      gather.note('multipart-headers-too-large', at);
      break;
    }
    const crlf = lf > at && text.charCodeAt(lf - 1) === 0x0d;
    if (!crlf) {
      lfLine = true;
      gather.note('multipart-lf', lf);
    }
    const line = text.slice(at, crlf ? lf - 1 : lf);
    if (line === '') {
      contentAt = lf + 1;
      break;
    }
    if (isBlank(line.charCodeAt(0))) {
      folded = true;
      gather.note('multipart-header-folding', at);
      const last = lines.at(-1);
      if (last === undefined) lines.push({ text: line, at });
      else last.text += ` ${trimBlanks(line)}`;
    } else if (lines.length >= gather.limits.partHeaders) {
      gather.note('multipart-headers-too-large', at);
      break;
    } else lines.push({ text: line, at });
    at = lf + 1;
  }
  const cut = gather.truncated && to === text.length;
  if (contentAt < 0 && !cut) gather.note('multipart-header', at);
  const disposition = readLines(lines, gather);
  return { lines: lines.map((l) => l.text), disposition, contentAt, folded, lfLine };
}

function readLines(lines: readonly Line[], gather: Gather): Disposition | null {
  const seen: string[] = [];
  let disposition: Disposition | null = null;
  for (const { text, at } of lines) {
    const colon = text.indexOf(':');
    if (colon <= 0 || !isFieldName(text, colon) || hasControl(text, colon))
      gather.note('multipart-header', at);
    if (colon < 0) continue;
    const name = lowerAscii(trimBlanks(text.slice(0, colon)));
    if (seen.includes(name)) {
      gather.note('multipart-duplicate-header', at);
      continue;
    }
    seen.push(name);
    if (name === 'content-disposition') disposition = readDisposition(text, colon + 1, at, gather);
    else if (name === 'content-type') checkType(trimBlanks(text.slice(colon + 1)), at, gather);
    else if (name === 'content-transfer-encoding')
      checkTransferEncoding(trimBlanks(text.slice(colon + 1)), at, gather);
  }
  return disposition;
}

function isFieldName(text: string, end: number): boolean {
  for (let i = 0; i < end; i++) if (!isToken(text.charCodeAt(i))) return false;
  return true;
}

function hasControl(text: string, from: number): boolean {
  for (let i = from; i < text.length; i++) {
    const byte = text.charCodeAt(i);
    if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f) return true;
  }
  return false;
}

function checkType(value: string, at: number, gather: Gather): void {
  const { type, fault } = bodyKindOf(value);
  if (type.startsWith('multipart/')) gather.note('multipart-nested', at);
  if (
    fault?.code === 'charset' ||
    fault?.code === 'content-type-duplicate' ||
    fault?.code === 'content-type-extended'
  )
    gather.note('multipart-part-charset', at);
}

/** RFC 7578, section 4.7 has it no more; those that change nothing are left to the rules. */
function checkTransferEncoding(value: string, at: number, gather: Gather): void {
  const encoding = lowerAscii(value);
  if (encoding !== '7bit' && encoding !== '8bit' && encoding !== 'binary')
    gather.note('multipart-transfer-encoding', at);
}
