/** Which document is of which kind, and what is wrong with the kinds alone. */
import { type Issue, nearestName, Report } from '../model/issue.ts';
import { type ConfigDocument, KINDS, type Kind, NEEDED_KINDS, toIssue } from './documents.ts';

/** The only kind of which there may be many. */
export const isPlan = (doc: ConfigDocument): boolean =>
  (doc.data as { kind?: unknown } | null)?.kind === 'Plan';

export function sortKinds(
  documents: readonly ConfigDocument[],
  directory: string,
  strays: Issue[],
): Map<Kind, ConfigDocument> {
  const byKind = new Map<Kind, ConfigDocument>();
  for (const doc of documents) {
    const name = (doc.data as { kind?: unknown } | null)?.kind;
    const report = new Report();
    const near = typeof name === 'string' ? nearestName(name, KINDS) : undefined;
    // A misspelt kind is judged as the one that was meant, to find what else is wrong.
    const kind = KINDS.find((k) => k === name) ?? KINDS.find((k) => k === near);
    if (kind !== name || kind === undefined) {
      report.error(['kind'], 'unknown-kind', 'the document is of no known kind', {
        found: typeof name === 'string' ? name : 'nothing that names a kind',
        expected: `kind: ${KINDS.join(' | ')}`,
        ...(near === undefined ? {} : { suggestion: near }),
      });
    }
    const before = kind === undefined ? undefined : byKind.get(kind);
    if (before !== undefined) {
      report.error(['kind'], 'duplicate-kind', `there is already a ${kind} document`, {
        found: `${kind} in ${before.file} and here`,
        expected: 'one document of each kind',
      });
    } else if (kind !== undefined) byKind.set(kind, kind === name ? doc : asKind(doc, kind));
    strays.push(...report.problems.map((p) => toIssue(doc, p)));
  }
  for (const kind of NEEDED_KINDS) {
    if (byKind.has(kind)) continue;
    strays.push({
      severity: 'error',
      file: directory,
      line: 1,
      column: 1,
      path: [],
      code: 'missing-kind',
      message: `there is no ${kind} document`,
      found: 'nothing',
      expected: `a document with kind: ${kind}`,
    });
  }
  return byKind;
}

const asKind = (doc: ConfigDocument, kind: Kind): ConfigDocument => ({
  file: doc.file,
  data: { ...(doc.data as object), kind },
  locate: (path, atKey) => doc.locate(path, atKey),
});
