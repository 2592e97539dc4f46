/** One YAML document with the places of its values; `${VAR}` filled in. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import type { DocPath, Issue } from '../../model/issue.ts';
import type { ConfigDocument, Position } from '../../snapshot/documents.ts';

/** Against documents that unfold to gigabytes. */
const MAX_ALIASES = 100;

export class LocatedDocument implements ConfigDocument {
  readonly file: string;
  readonly data: unknown;
  /** The data as text: equal for equal documents. */
  readonly text: string;
  readonly #yaml: Document.Parsed;
  readonly #lines: LineCounter;

  /** Throws for a document that contains itself, or unfolds without end. */
  constructor(file: string, yaml: Document.Parsed, lines: LineCounter) {
    this.file = file;
    this.#yaml = yaml;
    this.#lines = lines;
    this.data = yaml.toJS({ maxAliasCount: MAX_ALIASES });
    this.text = JSON.stringify(this.data);
  }

  /** Position of the value, or of its key; of the nearest parent's key where it is missing. */
  locate(path: DocPath, atKey: boolean): Position {
    let node: unknown = this.#yaml.contents;
    let place = offsetOf(node) ?? 0;
    for (const [depth, key] of path.entries()) {
      const last = depth === path.length - 1;
      if (isAlias(node)) node = node.resolve(this.#yaml);
      const pair = isMap(node) ? pairOf(node.items, key) : undefined;
      const child: unknown = isSeq(node) ? node.items[Number(key)] : pair?.value;
      const keyOffset = offsetOf(pair?.key);
      if (keyOffset === null && offsetOf(child) === null) break;
      place = (last && !atKey ? offsetOf(child) : null) ?? keyOffset ?? offsetOf(child) ?? place;
      node = child;
    }
    return positionAt(this.#lines, place);
  }
}

const offsetOf = (node: unknown): number | null =>
  isNode(node) && node.range ? node.range[0] : null;

const pairOf = (items: readonly Pair[], key: string | number): Pair | undefined =>
  items.find((p) => isScalar(p.key) && String(p.key.value) === String(key));

const positionAt = (lines: LineCounter, offset: number): Position => {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
};

/**
 * Replaces `${VAR}` and `${VAR:-default}` in all values, in place; `$${` stands for `${`. Also finds
 * what the YAML parser lets pass: keys that differ only in being numbers, and `__proto__`.
 */
export function fillIn(
  file: string,
  yaml: Document.Parsed,
  lines: LineCounter,
  env: (name: string) => string | undefined,
): Issue[] {
  const issues: Issue[] = [];
  const report = (node: unknown, code: string, message: string, found: string, expected: string) =>
    void issues.push({
      severity: 'error',
      file,
      ...positionAt(lines, offsetOf(node) ?? 0),
      path: [],
      code,
      message,
      found,
      expected,
    });
  visit(yaml, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : '';
        if (name === '__proto__')
          report(key, 'bad-name', `${name} can't be a name`, name, 'another name');
        if (seen.has(name) && isScalar(key) && typeof key.value !== 'string') {
          report(key, 'duplicate-key', `key ${name} stands here twice`, name, 'each key once');
        }
        seen.add(name);
      }
    },
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const filled = substitute(node.value, env, (found, message, expected) =>
        report(node, 'variable', message, found, expected),
      );
      if (filled !== null) node.value = node.type === 'PLAIN' ? plainValue(filled) : filled;
    },
  });
  return issues;
}

/** A plain scalar is read again, so that ${PORT} may be a number; but as a scalar, never as more. */
function plainValue(text: string): unknown {
  const { contents, errors } = parseDocument(text);
  const whole = isScalar(contents) && errors.length === 0 && (contents as Scalar).source === text;
  return whole ? (contents as Scalar).value : text;
}

const VARIABLE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^${}]*))?\}|\$\{/g;

/** null when something could not be filled in. */
function substitute(
  text: string,
  env: (name: string) => string | undefined,
  trouble: (found: string, message: string, expected: string) => void,
): string | null {
  const troubles = { count: 0 };
  const filled = text.replace(VARIABLE, (form, name?: string, otherwise?: string) => {
    if (form === '$${') return '${';
    if (name === undefined) {
      troubles.count++;
      trouble(
        '${…',
        'this is no variable that can be filled in',
        '${NAME} or ${NAME:-default}; $${ for a plain ${',
      );
      return '';
    }
    const value = env(name);
    if (value !== undefined && (value !== '' || otherwise === undefined)) return value;
    if (otherwise !== undefined) return otherwise;
    troubles.count++;
    trouble(
      `\${${name}}`,
      `environment variable ${name} is not set`,
      `a value for ${name}, or \${${name}:-default}`,
    );
    return '';
  });
  return troubles.count === 0 ? filled : null;
}
