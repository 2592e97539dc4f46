/**
 * What this gate has done and seen, a line each, on its own disk: for when the store is down, or was
 * emptied. Only ever appended to.
 */
import { FileTrail } from './file-trail.ts';
import { makeDirectory } from './files.ts';
import type { AuditLine } from './store.ts';

export class Trail {
  readonly #directory: string;
  readonly #file: FileTrail;
  #writing: Promise<void> = Promise.resolve();
  /** Lines that could not be written. */
  lost = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.#file = new FileTrail(directory);
  }

  /** Never rejects, and keeps the order. */
  append(line: AuditLine): void {
    this.#writing = this.#writing
      .then(() => this.#write(line))
      .catch(() => {
        this.lost++;
      });
  }

  async #write(line: AuditLine): Promise<void> {
    await makeDirectory(this.#directory);
    await this.#file.append(line);
  }

  /** Newest first. */
  async last(limit: number): Promise<readonly AuditLine[]> {
    await this.#writing;
    return this.#file.last(limit, []);
  }
}
