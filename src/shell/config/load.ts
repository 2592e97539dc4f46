/** A directory of YAML → documents. Reads; judges only what YAML itself forbids. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import type { Issue } from '../../model/issue.ts';
import { fail, type Result } from '../../model/result.ts';
import { type Compiled, compileSnapshot } from '../../snapshot/compile.ts';
import { fillIn, LocatedDocument, type Sources } from './document.ts';

export const CONFIG_LIMITS = { files: 200, bytes: 16 * 1024 * 1024, documents: 400 } as const;

const bare = (file: string, code: string, message: string): Issue => ({
  severity: 'error',
  file,
  line: 1,
  column: 1,
  path: [],
  code,
  message,
});

/** Reads, fills in and compiles a configuration directory. Never throws for what is in it. */
export function loadConfig(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): Result<Compiled, readonly Issue[]> {
  const read = readFiles(directory);
  if (!read.ok) return read;
  const issues: Issue[] = [];
  const documents: LocatedDocument[] = [];
  const hash = createHash('sha256');
  const sources: Sources = {
    env: (name) => env[name],
    readSecret: (path) => readSecret(directory, path),
  };
  for (const { file, text } of read.value) {
    const lines = new LineCounter();
    const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
    for (const yaml of Array.isArray(parsed) ? parsed : []) {
      issues.push(...syntaxIssues(file, yaml, lines));
      if (yaml.errors.length > 0 || yaml.contents === null) continue;
      issues.push(...fillIn(file, yaml, lines, sources));
      const document = locate(file, yaml, lines, issues);
      if (document === null) continue;
      documents.push(document);
      hash.update(JSON.stringify(document.data));
    }
  }
  if (documents.length > CONFIG_LIMITS.documents) {
    issues.push(
      bare(directory, 'too-many-documents', `more than ${CONFIG_LIMITS.documents} documents`),
    );
  }
  const compiled = compileSnapshot(documents, hash.digest('hex'), directory);
  if (issues.length === 0) return compiled;
  const broken = new Set(issues.map((i) => i.file));
  // A file that could not be read whole explains its own missing kind.
  const rest = compiled.ok
    ? []
    : compiled.error.filter((i) => !(i.code === 'missing-kind' && broken.size > 0));
  return fail([...issues, ...rest]);
}

function locate(
  file: string,
  yaml: Document.Parsed,
  lines: LineCounter,
  issues: Issue[],
): LocatedDocument | null {
  try {
    return new LocatedDocument(file, yaml, lines);
  } catch (error) {
    issues.push(bare(file, 'yaml', (error as Error).message));
    return null;
  }
}

function syntaxIssues(file: string, yaml: Document.Parsed, lines: LineCounter): Issue[] {
  return yaml.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return {
      severity: 'error',
      file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      path: [],
      code: error.code === 'DUPLICATE_KEY' ? 'duplicate-key' : 'yaml-syntax',
      message: error.message,
    };
  });
}

function readFiles(directory: string): Result<{ file: string; text: string }[], readonly Issue[]> {
  let names: string[];
  try {
    names = readdirSync(directory)
      .filter((n) => /\.ya?ml$/.test(n) && !n.startsWith('.'))
      .sort();
  } catch (error) {
    return fail([
      bare(
        directory,
        'unreadable',
        `can't read the configuration directory: ${(error as Error).message}`,
      ),
    ]);
  }
  if (names.length === 0)
    return fail([
      bare(directory, 'empty', 'there is no .yaml file in the configuration directory'),
    ]);
  if (names.length > CONFIG_LIMITS.files) {
    return fail([
      bare(directory, 'too-many-files', `${names.length} files; at most ${CONFIG_LIMITS.files}`),
    ]);
  }
  const files: { file: string; text: string }[] = [];
  const issues: Issue[] = [];
  let bytes = 0;
  for (const name of names) {
    const file = join(directory, name);
    try {
      const stat = statSync(file);
      if (!stat.isFile()) continue;
      bytes += stat.size;
      if (bytes > CONFIG_LIMITS.bytes)
        return fail([
          bare(file, 'too-large', `the configuration is larger than ${CONFIG_LIMITS.bytes} bytes`),
        ]);
      files.push({ file, text: readFileSync(file, 'utf8') });
    } catch (error) {
      issues.push(bare(file, 'unreadable', (error as Error).message));
    }
  }
  return issues.length > 0 ? fail(issues) : { ok: true, value: files };
}

function readSecret(directory: string, path: string): { text: string } | { problem: string } {
  try {
    return { text: readFileSync(resolve(directory, path), 'utf8').trim() };
  } catch (error) {
    return { problem: `can't read the secret: ${(error as Error).message}` };
  }
}
