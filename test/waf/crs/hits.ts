/** What a firewall has said about a request, and where a suite gets it from. */

export interface Hits {
  /** Ids of the rules that are in the log, in its order; one may stand there twice. */
  readonly ids: readonly number[];
  /** The log's lines for this request: what `match_regex` is tried on. */
  readonly text: string;
}

export const NO_HITS: Hits = { ids: [], text: '' };

/**
 * @param marker the value of the request's X-CRS-Test
 * @returns when it is certain that nothing more will come for this request
 */
export type HitsOf = (marker: string) => Promise<Hits>;

export interface Hit {
  readonly id: number;
  readonly message: string;
  /** What the rule's `logdata` has become. */
  readonly data: string;
}

/** As ModSecurity writes them, which is what the tests' patterns are made for. */
export function hitsFrom(hits: readonly Hit[]): Hits {
  const lines = hits.map((h) => `[id "${h.id}"] [msg "${h.message}"] [data "${escaped(h.data)}"]`);
  return { ids: hits.map((h) => h.id), text: lines.join('\n') };
}

/** A log's line is one line: what can't be printed is written as `\\x0a`. */
const escaped = (text: string): string =>
  text.replace(
    /[\x00-\x1f\x7f-\xff]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
