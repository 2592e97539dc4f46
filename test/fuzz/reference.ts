/**
 * What the body of a client's first request is, by the letter of RFC 9112 6 and 7; apart from the
 * product's parser, like strict.ts. Of the head only what frames the body is read.
 */

/** @returns the body, or null where the input does not certainly begin with one whole request */
export function firstBody(input: string): string | null {
  const start = input.startsWith('\r\n') ? 2 : 0;
  const end = input.indexOf('\r\n\r\n', start);
  if (end < 0) return null;
  const values = (name: string): string[] =>
    input
      .slice(start, end)
      .split('\r\n')
      .slice(1)
      .filter((line) => line.toLowerCase().startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^[ \t]+|[ \t]+$/g, ''));
  const [lengths, codings] = [values('content-length'), values('transfer-encoding')];
  if (lengths.length + codings.length === 0) return '';
  if (lengths.length + codings.length > 1) return null;
  const rest = input.slice(end + 4);
  const [length] = lengths;
  if (length === undefined)
    return codings[0]!.toLowerCase() === 'chunked' ? chunkedBody(rest) : null;
  if (!/^\d+$/.test(length) || rest.length < Number(length)) return null;
  return rest.slice(0, Number(length));
}

function chunkedBody(text: string): string | null {
  let body = '';
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = /^([0-9a-f]{1,15})(?:;[^\r\n]*)?$/i.exec(text.slice(at, Math.max(at, lineEnd)));
    if (lineEnd < 0 || size === null) return null;
    const bytes = Number.parseInt(size[1]!, 16);
    at = lineEnd + 2;
    if (bytes === 0) return /^(?:[^:\s]+:[^\r\n]*\r\n)*\r\n/.test(text.slice(at)) ? body : null;
    body += text.slice(at, at + bytes);
    if (text.slice(at + bytes, at + bytes + 2) !== '\r\n') return null;
    at += bytes + 2;
  }
}
