/** Identity sources: text → where to look, and whose word counts. */
import type { ConnectionClass } from '../model/facts.ts';

interface SourceCommon {
  /** Classes that are believed. */
  readonly trust: ReadonlySet<ConnectionClass>;
  /** What the value is worth from any other class. */
  readonly others: 'hint' | 'ignore';
}
export type Source = SourceCommon &
  (
    | { readonly kind: 'header' | 'cookie' | 'query'; readonly name: string }
    | { readonly kind: 'path'; readonly segments: readonly string[]; readonly open: boolean }
  );

interface SourceDoc {
  readonly header?: string | undefined;
  readonly cookie?: string | undefined;
  readonly query?: string | undefined;
  readonly path?: string | undefined;
  readonly trust: readonly ConnectionClass[];
  readonly others?: 'hint' | 'ignore' | undefined;
}

export function compileSource(doc: SourceDoc): Source {
  const trust = new Set(doc.trust);
  if (doc.header !== undefined) {
    // A header is what apps read too, so a stranger's copy is dropped unless declared a hint.
    return {
      kind: 'header',
      name: doc.header.toLowerCase(),
      trust,
      others: doc.others ?? 'ignore',
    };
  }
  const others = doc.others ?? 'hint';
  if (doc.cookie !== undefined) return { kind: 'cookie', name: doc.cookie, trust, others };
  if (doc.query !== undefined) return { kind: 'query', name: doc.query, trust, others };
  const segments = (doc.path ?? '').split('/').slice(1);
  const open = segments.at(-1) === '*';
  return { kind: 'path', segments: open ? segments.slice(0, -1) : segments, open, trust, others };
}

/** Header names that no list believes when `from` presents them. */
export function untrustedHeaders(sources: readonly Source[], from: ConnectionClass): string[] {
  const believed = new Set(sources.filter((s) => s.trust.has(from)).map(nameOfHeader));
  const names = new Set(sources.map(nameOfHeader));
  return [...names].filter((name) => name !== null && !believed.has(name)) as string[];
}

const nameOfHeader = (s: Source): string | null => (s.kind === 'header' ? s.name : null);
