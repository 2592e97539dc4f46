/** Sends raw bytes and reads one answer, whatever the other side makes of them. */
import net from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export type Reply =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  /** Nothing that reads as HTTP has come. */
  | { readonly kind: 'error'; readonly why: string };

/**
 * Resolves when the answer is complete, when the other side closes, or after `patienceMs` with what has
 * come by then. Our side is not closed first: servers take that for a client that has gone away.
 */
export function send(address: Address, bytes: Buffer, patienceMs: number): Promise<Reply> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const socket = net.connect({ ...address, allowHalfOpen: true });
    const end = (why: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(replyOf(Buffer.concat(chunks), why));
    };
    const timer = setTimeout(() => end(`no whole answer in ${patienceMs} ms`), patienceMs);
    socket.once('connect', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MOST_BYTES || isWhole(Buffer.concat(chunks), bytes)) end('too long');
    });
    socket.once('end', () => end('closed without an answer'));
    // A reset behind a whole status line does not take the answer back.
    socket.once('error', (error) => end(error.message));
  });
}

const MOST_BYTES = 4 * 1024 * 1024;
const STATUS_LINE = /^HTTP\/\d\.\d (\d{3})(?: [^\r\n]*)?\r?\n/;

function replyOf(bytes: Buffer, why: string): Reply {
  const text = withoutInterim(bytes.toString('latin1'));
  const status = STATUS_LINE.exec(text)?.[1];
  if (status === undefined)
    return { kind: 'error', why: text === '' ? why : `not HTTP: ${text.slice(0, 60)}` };
  return { kind: 'answer', status: Number(status), body: text.split('\r\n\r\n').slice(1).join() };
}

/** Answers before the answer, such as 100 (Continue), are left out. */
function withoutInterim(text: string): string {
  let rest = text;
  while (/^HTTP\/\d\.\d 1\d\d/.test(rest) && rest.includes('\r\n\r\n'))
    rest = rest.slice(rest.indexOf('\r\n\r\n') + 4);
  return rest;
}

/** By its own framing; what has none ends with the connection. RFC 9112, section 6.3. */
function isWhole(bytes: Buffer, request: Buffer): boolean {
  const text = withoutInterim(bytes.toString('latin1'));
  const headEnd = text.indexOf('\r\n\r\n');
  const status = STATUS_LINE.exec(text)?.[1];
  if (headEnd < 0 || status === undefined) return false;
  if (status === '204' || status === '304' || request.subarray(0, 5).toString() === 'HEAD ')
    return true;
  const head = text.slice(0, headEnd + 2);
  const body = text.slice(headEnd + 4);
  if (/^transfer-encoding:.*chunked/im.test(head)) return /(?:^|\r\n)0\r\n\r\n$/.test(body);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  return length !== undefined && body.length >= Number(length);
}
