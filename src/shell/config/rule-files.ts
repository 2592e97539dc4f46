/** Reads what rule sets of a Firewall document name: SecLang files, and the phrase files beside them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { DocPath } from '../../model/issue.ts';
import type { Firewall } from '../../waf/compile-firewall.ts';
import type { RuleTexts } from '../../waf/forge.ts';

const LIMITS = { files: 500, bytes: 32 * 1024 * 1024 } as const;

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Trouble = (path: DocPath, message: string, found: string) => void;

/** Texts by the name of their rule set; sets whose files can't be read are missing, and reported. */
export function readRuleFiles(
  data: unknown,
  directory: string,
  trouble: Trouble,
): Map<string, RuleTexts> {
  const texts = new Map<string, RuleTexts>();
  if (!isFields(data) || data.kind !== 'Firewall' || !isFields(data.ruleSets)) return texts;
  for (const [name, set] of Object.entries(data.ruleSets)) {
    if (!isFields(set) || !Array.isArray(set.seclang)) continue;
    const read = readSet(set.seclang, directory, (i, message, found) =>
      trouble(['ruleSets', name, 'seclang', i], message, found),
    );
    if (read !== null) texts.set(name, read);
  }
  return texts;
}

/** For a watcher: the files of a firewall's rules, and their folders, where one may be added. */
export function ruleFiles({ firewall }: { readonly firewall: Firewall | null }): string[] {
  if (firewall === null) return [];
  const files = [...firewall.recipe.texts.values()].flatMap(({ files: own, data }) => [
    ...own.map(({ file }) => file),
    ...data.keys(),
  ]);
  return [...files, ...new Set(files.map((f) => dirname(f)))];
}

function readSet(
  entries: readonly unknown[],
  directory: string,
  trouble: (i: number, message: string, found: string) => void,
): RuleTexts | null {
  const paths: string[] = [];
  let failed = false;
  for (const [i, entry] of entries.entries()) {
    if (typeof entry !== 'string') return null;
    try {
      const found = filesOf(resolve(directory, entry));
      if (found.length === 0) throw new Error('there is no rule file');
      paths.push(...found);
    } catch (error) {
      failed = true;
      trouble(i, `can't read the rules: ${(error as Error).message}`, entry);
    }
  }
  if (failed) return null;
  try {
    return readTexts(paths);
  } catch (error) {
    trouble(0, `can't read the rules: ${(error as Error).message}`, String(entries[0]));
    return null;
  }
}

/** A file; the files of `dir/*.conf`; or those of a directory that holds a CRS release. */
function filesOf(path: string): string[] {
  if (path.endsWith('/*.conf')) return confIn(path.slice(0, -'/*.conf'.length));
  if (!statSync(path).isDirectory()) return [path];
  const own = confIn(path);
  let rules: string[] = [];
  try {
    rules = confIn(join(path, 'rules'));
  } catch {
    // Then its own files are all there is.
  }
  return [...own, ...rules];
}

const confIn = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => join(directory, name));

function readTexts(paths: readonly string[]): RuleTexts {
  if (paths.length > LIMITS.files) throw new Error(`more than ${LIMITS.files} files`);
  const digest = createHash('sha256');
  let bytes = 0;
  const read = (path: string): string => {
    const { size } = statSync(path);
    bytes += size;
    if (bytes > LIMITS.bytes) throw new Error(`more than ${LIMITS.bytes} bytes`);
    const text = readFileSync(path, 'latin1');
    digest.update(path).update('\0').update(text, 'latin1').update('\0');
    return text;
  };
  const files = paths.map((file) => ({ file, text: read(file) }));
  const data = new Map<string, string>();
  for (const directory of new Set(paths.map((p) => dirname(p))))
    for (const name of readdirSync(directory).sort())
      if (name.endsWith('.data')) data.set(join(directory, name), read(join(directory, name)));
  return { files, data, digest: digest.digest('hex') };
}
