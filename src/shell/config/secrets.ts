/** `secretFile: path` → `secret: content`, for keys and tokens of a Gate document and nowhere else. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DocPath } from '../../model/issue.ts';

const MAX_SECRET_BYTES = 65_536;

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Changes `data` in place. @param trouble told of each file that can't be read
 * @param directory that paths are relative to
 */
export function readSecrets(data: unknown, directory: string, trouble: Trouble): void {
  if (!isFields(data) || data.kind !== 'Gate') return;
  const read = (list: unknown, path: DocPath): void => readList(list, path, directory, trouble);
  if (isFields(data.keys))
    for (const [use, ring] of Object.entries(data.keys)) read(ring, ['keys', use]);
  if (isFields(data.control)) read(data.control.tokens, ['control', 'tokens']);
  checkTlsFiles(data.admin, directory, trouble);
}

type Trouble = (path: DocPath, message: string, found: string) => void;

function readList(list: unknown, path: DocPath, directory: string, trouble: Trouble): void {
  if (!Array.isArray(list)) return;
  list.forEach((key: unknown, i) => {
    // With both, the schema says that one is too many.
    if (!isFields(key) || typeof key.secretFile !== 'string' || key.secret !== undefined) return;
    const read = readSecret(resolve(directory, key.secretFile));
    if (read.ok) {
      key.secret = read.text;
      delete key.secretFile;
    } else trouble([...path, i, 'secretFile'], read.problem, key.secretFile);
  });
}

/** They stay files, so that a renewed certificate is no new configuration; but they must be there. */
function checkTlsFiles(admin: unknown, directory: string, trouble: Trouble): void {
  if (!Array.isArray(admin)) return;
  admin.forEach((entry: unknown, i) => {
    if (!isFields(entry) || !isFields(entry.tls)) return;
    for (const [name, path] of Object.entries(entry.tls)) {
      if (typeof path !== 'string') continue;
      const read = readSecret(resolve(directory, path));
      if (!read.ok) trouble(['admin', i, 'tls', name], read.problem, path);
    }
  });
}

type Read =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

function readSecret(path: string): Read {
  try {
    const stat = statSync(path);
    // A pipe or device would block the gate, or never end.
    if (!stat.isFile()) return { ok: false, problem: 'it is not a plain file' };
    if (stat.size > MAX_SECRET_BYTES) return { ok: false, problem: 'the file is too large' };
    return { ok: true, text: readFileSync(path, 'utf8').trim() };
  } catch (error) {
    return { ok: false, problem: `can't read it: ${(error as Error).message}` };
  }
}
