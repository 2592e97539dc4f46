import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SecFile } from '../../../src/waf/seclang/index.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CRS = process.env.ZONEGATE_CRS ?? join(ROOT, '..', 'shared', 'crs');
const RULES = join(CRS, 'rules');

/** Of OWASP CRS 4.28. */
export const crsIsThere = existsSync(RULES);
export const ABSENT = crsIsThere ? '' : ` (skipped: no rules at ${CRS}, set ZONEGATE_CRS)`;

const bytes = (path: string): string => readFileSync(path, 'latin1');

/** All files, in the order in which an engine includes them. */
export function crsFiles(): SecFile[] {
  const names = readdirSync(RULES)
    .filter((name) => name.endsWith('.conf') || name.endsWith('.conf.example'))
    .sort();
  return [
    { file: 'crs-setup.conf', text: bytes(join(CRS, 'crs-setup.conf.example')) },
    ...names.map((file) => ({ file, text: bytes(join(RULES, file)) })),
  ];
}

export function crsData(name: string): string | null {
  const path = join(RULES, name);
  return existsSync(path) ? bytes(path) : null;
}
