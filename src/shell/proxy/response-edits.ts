/** The response head as the client gets it: hop-by-hop and internal fields out, the gate's own in. */
import { CORRECTION_SHARD_HEADER, CORRECTION_UID_HEADER, EPOCH_HEADER } from '../../peer/index.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import { HOP_BY_HOP, ID_COUNT, INTERNAL, idOf } from '../http1/tables.ts';

const DROP = new Uint8Array(ID_COUNT);
for (const name of [...HOP_BY_HOP, 'proxy-authenticate', 'transfer-encoding'] as const) {
  DROP[idOf(name)] = 1;
}
const CONTENT_LENGTH = idOf('content-length');
const SET_COOKIE = idOf('set-cookie');
const DATE = idOf('date');

export interface ResponseEdit {
  /** `X-Ldc-Uid` and the like stay: the next reader is a gate. */
  readonly toPeer: boolean;
  /** The status allows no body, so a Content-Length has nothing to measure (204, 1xx). */
  readonly dropLength: boolean;
  /** Lines to add, each with CRLF. */
  readonly added: string;
}

/** Complete with its empty line. */
export function editResponse(head: ResponseHead, edit: ResponseEdit): string {
  let out = '';
  let runStart = head.start;
  if (!head.lineIsPlain) {
    out = `HTTP/1.1 ${head.status} ${head.cut(head.reasonStart, head.reasonEnd)}\r\n`;
    runStart = head.fieldsStart;
  }
  for (let f = 0; f < head.count; f++) {
    if (!drops(head, f, edit)) continue;
    const lineStart = head.lineStart(f);
    if (lineStart > runStart) out += head.cut(runStart, lineStart);
    runStart = head.lineEnd(f);
  }
  if (head.fieldsEnd > runStart) out += head.cut(runStart, head.fieldsEnd);
  return `${out}${edit.added}\r\n`;
}

function drops(head: ResponseHead, field: number, edit: ResponseEdit): boolean {
  const id = head.id(field);
  if (DROP[id] === 1 || (id === CONTENT_LENGTH && edit.dropLength)) return true;
  if (id === INTERNAL) return !edit.toPeer || !isForPeer(head, field);
  if (head.nominated.length === 0 || id === CONTENT_LENGTH || id === SET_COOKIE) return false;
  return head.nominated.includes(head.name(field));
}

const isForPeer = (head: ResponseHead, field: number): boolean =>
  head.nameIs(field, CORRECTION_UID_HEADER) ||
  head.nameIs(field, CORRECTION_SHARD_HEADER) ||
  head.nameIs(field, EPOCH_HEADER);

let dateSecond = 0;
let dateLine = '';

/** RFC 9110 6.6.1: who passes an answer on gives it the Date that it lacks. '' where it has one. */
export function missingDate(head: ResponseHead, nowMs: number): string {
  if (head.first[DATE]! >= 0 && !head.nominated.includes('date')) return '';
  const second = Math.trunc(nowMs / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateLine = `Date: ${new Date(nowMs).toUTCString()}\r\n`;
  }
  return dateLine;
}

/** Value of one of the application's correction fields, null when absent. */
export const correctionOf = (head: ResponseHead, name: string): string | null =>
  head.hasInternal ? (head.find(name) ?? null) : null;
