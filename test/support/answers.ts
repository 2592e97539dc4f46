/**
 * A strict reader of what a gate sends to a client. Written apart from the product's parser, by the
 * letter of RFC 9112: what a careful client would not read is a fault, whatever was asked.
 */
export interface Answered {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** The end of the answer is certain. */
  readonly complete: boolean;
}

export interface Answers {
  readonly answers: readonly Answered[];
  /** Status codes of 1xx answers. */
  readonly interim: readonly number[];
  /** Bytes after a 101. */
  readonly tunnel: string;
  /** What no gate may send; null when all is well. */
  readonly fault: string | null;
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [^\0-\x08\x0a-\x1f\x7f]*$/;
const FIELD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ \t]*[^\0-\x08\x0a-\x1f\x7f]*$/;

/** @param methods of the requests, in order; @param ended how the connection ended, if it did */
export function readAnswers(
  stream: string,
  methods: readonly string[],
  ended: 'fin' | 'reset' | null,
): Answers {
  const answers: Answered[] = [];
  const interim: number[] = [];
  let at = 0;
  const all = (fault: string | null, tunnel = ''): Answers => ({ answers, interim, tunnel, fault });
  while (at < stream.length) {
    const headEnd = stream.indexOf('\r\n\r\n', at);
    if (headEnd < 0) return all(`a head without end: ${JSON.stringify(stream.slice(at, at + 80))}`);
    const head = stream.slice(at, headEnd + 2);
    const fault = headFault(head);
    if (fault !== null) return all(fault);
    const status = Number(head.slice(9, 12));
    at = headEnd + 4;
    if (status === 101) {
      answers.push({ status, head, body: '', complete: true });
      return all(null, stream.slice(at));
    }
    if (status < 200) {
      interim.push(status);
      if (/^(?:content-length|transfer-encoding):/im.test(head)) return all('framing in a 1xx');
      continue;
    }
    const bodyless = methods[answers.length] === 'HEAD' || status === 204 || status === 304;
    const body = bodyless
      ? { text: '', end: at, complete: true }
      : readBody(stream, at, head, ended);
    if (typeof body === 'string') return all(body);
    if (status === 204 && /^(?:content-length|transfer-encoding):/im.test(head))
      return all('framing in a 204');
    answers.push({ status, head, body: body.text, complete: body.complete });
    at = body.end;
  }
  return all(null);
}

function headFault(head: string): string | null {
  const [line = '', ...fields] = head.slice(0, -2).split('\r\n');
  if (!STATUS_LINE.test(line)) return `status line ${JSON.stringify(line.slice(0, 80))}`;
  const bad = fields.find((f) => !FIELD.test(f));
  if (bad !== undefined) return `field line ${JSON.stringify(bad.slice(0, 80))}`;
  const framing = fields.filter((f) => /^(?:content-length|transfer-encoding):/i.test(f));
  if (framing.length > 1) return 'more than one framing field';
  if (
    framing.length === 1 &&
    !/^content-length: *(?:0|[1-9]\d*) *$|^transfer-encoding: chunked$/i.test(framing[0]!)
  )
    return `framing ${JSON.stringify(framing[0])}`;
  return null;
}

interface Body {
  readonly text: string;
  readonly end: number;
  readonly complete: boolean;
}

function readBody(stream: string, from: number, head: string, ended: string | null): Body | string {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) {
    const end = Math.min(stream.length, from + Number(length));
    return { text: stream.slice(from, end), end, complete: end - from === Number(length) };
  }
  if (/^transfer-encoding:/im.test(head)) return readChunks(stream, from);
  return { text: stream.slice(from), end: stream.length, complete: ended === 'fin' };
}

function readChunks(stream: string, from: number): Body | string {
  let at = from;
  let text = '';
  for (;;) {
    const lineEnd = stream.indexOf('\r\n', at);
    if (lineEnd < 0) return { text, end: stream.length, complete: false };
    const line = stream.slice(at, lineEnd);
    if (!/^[0-9a-f]{1,8}$/.test(line)) return `chunk line ${JSON.stringify(line.slice(0, 40))}`;
    const size = Number.parseInt(line, 16);
    at = lineEnd + 2;
    if (size === 0) {
      const end = stream.startsWith('\r\n', at) ? at : stream.indexOf('\r\n\r\n', at) + 2;
      return end < at
        ? { text, end: stream.length, complete: false }
        : { text, end: end + 2, complete: true };
    }
    text += stream.slice(at, at + size);
    if (stream.length < at + size + 2) return { text, end: stream.length, complete: false };
    if (!stream.startsWith('\r\n', at + size)) return 'chunk data without CRLF';
    at += size + 2;
  }
}
