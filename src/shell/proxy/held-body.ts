/**
 * A body, or its beginning, that waits to be looked at. It grows by what has come, not by what was announced:
 * whoever announces much and sends nothing holds nothing. All of a worker's are counted together.
 */
import type net from 'node:net';
import type { BodyReader } from '../http1/body.ts';
import type { Spans } from '../http1/chunked.ts';
import { READ_BUFFER_BYTES } from '../http1/read-buffers.ts';
import type { Copy } from './copier.ts';

/** A read of a request's body may go so far over what is wanted: a byte at a time would be slow. */
export const SLACK_BYTES = 4096;
const LEAST_BYTES = 16_384;
/** Sizes 16 KiB · 2^k are kept for others. */
const POOLED_SIZES = 6;
const MOST_FREE_BYTES = 8 * 1024 * 1024;
/** Up to this many bytes one string is the cheaper way out. */
const STRING_BYTES = 16_384;
const MIB = 1024 * 1024;

const free: Buffer[][] = Array.from({ length: POOLED_SIZES }, () => []);
let freeBytes = 0;

const sizeOf = (k: number): number => LEAST_BYTES * 2 ** k + SLACK_BYTES;

/** Index of the smallest pooled size that holds so many; POOLED_SIZES: none does. */
function fitting(bytes: number): number {
  let k = 0;
  while (k < POOLED_SIZES && sizeOf(k) < bytes) k++;
  return k;
}

function allocate(bytes: number): Buffer {
  const known = free[fitting(bytes)];
  const last = known?.at(-1);
  if (last?.length !== bytes) return Buffer.allocUnsafeSlow(bytes);
  known?.pop();
  freeBytes -= bytes;
  return last;
}

function recycle(buffer: Buffer): void {
  const k = fitting(buffer.length);
  if (k === POOLED_SIZES || sizeOf(k) !== buffer.length) return;
  if (freeBytes + buffer.length > MOST_FREE_BYTES) return;
  free[k]!.push(buffer);
  freeBytes += buffer.length;
}

/** What all held bodies of a worker may take together. */
export class HeldBytes {
  limit = 256 * MIB;
  used = 0;
  /** Requests that were turned away because there was no room. */
  refused = 0;

  take(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}

export class HeldBody {
  readonly #room: HeldBytes;
  #buffer: Buffer | null = null;
  length = 0;

  constructor(room: HeldBytes) {
    this.#room = room;
  }

  /**
   * @param most it will ever be, as far as is known: it doesn't grow beyond without need
   * @returns false: there is no room, and nothing of it is kept
   */
  add(buf: Buffer, { at, count, bytes }: Spans, most: number): boolean {
    if (bytes === 0) return true;
    if (!this.#grow(this.length + bytes, most)) return false;
    for (let s = 0; s < count; s++)
      this.length += buf.copy(this.#buffer!, this.length, at[s * 2], at[s * 2 + 1]);
    return true;
  }

  #grow(needed: number, most: number): boolean {
    const old = this.#buffer;
    if (old !== null && old.length >= needed) return true;
    const wanted = Math.max(needed, old === null ? 0 : old.length * 2 - SLACK_BYTES);
    const k = fitting(wanted);
    const rounded = k === POOLED_SIZES ? wanted : sizeOf(k);
    const size = k === 0 ? rounded : Math.max(needed, Math.min(rounded, most));
    if (!this.#room.take(size)) return false;
    const buffer = allocate(size);
    if (old !== null) {
      old.copy(buffer, 0, 0, this.length);
      this.#room.give(old.length);
      recycle(old);
    }
    this.#buffer = buffer;
    return true;
  }

  /** Where it lies, up to so many: good until it grows, is written or dropped. */
  bytes(most: number): Buffer {
    return this.#buffer === null ? NO_BYTES : this.#buffer.subarray(0, Math.min(most, this.length));
  }

  /** As one who listens is told, in pieces no larger than one read. */
  tell(copy: Pick<Copy, 'requestBytes'>): void {
    const buffer = this.#buffer;
    if (buffer === null) return;
    for (let at = 0; at < this.length; at += READ_BUFFER_BYTES) {
      const end = Math.min(this.length, at + READ_BUFFER_BYTES);
      piece.at[0] = at;
      piece.at[1] = end;
      piece.bytes = end - at;
      copy.requestBytes(buffer, piece);
    }
  }

  /** Latin1: bytes stay bytes. */
  get text(): string {
    return this.#buffer?.latin1Slice(0, this.length) ?? '';
  }

  /**
   * Sends it on, and holds it no longer once it has left.
   * @param before written in front
   * @param chunked as one chunk
   * @param end what ends the body; '' while more is to come
   * @returns false when the socket wants the source to pause
   */
  writeTo(socket: net.Socket, before: string, chunked: boolean, end: string): boolean {
    const framed = chunked && this.length > 0;
    const front = framed ? `${before}${this.length.toString(16)}\r\n` : before;
    const back = framed ? `\r\n${end}` : end;
    if (front.length + this.length <= STRING_BYTES) {
      const text = front + this.text + back;
      this.drop();
      return text === '' || socket.write(text, 'latin1');
    }
    const buffer = this.#buffer;
    socket.cork();
    if (front !== '') socket.write(front, 'latin1');
    if (buffer !== null)
      socket.write(buffer.subarray(0, this.length), () => this.#giveBack(buffer));
    if (back !== '') socket.write(back, 'latin1');
    socket.uncork();
    this.#buffer = null;
    this.length = 0;
    return socket.writableLength === 0 || !socket.writableNeedDrain;
  }

  #giveBack(buffer: Buffer): void {
    this.#room.give(buffer.length);
    recycle(buffer);
  }

  drop(): void {
    if (this.#buffer !== null) this.#giveBack(this.#buffer);
    this.#buffer = null;
    this.length = 0;
  }
}

/** One span of a held body. */
const piece: Spans = { at: new Int32Array(2), count: 1, bytes: 0 };
const NO_BYTES = Buffer.alloc(0);

/** All of the body is here, or as much as is wanted of it and surely more to come. */
export const isEnough = (body: BodyReader, held: number, wanted: number): boolean =>
  body.done || held > wanted || (body.kind === 'length' && held >= wanted);
