/** A message in a file, as bytes that a gate could have received. */
import { readFileSync, readSync } from 'node:fs';
import { ChunkedReader, MALFORMED, makeSpans } from '../../shell/http1/chunked.ts';
import { CHUNKED, UNFRAMED } from '../../shell/http1/framing.ts';
import { INCOMPLETE, REFUSED } from '../../shell/http1/head.ts';
import type { Refusal } from '../../shell/http1/refusals.ts';
import { type HeadLimits, RequestHead } from '../../shell/http1/request-head.ts';
import { ResponseHead } from '../../shell/http1/response-head.ts';
import { usageError } from '../exit.ts';

export interface Message<Head> {
  readonly head: Head;
  /** Without chunk framing. */
  readonly body: Buffer;
  readonly hasBody: boolean;
}

/** @param file `-` reads standard input */
export function readBytes(file: string): Buffer {
  try {
    return file === '-' ? readAll(0) : readFileSync(file);
  } catch (error) {
    throw usageError(`can't read ${file}: ${(error as Error).message}`);
  }
}

/**
 * Head lines may end in LF alone, as editors write them. The body is what follows the empty line: as much
 * as Content-Length says, by chunks, or all of it, in which case the request is given its length.
 * @returns a Refusal where the gate would refuse the bytes
 */
export function readRequest(bytes: Buffer, limits: HeadLimits): Message<RequestHead> | Refusal {
  const { lines, rest } = split(bytes);
  const head = new RequestHead();
  const parse = (text: string): boolean => {
    const buffer = Buffer.from(`${text}\r\n\r\n`, 'latin1');
    const after = head.parse(buffer, 0, buffer.length, limits);
    if (after === INCOMPLETE)
      throw usageError('this is no request: “GET /path HTTP/1.1”, then fields');
    return after !== REFUSED;
  };
  if (!parse(lines)) return head.refusal;
  const implied = head.framing === UNFRAMED && rest.length > 0;
  if (implied && !parse(`${lines}\r\nContent-Length: ${rest.length}`)) return head.refusal;
  const hasBody = head.framing > 0 || head.framing === CHUNKED;
  return { head, body: bodyOf(head.framing, rest), hasBody };
}

export function readAnswer(bytes: Buffer): Message<ResponseHead> {
  const { lines, rest } = split(bytes);
  const head = new ResponseHead();
  const buffer = Buffer.from(`${lines}\r\n\r\n`, 'latin1');
  const after = head.parse(buffer, 0, buffer.length);
  if (after === INCOMPLETE || after === REFUSED)
    throw usageError('this is no answer that a gate would pass on: “HTTP/1.1 200 OK”, then fields');
  const body = head.framing === UNFRAMED ? rest : bodyOf(head.framing, rest);
  return { head, body, hasBody: body.length > 0 };
}

function split(bytes: Buffer): { lines: string; rest: Buffer } {
  const text = bytes.latin1Slice(0, bytes.length);
  const end = /\r?\n\r?\n/.exec(text);
  const lines = end === null ? text.trimEnd() : text.slice(0, end.index);
  return {
    lines: lines.replace(/\r?\n/g, '\r\n'),
    rest: end === null ? Buffer.alloc(0) : bytes.subarray(end.index + end[0].length),
  };
}

function bodyOf(framing: number, rest: Buffer): Buffer {
  if (framing === CHUNKED) return dechunked(rest);
  if (framing <= 0) return Buffer.alloc(0);
  if (rest.length < framing)
    throw usageError(`the body has ${rest.length} bytes, and Content-Length says ${framing}`);
  return rest.subarray(0, framing);
}

function dechunked(bytes: Buffer): Buffer {
  const reader = new ChunkedReader();
  reader.reset();
  const spans = makeSpans();
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    spans.count = 0;
    const next = reader.read(bytes, at, bytes.length, spans);
    if (next === MALFORMED) throw usageError('the body is not in chunks that a gate would take');
    for (let i = 0; i < spans.count; i++)
      parts.push(bytes.subarray(spans.at[2 * i], spans.at[2 * i + 1]));
    if (reader.done) return Buffer.concat(parts);
    if (next === at) throw usageError('the body’s last chunk is missing');
    at = next;
  }
}

const PIECE_BYTES = 65_536;
/** Nothing is there yet, and somebody is still writing. */
const WAIT_MS = 10;

/** A pipe may be empty for a moment: readFileSync takes that for a failure. */
function readAll(descriptor: number): Buffer {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.alloc(PIECE_BYTES);
    try {
      const read = readSync(descriptor, piece, 0, PIECE_BYTES, null);
      if (read === 0) return Buffer.concat(pieces);
      pieces.push(piece.subarray(0, read));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
    }
  }
}
