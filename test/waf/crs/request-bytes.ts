/** A stage's input → the bytes on the wire, completed as go-ftw completes them. Pure. */
import type { BuiltInput, Input } from './types.ts';

/** Names the request in the gate's audit events. */
export const MARKER_HEADER = 'X-CRS-Test';

const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data;';
/** go-ftw's own pattern, with its slip: anything that begins with POST or ends with DELETE fits too. */
const WITH_BODY = /^POST|PUT|PATCH|DELETE$/;

type Header = readonly [string, string];

export function requestBytes(input: Input, marker: string): Buffer {
  return input.kind === 'raw' ? marked(input.bytes, marker) : built(input, marker);
}

/** Behind the first line, where there is a head at all. */
function marked(bytes: Buffer, marker: string): Buffer {
  const lineEnd = bytes.indexOf('\n');
  if (lineEnd < 0 || bytes.indexOf('\r\n\r\n') < 0) return bytes;
  const header = Buffer.from(`${MARKER_HEADER}: ${marker}\r\n`, 'latin1');
  return Buffer.concat([bytes.subarray(0, lineEnd + 1), header, bytes.subarray(lineEnd + 1)]);
}

function built(input: BuiltInput, marker: string): Buffer {
  const { method, uri, version, autocomplete } = input;
  const headers: Header[] = [...input.headers];
  let { body } = input;
  if (body.length > 0 && autocomplete) {
    if (fieldOf(headers, 'Content-Type') === null) headers.push(['Content-Type', FORM]);
    if (fieldOf(headers, 'Content-Type')?.toLowerCase() === FORM) body = escaped(body);
  }
  if (fieldOf(headers, 'Content-Type')?.toLowerCase().includes(MULTIPART) === true)
    body = Buffer.from(body.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
  if (autocomplete) {
    if (fieldOf(headers, 'Connection') === null) headers.push(['Connection', 'close']);
    if (fieldOf(headers, 'Content-Length') === null && (body.length > 0 || WITH_BODY.test(method)))
      headers.push(['Content-Length', String(body.length)]);
  }
  headers.push([MARKER_HEADER, marker]);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${uri} ${version}\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'utf8'), body]);
}

function fieldOf(headers: readonly Header[], name: string): string | null {
  const wanted = name.toLowerCase();
  return headers.find(([n]) => n.toLowerCase() === wanted)?.[1] ?? null;
}

/** Pair by pair, unless it holds a plus or a percent sign: then it counts as escaped already. */
function escaped(body: Buffer): Buffer {
  const text = body.toString('latin1');
  if (/[+%]/.test(text)) return body;
  const pairs = text.split('&');
  // An ampersand at the very end closes the last pair; it opens no empty one.
  if (pairs.at(-1) === '') pairs.pop();
  const out = pairs.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 0) return queryEscaped(pair);
    return `${queryEscaped(pair.slice(0, equals))}=${queryEscaped(pair.slice(equals + 1))}`;
  });
  return Buffer.from(out.join('&'), 'latin1');
}

/** Byte by byte: letters, digits and `-_.~` stay, a space is a plus sign. */
const queryEscaped = (text: string): string =>
  text.replace(/[^\w.~-]/g, (c) =>
    c === ' ' ? '+' : `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
