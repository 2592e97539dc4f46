/** The OWASP Core Rule Set, where it is at hand: nothing of it is in the repository. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './config.ts';

export const CRS = process.env.ZONEGATE_CRS ?? join(ROOT, '..', 'shared', 'crs');
export const crsIsThere = existsSync(join(CRS, 'rules'));
/** Behind the name of a test that is skipped without it. */
export const CRS_ABSENT = crsIsThere ? '' : ` (skipped: no rules at ${CRS}, set ZONEGATE_CRS)`;
