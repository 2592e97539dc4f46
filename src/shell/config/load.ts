/** A directory of YAML → snapshot. Reads; judges only what YAML itself forbids. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, LineCounter, parseAllDocuments, type YAMLError } from 'yaml';
import { type DocPath, type Issue, Report } from '../../model/issue.ts';
import { fail, type Result } from '../../model/result.ts';
import { type Compiled, compileSnapshot } from '../../snapshot/compile.ts';
import { byPlace, type ConfigDocument } from '../../snapshot/documents.ts';
import { compileFirewallSteps } from '../../waf/compile-firewall.ts';
import { firewallSchema } from '../../waf/firewall-schema.ts';
import type { RuleTexts } from '../../waf/forge.ts';
import { Forge } from '../../waf/forge.ts';
import { warmSteps } from '../../waf/warm.ts';
import { fillIn, LocatedDocument } from './document.ts';
import { configFiles } from './files.ts';
import { readRuleFiles } from './rule-files.ts';
import { readSecrets } from './secrets.ts';

const LIMITS = { files: 200, bytes: 16 * 1024 * 1024, documents: 400 } as const;

const bare = (file: string, code: string, message: string): Issue => ({
  severity: 'error',
  file,
  line: 1,
  column: 1,
  path: [],
  code,
  message,
});

/** What reading has brought so far. */
interface Reading {
  readonly issues: Issue[];
  readonly documents: ConfigDocument[];
  /** Kinds of documents that could not be read: their absence needs no second mention. */
  readonly lostKinds: Set<string>;
  readonly digest: ReturnType<typeof createHash>;
  /** Of the Firewall document, by rule set. */
  readonly ruleTexts: Map<string, RuleTexts>;
}

/**
 * Reads, fills in and compiles a configuration directory. Never throws for what is in it.
 * @param forge keeps what has been compiled of firewall rules before
 */
export function loadConfig(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  forge: Forge = new Forge(),
): Result<Compiled, readonly Issue[]> {
  const reading = readConfig(directory, env);
  if (reading.lost) return fail(reading.issues);
  const rules = { forge, texts: reading.ruleTexts, nowMs: Date.now() };
  const digest = reading.digest.digest('hex');
  const compiled = compileSnapshot(reading.documents, digest, directory, rules);
  if (reading.issues.length === 0) return compiled;
  return fail([...reading.issues, ...furtherIssues(compiled, reading)].sort(byPlace));
}

/**
 * Compiles the firewall's rules into the forge, in steps, so that `loadConfig` finds them there: the first
 * compilation takes longer than a request should wait.
 * @returns null: there is no firewall, or nothing that could be compiled; `loadConfig` says what is wrong
 */
export function prepareRules(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  forge: Forge,
): Generator<undefined, unknown> | null {
  const reading = readConfig(directory, env);
  const found = reading.documents.find(
    (d) => (d.data as { kind?: unknown } | null)?.kind === 'Firewall',
  );
  const doc = firewallSchema.safeParse(found?.data);
  if (found === undefined || !doc.success) return null;
  const recipe = { doc: doc.data, texts: reading.ruleTexts, nowMs: Date.now(), digest: '' };
  const locate = (path: DocPath) => found.locate(path, false);
  const compiler = { forge, report: new Report(), faults: [], file: found.file, locate };
  return compiledAndWarmed(compileFirewallSteps(recipe, compiler));
}

function* compiledAndWarmed(
  compiling: ReturnType<typeof compileFirewallSteps>,
): Generator<undefined, undefined> {
  const firewall = yield* compiling;
  if (firewall !== null) yield* warmSteps(firewall);
}

function readConfig(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): Reading & { readonly lost: boolean } {
  const reading: Reading = {
    issues: [],
    documents: [],
    lostKinds: new Set(),
    digest: createHash('sha256'),
    ruleTexts: new Map(),
  };
  const files = readFiles(directory, reading.issues);
  if (files === null) return { ...reading, lost: true };
  for (const { file, text } of files) readDocuments(file, text, directory, (n) => env[n], reading);
  const lost = reading.documents.length > LIMITS.documents;
  if (lost) {
    reading.issues.push(
      bare(directory, 'too-many-documents', `more than ${LIMITS.documents} documents`),
    );
  }
  return { ...reading, lost };
}

/** What compiling adds, less what only follows from what could not be read. */
function furtherIssues(compiled: Result<Compiled, readonly Issue[]>, reading: Reading): Issue[] {
  if (compiled.ok) return [];
  const known = new Set(reading.issues.map((i) => `${i.file}:${i.line}:${i.column}`));
  return compiled.error.filter((i) => {
    const lost =
      i.code === 'missing-kind' && [...reading.lostKinds].some((k) => i.message.includes(` ${k} `));
    return !lost && !known.has(`${i.file}:${i.line}:${i.column}`);
  });
}

function readDocuments(
  file: string,
  text: string,
  directory: string,
  env: (name: string) => string | undefined,
  reading: Reading,
): void {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  for (const yaml of Array.isArray(parsed) ? parsed : []) {
    reading.issues.push(...syntaxIssues(file, yaml, lines));
    if (yaml.contents === null) continue;
    const document = yaml.errors.some(isFatal) ? null : locate(file, yaml, lines, env, reading);
    if (document === null) {
      for (const [, kind] of text.matchAll(/^kind:\s*["']?(\w+)/gm)) reading.lostKinds.add(kind!);
      continue;
    }
    reading.digest.update(document.text);
    readSecrets(document.data, directory, (path, message, found) =>
      reading.issues.push({
        ...bare(file, 'secret-file', message),
        path,
        ...document.locate(path, false),
        found,
        expected: 'a readable file',
      }),
    );
    for (const [name, texts] of readRuleFiles(document.data, directory, (path, message, found) =>
      reading.issues.push({
        ...bare(file, 'rule-file', message),
        path,
        ...document.locate(path, false),
        found,
        expected: 'SecLang files, dir/*.conf, or the directory of a CRS release',
      }),
    )) {
      reading.ruleTexts.set(name, texts);
      reading.digest.update(texts.digest);
    }
    // The digest covers the secrets too: a rotated key is a new configuration.
    reading.digest.update(JSON.stringify(document.data));
    reading.documents.push(document);
  }
}

function locate(
  file: string,
  yaml: Document.Parsed,
  lines: LineCounter,
  env: (name: string) => string | undefined,
  reading: Reading,
): LocatedDocument | null {
  reading.issues.push(...fillIn(file, yaml, lines, env));
  try {
    return new LocatedDocument(file, yaml, lines);
  } catch (error) {
    reading.issues.push(
      bare(file, 'yaml', `the document can't be unfolded: ${(error as Error).message}`),
    );
    return null;
  }
}

const isFatal = (error: YAMLError): boolean => error.code !== 'DUPLICATE_KEY';

/** Duplicate keys all; of broken syntax only the first, because the parser stumbles on behind it. */
function syntaxIssues(file: string, yaml: Document.Parsed, lines: LineCounter): Issue[] {
  const broken = yaml.errors.find(isFatal);
  const errors: YAMLError[] = yaml.errors.filter((e) => !isFatal(e) || e === broken);
  // An unknown tag would be dropped, and its value taken for something else.
  return [...errors, ...yaml.warnings].map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    const code = error.code === 'DUPLICATE_KEY' ? 'duplicate-key' : 'yaml-syntax';
    const place = { line: Math.max(1, line), column: Math.max(1, col) };
    return { ...bare(file, code, error.message), ...place };
  });
}

/** null when nothing can be read at all. */
function readFiles(directory: string, issues: Issue[]): { file: string; text: string }[] | null {
  let names: string[];
  try {
    names = configFiles(directory);
  } catch (error) {
    issues.push(
      bare(
        directory,
        'unreadable',
        `can't read the configuration directory: ${(error as Error).message}`,
      ),
    );
    return null;
  }
  if (names.length === 0 || names.length > LIMITS.files) {
    const message =
      names.length === 0
        ? 'there is no .yaml file here'
        : `${names.length} files; at most ${LIMITS.files}`;
    issues.push(bare(directory, names.length === 0 ? 'empty' : 'too-many-files', message));
    return null;
  }
  const files: { file: string; text: string }[] = [];
  let bytes = 0;
  for (const file of names.map((name) => join(directory, name))) {
    try {
      const stat = statSync(file);
      if (!stat.isFile()) continue;
      bytes += stat.size;
      if (bytes > LIMITS.bytes) {
        issues.push(
          bare(file, 'too-large', `the configuration is larger than ${LIMITS.bytes} bytes`),
        );
        return null;
      }
      files.push({
        file,
        text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)),
      });
    } catch (error) {
      issues.push(bare(file, 'unreadable', (error as Error).message));
    }
  }
  return files;
}
