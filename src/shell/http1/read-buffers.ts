/**
 * Where reads land. Nearly all sockets share one buffer per worker: nothing is allocated, and what must
 * outlive the read is copied out. A connection that carries a large body gets a buffer of its own
 * while it does, so that the bytes can be written from where they were read: reading stops while they
 * have not left, and so nothing is read over them.
 */
export const READ_BUFFER_BYTES = 256 * 1024;
/** A read of so much is of a large body. */
const LARGE_READ_BYTES = 64 * 1024;
const MAX_FREE = 64;

const shared = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
const free: Buffer[] = [];

/** Must these bytes be copied to outlive the read? */
export const isShared = (buf: Buffer): boolean => buf === shared;

export class ReadBuffers {
  #own: Buffer | null = null;
  #next: Buffer | undefined = shared;

  /** For `onread`: asked before the first read and after each one; undefined: as before. */
  readonly next = (): Buffer | undefined => {
    const next = this.#next;
    this.#next = undefined;
    return next;
  };

  /** Part of a body was read, and more of it will come. */
  bodyRead(bytes: number): void {
    if (this.#own !== null || bytes < LARGE_READ_BYTES) return;
    this.#own = free.pop() ?? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
    this.#next = this.#own;
  }

  /** The body is over. @param written nothing of it is still on its way out */
  bodyDone(written: boolean): void {
    const own = this.#own;
    if (own === null) return;
    this.#own = null;
    this.#next = shared;
    if (written && free.length < MAX_FREE) free.push(own);
  }
}
