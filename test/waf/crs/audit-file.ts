/** Hits out of an audit log: a file of lines, one JSON document each, that grows while requests are made. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Hit, type HitsOf, hitsFrom, NO_HITS } from './hits.ts';
import { MARKER_HEADER } from './request-bytes.ts';
import { type Address, send } from './send.ts';

export interface AuditLog {
  readonly file: string;
  /** One line → whose request it is about, and hits; null for a line about something else. */
  readonly entryOf: (line: unknown) => AuditEntry | null;
  /** Where to send a request that surely gets into the log. */
  readonly gate: Address;
  /** Path and query of that request. */
  readonly surelyHit: string;
}

export interface AuditEntry {
  readonly marker: string;
  readonly hits: readonly Hit[];
}

const STEP_MS = 5;
const PATIENCE_MS = 10_000;

/**
 * A request without hits leaves no line to wait for. So a second request is made, one that does: the log
 * is written in the order of the requests, and when the line of the second is there, the first has none.
 */
export function hitsFromAudit(log: AuditLog): HitsOf {
  const seen = new Map<string, Hit[]>();
  const tail = new Tail(log.file);
  let flushes = 0;
  const read = (): void => {
    for (const line of tail.lines()) {
      const entry = log.entryOf(JSON.parse(line));
      if (entry === null) continue;
      const before = seen.get(entry.marker);
      if (before === undefined) seen.set(entry.marker, [...entry.hits]);
      else before.push(...entry.hits);
    }
  };
  const flush = async (): Promise<void> => {
    const marker = `flush${++flushes}`;
    const head = `GET ${log.surelyHit} HTTP/1.1\r\nHost: localhost\r\n${MARKER_HEADER}: ${marker}\r\nConnection: close\r\n\r\n`;
    await send(log.gate, Buffer.from(head, 'latin1'), PATIENCE_MS);
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      read();
      if (seen.delete(marker)) return;
      if (performance.now() > deadline)
        throw new Error(
          `${log.file} has no line for ${log.surelyHit}: is it the gate's audit log?`,
        );
      await pause(STEP_MS);
    }
  };
  return async (marker) => {
    await flush();
    const hits = seen.get(marker);
    seen.delete(marker);
    return hits === undefined ? NO_HITS : hitsFrom(hits);
  };
}

/** Whole lines that have been added since the last look. */
class Tail {
  readonly #file: string;
  readonly #buffer = Buffer.alloc(256 * 1024);
  #at = 0;
  #rest = '';

  constructor(file: string) {
    this.#file = file;
  }

  lines(): readonly string[] {
    if (!existsSync(this.#file)) return [];
    const handle = openSync(this.#file, 'r');
    try {
      for (;;) {
        const count = readSync(handle, this.#buffer, 0, this.#buffer.length, this.#at);
        if (count === 0) break;
        this.#at += count;
        // A log may quote any byte.
        this.#rest += this.#buffer.toString('latin1', 0, count);
      }
    } finally {
      closeSync(handle);
    }
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.filter((line) => line !== '');
  }
}
