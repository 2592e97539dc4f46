/** What the gate's parser makes of bytes: no policy, no sockets. To be compared with other readers. */
import { BodyReader, MALFORMED } from '../../src/shell/http1/body.ts';
import { payloadText } from '../../src/shell/http1/body-writer.ts';
import { type FieldSection, INCOMPLETE, REFUSED } from '../../src/shell/http1/head.ts';
import { RequestHead } from '../../src/shell/http1/request-head.ts';
import { ResponseHead } from '../../src/shell/http1/response-head.ts';

export interface Message {
  /** `GET /x 1.1`, or `200 1.1 reason`. */
  readonly line: string;
  /** Names in lower case, as llhttp's users get them. */
  readonly fields: readonly (readonly [string, string])[];
  body: string;
  complete: boolean;
}

interface Refused {
  readonly refused: string;
  /** In words, where the code says too little. */
  readonly reason?: string;
}

/** Messages in order, and why reading stopped: a code, or that more bytes are wanted, or no more. */
export interface Reading {
  readonly messages: readonly Message[];
  readonly stop: 'waits' | 'last' | Refused;
}

const LIMITS = { headBytes: 32_768, targetBytes: 8192, fields: 100 };

const fieldsOf = (head: FieldSection): [string, string][] =>
  Array.from({ length: head.count }, (_, f) => [head.name(f), head.value(f)]);

/** Payload of a body into the message. @returns the position it got to, or MALFORMED */
function readBody(body: BodyReader, buf: Buffer, from: number, message: Message): number {
  let at = from;
  while (at < buf.length && !body.done) {
    at = body.read(buf, at, buf.length);
    if (at === MALFORMED) return MALFORMED;
    message.body += payloadText(buf, body.payload);
  }
  message.complete = body.done;
  return at;
}

/** Requests up to the first refused one, or the last on the connection. */
export function gateReadsRequests(input: string): Reading {
  const buf = Buffer.from(input, 'latin1');
  const head = new RequestHead();
  const messages: Message[] = [];
  let at = 0;
  while (at < buf.length) {
    const after = head.parse(buf, at, buf.length, LIMITS);
    if (after === INCOMPLETE) break;
    if (after === REFUSED) return { messages, stop: { refused: head.refusal.code } };
    const line = `${head.method} ${buf.latin1Slice(head.targetStart, head.targetEnd)} 1.${head.minorVersion}`;
    const message: Message = { line, fields: fieldsOf(head), body: '', complete: false };
    messages.push(message);
    const body = new BodyReader();
    body.start(head.framing, false);
    at = readBody(body, buf, after, message);
    if (at === MALFORMED) return { messages, stop: { refused: 'bad-chunk' } };
    const closes = head.close || (head.minorVersion === 0 && !head.keepAlive);
    if (closes && message.complete) return { messages, stop: 'last' };
  }
  return { messages, stop: 'waits' };
}

/** The interim answers, then the final one; after the bytes the connection ends. */
export function gateReadsAnswer(input: string): Reading {
  const buf = Buffer.from(input, 'latin1');
  const head = new ResponseHead();
  const messages: Message[] = [];
  let at = 0;
  for (;;) {
    const after = head.parse(buf, at, buf.length);
    if (after === INCOMPLETE) return { messages, stop: { refused: 'cut-short' } };
    if (after === REFUSED) return { messages, stop: { refused: head.refusal.code } };
    const reason = buf.latin1Slice(head.reasonStart, head.reasonEnd);
    const line = `${head.status} 1.${head.minorVersion} ${reason}`;
    const message: Message = { line, fields: fieldsOf(head), body: '', complete: false };
    messages.push(message);
    at = after;
    if (head.status === 101) return { messages, stop: 'last' };
    if (head.status < 200) continue;
    const body = new BodyReader();
    if (head.status === 204 || head.status === 304) body.startNone();
    else body.start(head.framing, true);
    if (readBody(body, buf, at, message) === MALFORMED)
      return { messages, stop: { refused: 'bad-chunk' } };
    message.complete = body.endOfStream();
    return { messages, stop: message.complete ? 'last' : { refused: 'cut-short' } };
  }
}
