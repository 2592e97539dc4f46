/** One client connection, by hand: sends what it is told, and reads answers strictly. */
import net from 'node:net';
import { type Answer, readAnswer } from '../support/answer-reader.ts';

/** Longer than any wait a gate may make. */
const PATIENCE_MS = 40_000;

/** Something a gate must never do. */
export class Wrong extends Error {}
/** The connection ended before the answer was whole. */
export class BrokenOff extends Error {}

export function must(condition: boolean, what: () => string): void {
  if (!condition) throw new Wrong(what());
}

export class Caller {
  readonly socket: net.Socket;
  /** Not yet read as an answer. */
  received = '';
  ended: 'fin' | 'reset' | null = null;
  /** We have gone ourselves. */
  leaving = false;
  #wake: (() => void) | null = null;
  /** The answer can't be whole with less; large ones would be read again and again. */
  #neededLength = 0;

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.setNoDelay(true);
    this.socket.on('data', (d: Buffer) => {
      this.received += d.toString('latin1');
      this.#wake?.();
    });
    this.socket.on('end', () => this.#over('fin'));
    this.socket.on('error', () => this.#over('reset'));
    this.socket.on('close', () => this.#over('fin'));
  }

  #over(how: 'fin' | 'reset'): void {
    this.ended ??= how;
    this.#wake?.();
  }

  send(bytes: string | Buffer): this {
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1');
    else this.socket.write(bytes);
    return this;
  }

  /** Sends, and waits while more is not wanted. */
  async push(bytes: string | Buffer): Promise<void> {
    this.send(bytes);
    if (this.socket.writableNeedDrain) await this.#drained();
  }

  #drained(): Promise<void> {
    const { socket } = this;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  /** The next whole message, interim ones too. */
  async next(method: string): Promise<Answer> {
    for (;;) {
      const answer = this.#read(method);
      if (answer !== null) {
        this.received = this.received.slice(answer.end);
        this.#neededLength = 0;
        return answer;
      }
      if (this.ended !== null)
        throw new BrokenOff(`${this.ended} after ${this.received.length} bytes`);
      await this.more();
    }
  }

  #read(method: string): Answer | null {
    if (this.received.length < this.#neededLength && this.ended === null) return null;
    try {
      const answer = readAnswer(this.received, 0, method);
      if (answer?.whole === 'yes') return answer;
      this.#neededLength = answer?.end ?? 0;
      return answer?.whole === 'by its end' && this.ended === 'fin' ? answer : null;
    } catch (error) {
      throw new Wrong(String(error));
    }
  }

  /** The next final answer. */
  async answer(method: string): Promise<Answer> {
    for (;;) {
      const answer = await this.next(method);
      if (answer.status >= 200) return answer;
    }
  }

  /** Until something happens. */
  more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Wrong(`nothing for ${PATIENCE_MS} ms`)),
        PATIENCE_MS,
      );
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
    });
  }

  async closed(): Promise<void> {
    while (this.ended === null) await this.more();
  }

  leave(): void {
    this.leaving = true;
    this.socket.destroy();
    this.#over('fin');
  }
}
