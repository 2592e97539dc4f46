/**
 * Tells when a configuration directory has changed. Watches the directory, not the files: a watch on
 * a file sees neither a Kubernetes ConfigMap swap (a renamed symlink) nor a second atomic rename.
 * A slow poll of the files' stamps stands behind it for file systems that send no events.
 */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { configFiles } from './files.ts';

const SETTLE_MS = 150;
const POLL_MS = 3000;

export class ConfigWatcher {
  readonly #directory: string;
  readonly #changed: () => void;
  readonly #besides: () => readonly string[];
  #watcher: FSWatcher | null = null;
  #settle: NodeJS.Timeout | null = null;
  readonly #poll: NodeJS.Timeout;
  #stamp: string;

  /** @param besides files and directories elsewhere that the configuration names; polled only */
  constructor(directory: string, changed: () => void, besides: () => readonly string[] = () => []) {
    this.#directory = directory;
    this.#changed = changed;
    this.#besides = besides;
    this.#stamp = this.#stampNow();
    this.#poll = setInterval(() => this.#look(), POLL_MS);
    this.#poll.unref();
    try {
      this.#watcher = watch(directory, { persistent: false }, () => this.#soon());
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // The poll alone has to do.
    }
  }

  /** Several events make one look, after the writer has finished. */
  #soon(): void {
    this.#settle ??= setTimeout(() => {
      this.#settle = null;
      this.#look();
    }, SETTLE_MS);
  }

  #look(): void {
    const stamp = this.#stampNow();
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#changed();
  }

  #stampNow(): string {
    return [stampOf(this.#directory), ...this.#besides().map(stampOfFile)].join('\n');
  }

  close(): void {
    this.#watcher?.close();
    clearInterval(this.#poll);
    if (this.#settle !== null) clearTimeout(this.#settle);
  }
}

/** Inodes, sizes and times of the YAML files, symlinks followed. */
function stampOf(directory: string): string {
  try {
    return configFiles(directory)
      .map((name) => stampOfFile(join(directory, name)))
      .join('\n');
  } catch (error) {
    return String(error);
  }
}

function stampOfFile(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${path} ${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    return String(error);
  }
}
