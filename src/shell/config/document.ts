/** One YAML document with the places of its values; `${VAR}` filled in, secrets read. */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  type LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import type { DocPath, Issue } from '../../model/issue.ts';
import type { ConfigDocument, Position } from '../../snapshot/documents.ts';

export interface Sources {
  env(name: string): string | undefined;
  /** Text of a file named in the document, or why it can't be read. */
  readSecret(path: string): { readonly text: string } | { readonly problem: string };
}

export class LocatedDocument implements ConfigDocument {
  readonly file: string;
  readonly data: unknown;
  readonly #yaml: Document.Parsed;
  readonly #lines: LineCounter;

  constructor(file: string, yaml: Document.Parsed, lines: LineCounter) {
    this.file = file;
    this.#yaml = yaml;
    this.#lines = lines;
    // maxAliasCount guards against documents that unfold to gigabytes.
    this.data = yaml.toJS({ maxAliasCount: 100 });
  }

  locate(path: DocPath, atKey: boolean): Position {
    for (let length = path.length; length >= 0; length--) {
      const offset = this.#offset(path.slice(0, length), atKey || length < path.length);
      if (offset !== null) return this.#position(offset);
    }
    return this.#position(0);
  }

  #offset(path: DocPath, atKey: boolean): number | null {
    if (path.length === 0) {
      return this.#yaml.contents?.range[0] ?? null;
    }
    const pair = this.#pair(path);
    if (pair !== null && atKey && isNode(pair.key)) return pair.key.range?.[0] ?? null;
    const node = this.#yaml.getIn(path, true);
    return isNode(node)
      ? (node.range?.[0] ?? null)
      : pair !== null && isNode(pair.key)
        ? (pair.key.range?.[0] ?? null)
        : null;
  }

  #pair(path: DocPath): Pair | null {
    const holder = this.#yaml.getIn(path.slice(0, -1), true);
    const map = path.length === 1 ? this.#yaml.contents : holder;
    if (!isMap(map)) return null;
    const last = String(path.at(-1));
    return (
      map.items.find((p) => isPair(p) && isScalar(p.key) && String(p.key.value) === last) ?? null
    );
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/** Replaces `${VAR}` and `${VAR:-default}` in all scalars, and secretFile by secret, in place. */
export function fillIn(
  file: string,
  yaml: Document.Parsed,
  lines: LineCounter,
  sources: Sources,
): Issue[] {
  const issues: Issue[] = [];
  const report = (
    node: Scalar,
    code: string,
    message: string,
    found: string,
    expected: string,
  ): void => {
    const { line, col } = lines.linePos(node.range?.[0] ?? 0);
    issues.push({
      severity: 'error',
      file,
      line,
      column: col,
      path: [],
      code,
      message,
      found,
      expected,
    });
  };
  visit(yaml, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const filled = substitute(node.value, sources, (name, why) =>
        report(
          node,
          'unset-variable',
          why,
          `\${${name}}`,
          `environment variable ${name}, or \${${name}:-default}`,
        ),
      );
      // A plain scalar is read again, so that ${PORT} may be a number; a quoted one stays text.
      node.value = node.type === 'PLAIN' ? (parseDocument(filled).toJS() as unknown) : filled;
    },
    Pair(_, pair) {
      if (!isScalar(pair.key) || pair.key.value !== 'secretFile' || !isScalar(pair.value)) return;
      const node = pair.value;
      const got = sources.readSecret(String(node.value));
      if ('problem' in got) {
        report(node, 'secret-file', got.problem, String(node.value), 'a readable file');
        return;
      }
      pair.key.value = 'secret';
      node.value = got.text;
    },
  });
  return issues;
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

function substitute(
  text: string,
  sources: Sources,
  unset: (name: string, why: string) => void,
): string {
  const filled = text.replace(VARIABLE, (_, name: string, otherwise: string | undefined) => {
    const value = sources.env(name);
    if (value !== undefined && (value !== '' || otherwise === undefined)) return value;
    if (otherwise !== undefined) return otherwise;
    unset(name, `environment variable ${name} is not set`);
    return 'unset';
  });
  return filled;
}
