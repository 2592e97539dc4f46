/** A place inside one configuration document: keys and indexes from its root. */
export type DocPath = readonly (string | number)[];

/** One mistake in the configuration, as the room that found it sees it. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly path: DocPath;
  /** Point at the key instead of its value. */
  readonly atKey?: boolean;
  /** Stable, kebab-case: `shard-gap`, `unknown-key`. */
  readonly code: string;
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
  /** What a misspelt name was probably meant to be. */
  readonly suggestion?: string;
}

/** A problem with its place in a file; lines and columns count from 1. */
export interface Issue extends Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Collects problems, so that a reader learns of every mistake at once. */
export class Report {
  readonly problems: Problem[] = [];
  /** From a path in the values at hand to the path in the document, where the two differ. */
  rebase: (path: DocPath) => DocPath = (path) => path;

  error(path: DocPath, code: string, message: string, more: Partial<Problem> = {}): void {
    this.problems.push({ severity: 'error', path: this.rebase(path), code, message, ...more });
  }

  warn(path: DocPath, code: string, message: string, more: Partial<Problem> = {}): void {
    this.problems.push({ severity: 'warning', path: this.rebase(path), code, message, ...more });
  }

  get failed(): boolean {
    return this.problems.some((p) => p.severity === 'error');
  }

  /** A name that nothing defines, with the nearest defined one as suggestion. */
  unknownName(
    path: DocPath,
    what: string,
    found: string,
    known: Iterable<string>,
    atKey = false,
  ): void {
    const names = [...known];
    const near = nearestName(found, names);
    this.error(path, `unknown-${what}`, `${what} ${found} does not exist`, {
      atKey,
      found,
      expected: `one of ${names.slice(0, 12).join(', ')}${names.length > 12 ? ', …' : ''}`,
      ...(near === undefined ? {} : { suggestion: near }),
    });
  }
}

/** The known name within two edits of `found`, or within a third of its length. */
export function nearestName(found: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // Of a one-letter name anything is two edits away.
  let bestDistance = Math.min(found.length, Math.max(2, Math.floor(found.length / 3)) + 1);
  for (const name of known) {
    const distance = editDistance(found.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, swap));
    }
    row = next;
  }
  return row[b.length]!;
}
