import type { DocPath, Report } from '../model/issue.ts';
import type { KeyRing } from '../model/mac.ts';

/** Secrets that start so are for demos; `check` warns of them. */
const DEMO_SECRET_PREFIX = 'demo-only-';

interface DeclaredKey {
  readonly id: string;
  readonly secret?: string | undefined;
}

export function compileKeys(
  keys: readonly DeclaredKey[],
  path: DocPath,
  report: Report,
  demo = 'anybody can sign with it',
): KeyRing {
  const ids = new Set<string>();
  return keys.map((key, i) => {
    if (ids.has(key.id)) {
      report.error([...path, i, 'id'], 'duplicate-key-id', `key id ${key.id} is used twice`, {
        found: key.id,
        expected: 'two different ids',
      });
    }
    ids.add(key.id);
    if (key.secret?.startsWith(DEMO_SECRET_PREFIX) === true)
      report.warn([...path, i], 'demo-key', `key ${key.id} is the published demo key: ${demo}`);
    if (key.secret === undefined) {
      report.error([...path, i], 'no-secret', `key ${key.id} has no secret`, {
        expected: 'secret or secretFile',
      });
    }
    return { id: key.id, secret: key.secret ?? '' };
  });
}
