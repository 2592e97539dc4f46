/**
 * A strict reader of what a gate sends upstream. Written apart from the product's parser, by the
 * letter of RFC 9112, so that the two don't share a mistake. Regexps are fine here: it only judges.
 */
export interface Judged {
  /** Bytes of whole requests. */
  readonly used: number;
  readonly requests: number;
  /** Offset behind each of them. */
  readonly ends: readonly number[];
  /** What no upstream should ever see; null when all is well so far. */
  readonly fault: string | null;
}

const FIELD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ \t]*[^\0-\x08\x0a-\x1f\x7f]*$/;
const LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [!-~]+ HTTP\/1\.1$/;
const CHUNK = /^([0-9a-f]{1,15})$/;

export function judge(stream: string): Judged {
  let at = 0;
  const ends: number[] = [];
  const sofar = (fault: string | null): Judged => ({
    used: at,
    requests: ends.length,
    ends,
    fault,
  });
  for (;;) {
    const head = stream.indexOf('\r\n\r\n', at);
    if (head < 0) return sofar(partialFault(stream.slice(at)));
    const lines = stream.slice(at, head).split('\r\n');
    const fault = headFault(lines);
    if (fault !== null) return sofar(fault);
    const end = bodyEnd(stream, head + 4, lines);
    if (typeof end === 'string') return sofar(end);
    if (end < 0) return sofar(null);
    at = end;
    ends.push(at);
  }
}

const partialFault = (text: string): string | null =>
  /\0|\r[^\n]|[^\r]\n|^\n/.test(text)
    ? `bad byte in a head: ${JSON.stringify(text.slice(0, 200))}`
    : null;

function headFault(lines: readonly string[]): string | null {
  const [line = '', ...fields] = lines;
  if (!LINE.test(line)) return `request line ${JSON.stringify(line)}`;
  const names = new Map<string, string[]>();
  for (const field of fields) {
    if (!FIELD.test(field)) return `field line ${JSON.stringify(field)}`;
    const name = field.slice(0, field.indexOf(':')).toLowerCase();
    names.set(name, [...(names.get(name) ?? []), field.slice(field.indexOf(':') + 1).trim()]);
  }
  const length = names.get('content-length') ?? [];
  const encoding = names.get('transfer-encoding') ?? [];
  if ((names.get('host') ?? []).length !== 1) return 'not exactly one Host';
  if (length.length + encoding.length > 1) return 'more than one framing field';
  if (length[0] !== undefined && !/^\d+$/.test(length[0])) return `Content-Length ${length[0]}`;
  if (encoding[0] !== undefined && encoding[0].toLowerCase() !== 'chunked')
    return `Transfer-Encoding ${encoding[0]}`;
  for (const name of ['via', 'x-forwarded-for', 'x-request-id', 'cdn-loop']) {
    if (!names.has(name)) return `no ${name}`;
  }
  if ((names.get('x-ldc-zone') ?? []).length !== 1) return 'not exactly one X-Ldc-Zone';
  return null;
}

/** Position behind the body, -1 when it is not whole yet, or what is wrong with it. */
function bodyEnd(stream: string, from: number, lines: readonly string[]): number | string {
  const find = (name: string): string | undefined =>
    lines
      .find((l) => l.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const length = find('content-length');
  if (length !== undefined)
    return stream.length - from >= Number(length) ? from + Number(length) : -1;
  if (find('transfer-encoding') === undefined) return from;
  let at = from;
  for (;;) {
    const lineEnd = stream.indexOf('\r\n', at);
    if (lineEnd < 0) return -1;
    const size = CHUNK.exec(stream.slice(at, lineEnd));
    if (size === null)
      return `chunk line ${JSON.stringify(stream.slice(at, lineEnd).slice(0, 80))}`;
    const bytes = Number.parseInt(size[1]!, 16);
    if (bytes === 0) return trailersEnd(stream, lineEnd + 2);
    const dataEnd = lineEnd + 2 + bytes;
    if (stream.length < dataEnd + 2) return -1;
    if (stream.slice(dataEnd, dataEnd + 2) !== '\r\n') return 'chunk data without CRLF';
    at = dataEnd + 2;
  }
}

function trailersEnd(stream: string, from: number): number | string {
  let at = from;
  for (;;) {
    const lineEnd = stream.indexOf('\r\n', at);
    if (lineEnd < 0) return -1;
    if (lineEnd === at) return at + 2;
    const field = stream.slice(at, lineEnd);
    if (!FIELD.test(field) || /^(?:content-length|transfer-encoding|host):|^x-ldc-/i.test(field))
      return `trailer ${JSON.stringify(field)}`;
    at = lineEnd + 2;
  }
}

/** Of a request that `judge` has let pass. */
export function decode(request: string): { head: string; body: string } {
  const end = request.indexOf('\r\n\r\n');
  const head = request.slice(0, end + 2);
  let rest = request.slice(end + 4);
  if (!/^transfer-encoding:/im.test(head)) return { head, body: rest };
  let body = '';
  for (;;) {
    const line = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (size === 0) return { head, body };
    body += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 2 + size + 2);
  }
}
