/** Where access lines of load tests go: to a stream of their own, which a reload may change. */
import type pino from 'pino';
import { BatchWriter } from '../shell/observe/batch-writer.ts';
import type { Snapshot } from '../snapshot/index.ts';

export class LaneLog {
  readonly #users: BatchWriter | null;
  readonly #usersPath: string;
  readonly #log: pino.Logger;
  #path = 'off';
  #own: BatchWriter | null = null;

  /** @param users what the other lines go to, under the name of `usersPath` */
  constructor(users: BatchWriter | null, usersPath: string, log: pino.Logger) {
    this.#users = users;
    this.#usersPath = usersPath;
    this.#log = log;
  }

  /** null: nobody wants them. */
  get writer(): BatchWriter | null {
    // Two writers to one place would cut each other's lines.
    return this.#path === this.#usersPath ? this.#users : this.#own;
  }

  follow({ stress }: Snapshot): void {
    const path = stress?.log ?? 'off';
    if (path === this.#path) return;
    try {
      const own = path === 'off' || path === this.#usersPath ? null : openAt(path);
      this.#own?.end();
      this.#own = own;
      this.#path = path;
    } catch (error) {
      this.#log.error({ path, error: String(error) }, 'the log of load tests can’t be opened');
    }
  }

  reopen(): void {
    this.#own?.reopen();
  }

  get dropped(): number {
    return this.#own?.dropped ?? 0;
  }

  end(): void {
    this.#own?.end();
    this.#own = null;
  }
}

const openAt = (path: string): BatchWriter => new BatchWriter(path === 'stdout' ? null : path);
