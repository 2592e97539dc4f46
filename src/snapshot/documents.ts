import type { DocPath, Issue, Problem } from '../model/issue.ts';

export const KINDS = [
  'Topology',
  'Rules',
  'Routes',
  'Gate',
  'Upstreams',
  'Mirror',
  'Fleet',
  'Plan',
  'Stress',
  'Firewall',
  'Rates',
] as const;
export type Kind = (typeof KINDS)[number];
/** Without them there is no snapshot; the others have defaults for all they say. */
export const NEEDED_KINDS: readonly Kind[] = ['Topology', 'Rules', 'Routes', 'Gate'];

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One YAML document as the shell has read it: values, and where in the file they stand. */
export interface ConfigDocument {
  readonly file: string;
  readonly data: unknown;
  /** Position of a value, or of its key; of the nearest parent when the value is missing. */
  locate(path: DocPath, atKey: boolean): Position;
}

export const toIssue = (doc: ConfigDocument, problem: Problem): Issue => ({
  ...problem,
  file: doc.file,
  ...doc.locate(problem.path, problem.atKey === true),
});

/** Ordered as a reader meets them. */
export const byPlace = (a: Issue, b: Issue): number =>
  a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1;
