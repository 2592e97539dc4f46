/** Which files of a directory are configuration. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Plans may stand in a folder of their own. */
const PLANS = 'plans';

const yamlIn = (directory: string): string[] =>
  readdirSync(directory)
    .filter((n) => /\.ya?ml$/.test(n) && !n.startsWith('.'))
    .sort();

/** Relative to the directory, in the order in which they are read. Throws where it can't be read. */
export function configFiles(directory: string): string[] {
  const plans = join(directory, PLANS);
  const files = yamlIn(directory);
  return existsSync(plans) ? [...files, ...yamlIn(plans).map((n) => join(PLANS, n))] : files;
}
