/** Where the OWASP Core Rule Set lies: rules, regression tests, crs-setup.conf.example. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** ZONEGATE_CRS, else ../shared/crs beside the repository. */
export function crsFolder(): string {
  const named = process.env.ZONEGATE_CRS;
  return resolve(named === undefined || named === '' ? join(ROOT, '..', 'shared', 'crs') : named);
}

/** `4.28.0`; null when there is none. */
export function crsVersion(): string | null {
  const file = join(crsFolder(), 'crs-setup.conf.example');
  if (!existsSync(file)) return null;
  return /OWASP CRS ver\.([\d.]+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? null;
}

/** What to say when the rule set is not there; null when it is. */
export function crsAbsent(): string | null {
  const folder = crsFolder();
  const lacking = ['rules', 'tests', 'crs-setup.conf.example'].filter(
    (name) => !existsSync(join(folder, name)),
  );
  if (lacking.length === 0) return null;
  return `the OWASP Core Rule Set is not at ${folder} (no ${lacking.join(', ')}): set ZONEGATE_CRS to its folder`;
}
