/**
 * Payload out. Small payloads leave as one latin1 string (bytes stay bytes, one system call). Large ones
 * leave from where they lie; if that is the shared read buffer they are copied into recycled buffers
 * first, because the kernel may not take all of them now.
 */
import type net from 'node:net';
import type { Spans } from './chunked.ts';
import { isShared, READ_BUFFER_BYTES } from './read-buffers.ts';

/** Up to this many bytes a string is the cheaper way (Node encodes it on its stack). */
const STRING_BYTES = 16_384;
/** A chunk's frame and, behind the last one, trailers. */
const FRAME_BYTES = 16_384;
const SLAB_BYTES = READ_BUFFER_BYTES + FRAME_BYTES;
const MAX_FREE_SLABS = 64;
/** @param trailers lines with CRLF */
export const lastChunk = (trailers: string): string => `0\r\n${trailers}\r\n`;

interface Slab {
  readonly buffer: Buffer;
  readonly release: () => void;
}
const free: Slab[] = [];

function takeSlab(): Slab {
  const known = free.pop();
  if (known !== undefined) return known;
  const slab: Slab = {
    buffer: Buffer.allocUnsafeSlow(SLAB_BYTES),
    release: () => {
      if (free.length < MAX_FREE_SLABS) free.push(slab);
    },
  };
  return slab;
}

/**
 * @param head written in front; '' for none
 * @param chunked frame the payload as one chunk
 * @param end what ends the body: the last chunk, or '' while more is to come
 * @returns false when the socket wants the source to pause
 */
export function writeParts(
  socket: net.Socket,
  head: string,
  buf: Buffer,
  payload: Spans,
  chunked: boolean,
  end: string,
): boolean {
  const before = chunked && payload.bytes > 0 ? `${payload.bytes.toString(16)}\r\n` : '';
  const after = chunked && payload.bytes > 0 ? `\r\n${end}` : end;
  if (head.length + payload.bytes <= STRING_BYTES) {
    const text = head + before + payloadText(buf, payload) + after;
    return text.length === 0 || socket.write(text, 'latin1');
  }
  if (payload.bytes > READ_BUFFER_BYTES) throw new Error('a payload larger than one read');
  // Below the high-water mark a socket that holds some of it back would still let the reader go on.
  const copies = isShared(buf) || payload.bytes < socket.writableHighWaterMark;
  if (copies) writeCopied(socket, head + before, buf, payload, after);
  else writeInPlace(socket, head + before, buf, payload, after);
  return socket.writableLength === 0 || !socket.writableNeedDrain;
}

function writeCopied(
  socket: net.Socket,
  before: string,
  buf: Buffer,
  payload: Spans,
  after: string,
): void {
  const slab = takeSlab();
  let at = 0;
  for (let s = 0; s < payload.count; s++) {
    at += buf.copy(slab.buffer, at, payload.at[s * 2], payload.at[s * 2 + 1]);
  }
  at += slab.buffer.latin1Write(after, at);
  if (before !== '') {
    socket.cork();
    socket.write(before, 'latin1');
  }
  socket.write(slab.buffer.subarray(0, at), slab.release);
  if (before !== '') socket.uncork();
}

/** From where the bytes lie: nobody reads over them until they have left. */
function writeInPlace(
  socket: net.Socket,
  before: string,
  buf: Buffer,
  payload: Spans,
  after: string,
): void {
  const several = before !== '' || after !== '' || payload.count > 1;
  if (several) socket.cork();
  if (before !== '') socket.write(before, 'latin1');
  for (let s = 0; s < payload.count; s++)
    socket.write(buf.subarray(payload.at[s * 2], payload.at[s * 2 + 1]));
  if (after !== '') socket.write(after, 'latin1');
  if (several) socket.uncork();
}

export function payloadText(buf: Buffer, payload: Spans): string {
  if (payload.count === 0) return '';
  let text = buf.latin1Slice(payload.at[0]!, payload.at[1]!);
  for (let s = 1; s < payload.count; s++)
    text += buf.latin1Slice(payload.at[s * 2]!, payload.at[s * 2 + 1]!);
  return text;
}
