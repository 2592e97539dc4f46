/** `secretFile: path` → `secret: content`, for the keys of a Gate document and nowhere else. */
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
export function readSecrets(
  data: unknown,
  directory: string,
  trouble: (path: DocPath, message: string, found: string) => void,
): void {
  if (!isFields(data) || data.kind !== 'Gate' || !isFields(data.keys)) return;
  for (const [use, ring] of Object.entries(data.keys)) {
    if (!Array.isArray(ring)) continue;
    ring.forEach((key: unknown, i) => {
      // With both, the schema says that one is too many.
      if (!isFields(key) || typeof key.secretFile !== 'string' || key.secret !== undefined) return;
      const read = readSecret(resolve(directory, key.secretFile));
      if (read.ok) {
        key.secret = read.text;
        delete key.secretFile;
      } else trouble(['keys', use, i, 'secretFile'], read.problem, key.secretFile);
    });
  }
}

type Read =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

function readSecret(path: string): Read {
  try {
    const stat = statSync(path);
    // A pipe or device would block the gate, or never end.
    if (!stat.isFile()) return { ok: false, problem: 'the secret is not a plain file' };
    if (stat.size > MAX_SECRET_BYTES) return { ok: false, problem: 'the secret file is too large' };
    return { ok: true, text: readFileSync(path, 'utf8').trim() };
  } catch (error) {
    return { ok: false, problem: `can't read the secret: ${(error as Error).message}` };
  }
}
