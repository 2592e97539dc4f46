import { ChunkedReader, MALFORMED, makeSpans, type Spans } from './chunked.ts';
import { CHUNKED, UNFRAMED } from './framing.ts';

/** One call's payload, for all readers of a worker: used up before the next read. */
const spans: Spans = makeSpans();

type Kind = 'none' | 'length' | 'chunked' | 'close';

/** Where the payload of one message is, and where the message ends. Reused from message to message. */
export class BodyReader {
  kind: Kind = 'none';
  #left = 0;
  #done = true;
  #chunked: ChunkedReader | null = null;
  /** Payload bytes so far. */
  total = 0;

  get done(): boolean {
    return this.#done;
  }

  /** @param framing of a head; UNFRAMED means no body (`closes` false) or until the end (`closes`). */
  start(framing: number, closes: boolean): void {
    this.total = 0;
    this.#done = false;
    if (framing === CHUNKED) {
      this.kind = 'chunked';
      this.#chunked ??= new ChunkedReader();
      this.#chunked.reset();
    } else if (framing === UNFRAMED) {
      this.kind = closes ? 'close' : 'none';
      this.#done = !closes;
    } else {
      this.kind = framing === 0 ? 'none' : 'length';
      this.#left = framing;
      this.#done = framing === 0;
    }
  }

  /** The message has no body, whatever its fields say. */
  startNone(): void {
    this.kind = 'none';
    this.#done = true;
    this.total = 0;
  }

  /** The connection has ended; only a body without framing is whole by that. */
  endOfStream(): boolean {
    if (this.kind === 'close') this.#done = true;
    return this.#done;
  }

  /** @returns position it got to, or MALFORMED; `payload` lists what was found. */
  read(buf: Buffer, from: number, end: number): number {
    spans.count = 0;
    spans.bytes = 0;
    if (this.#done) return from;
    if (this.kind === 'chunked') {
      const at = this.#chunked!.read(buf, from, end, spans);
      this.#done = this.#chunked!.done;
      this.total += spans.bytes;
      return at;
    }
    const take = this.kind === 'close' ? end - from : Math.min(this.#left, end - from);
    spans.at[0] = from;
    spans.at[1] = from + take;
    spans.count = take > 0 ? 1 : 0;
    spans.bytes = take;
    this.total += take;
    if (this.kind === 'length') {
      this.#left -= take;
      this.#done = this.#left === 0;
    }
    return from + take;
  }

  /** Trailers of a chunked body that is done, ready to be passed on; '' for none. */
  get trailers(): string {
    return this.kind === 'chunked' ? this.#chunked!.trailers : '';
  }

  /** What the last `read` found; overwritten by the next read of any reader. */
  get payload(): Spans {
    return spans;
  }
}

export { MALFORMED };
