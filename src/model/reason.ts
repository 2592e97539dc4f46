/**
 * Why a room let a request pass, or ended its walk. Reasons are made once, by `reasonsOf`, and
 * shared: a request carries references, never copies.
 */
export interface Reason {
  readonly room: string;
  /** Stable, kebab-case, unique over all rooms; documented in docs/reasons.md. */
  readonly code: string;
  /** One sentence for operators. */
  readonly means: string;
  /** Place in counters; differs from process to process. */
  readonly ordinal: number;
}

let made = 0;

/** Builds a room's reasons from `key: [code, meaning]`. */
export function reasonsOf<K extends string>(
  room: string,
  table: Readonly<Record<K, readonly [code: string, means: string]>>,
): Readonly<Record<K, Reason>> {
  const out = {} as Record<K, Reason>;
  for (const key of Object.keys(table) as K[]) {
    const [code, means] = table[key];
    out[key] = Object.freeze({ room, code, means, ordinal: made++ });
  }
  return Object.freeze(out);
}
