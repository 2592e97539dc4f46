/**
 * A strict reader of what a client gets. Written apart from the product's parser, by the letter of
 * RFC 9112, so that the two don't share a mistake.
 */
export interface Answer {
  readonly status: number;
  /** Status line and fields, each line with CRLF. */
  readonly head: string;
  /** As far as it is here. */
  readonly body: string;
  /** Only the connection's end tells whether a body without framing is whole. */
  readonly whole: 'yes' | 'no' | 'by its end';
  /** Where the next one begins. */
  readonly end: number;
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [^\0-\x08\x0a-\x1f\x7f]*$/;
const FIELD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ \t]*[^\0-\x08\x0a-\x1f\x7f]*$/;

/** @returns null while the head is not whole. Throws on anything that is no HTTP/1.1. */
export function readAnswer(text: string, from: number, method: string): Answer | null {
  const bodyStart = text.indexOf('\r\n\r\n', from) + 4;
  if (bodyStart < 4) return null;
  const head = text.slice(from, bodyStart - 2);
  const [line = '', ...fields] = head.split('\r\n').slice(0, -1);
  const status = Number(STATUS_LINE.exec(line)?.[1]);
  const bad = Number.isNaN(status) ? line : fields.find((f) => !FIELD.test(f));
  if (bad !== undefined) throw new Error(`no HTTP/1.1: ${JSON.stringify(bad.slice(0, 200))}`);
  const length = valuesOf(fields, 'content-length');
  const coding = valuesOf(fields, 'transfer-encoding');
  if (length.length + coding.length > 1) throw new Error(`framing in doubt: ${head}`);
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304)
    return { status, head, body: '', whole: 'yes', end: bodyStart };
  if (coding[0] !== undefined) return { status, head, ...readChunks(text, bodyStart, coding[0]) };
  if (length[0] === undefined)
    return { status, head, body: text.slice(bodyStart), whole: 'by its end', end: text.length };
  if (!/^\d+$/.test(length[0])) throw new Error(`Content-Length ${length[0]}`);
  const end = bodyStart + Number(length[0]);
  const whole = text.length >= end ? 'yes' : 'no';
  return { status, head, body: text.slice(bodyStart, end), whole, end };
}

const valuesOf = (fields: readonly string[], name: string): string[] =>
  fields
    .filter((f) => f.toLowerCase().startsWith(`${name}:`))
    .map((f) => f.slice(name.length + 1).trim());

function readChunks(text: string, from: number, coding: string): Omit<Answer, 'status' | 'head'> {
  if (coding !== 'chunked') throw new Error(`Transfer-Encoding ${coding}`);
  let body = '';
  for (let at = from; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return { body, whole: 'no', end: text.length };
    const size = /^[0-9a-f]{1,15}$/i.exec(text.slice(at, lineEnd))?.[0];
    if (size === undefined) throw new Error(`chunk size ${text.slice(at, at + 40)}`);
    const dataEnd = lineEnd + 2 + Number.parseInt(size, 16);
    if (dataEnd === lineEnd + 2) {
      const whole = text.startsWith('\r\n', dataEnd) ? 'yes' : 'no';
      return { body, whole, end: dataEnd + 2 };
    }
    body += text.slice(lineEnd + 2, dataEnd);
    if (text.length < dataEnd + 2) return { body, whole: 'no', end: text.length };
    if (!text.startsWith('\r\n', dataEnd)) throw new Error('chunk data without CRLF');
    at = dataEnd + 2;
  }
}

/** All there are, the last one whole or not. */
export function readAnswers(text: string, method: string): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < text.length; ) {
    const answer = readAnswer(text, at, method);
    if (answer === null) break;
    answers.push(answer);
    at = answer.end;
  }
  return answers;
}
