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
  // What a gate has believed, the next one believes too: strangers' copies never got past the first.
  if (trust.size > 0) trust.add('peer');
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

/**
 * Header names that must not reach an app when `from` presents them: by the route's own list where
 * it names the header, else unless every list that names it believes.
 */
export function untrustedHeaders(
  own: readonly Source[],
  all: readonly Source[],
  from: ConnectionClass,
): string[] {
  const judges = (name: string): readonly Source[] => {
    const mine = own.filter((s) => nameOfHeader(s) === name);
    return mine.length > 0 ? mine : all.filter((s) => nameOfHeader(s) === name);
  };
  const names = new Set(all.map(nameOfHeader).filter((n) => n !== null));
  return [...names].filter((name) => !judges(name).every((s) => s.trust.has(from)));
}

export const headersOf = (list: readonly Source[]): string[] =>
  list.map(nameOfHeader).filter((n) => n !== null);

const nameOfHeader = (s: Source): string | null => (s.kind === 'header' ? s.name : null);
