/** The patterns of the Core Rule Set's rules, where a copy lies beside the repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/config.ts';

const RULES = join(process.env.ZONEGATE_CRS ?? join(ROOT, '../shared/crs'), 'rules');
export const CRS_PRESENT = existsSync(RULES);

/** Just enough of SecLang to find every `@rx`; `found` counts where one is written. */
export function crsPatterns(): { readonly patterns: readonly string[]; readonly found: number } {
  const patterns = new Set<string>();
  let found = 0;
  for (const file of readdirSync(RULES).filter((name) => /\.conf(\.example)?$/.test(name))) {
    const text = readFileSync(join(RULES, file), 'latin1')
      .replace(/^\s*#.*$/gm, '')
      .replace(/\\\r?\n\s*/g, ' ');
    for (const line of text.split('\n')) {
      const rule = /^\s*SecRule\s+(?:"(?:[^"\\]|\\.)*"|\S+)\s+"!?@rx ((?:[^"\\]|\\.)*)"/.exec(line);
      if (line.includes('@rx ')) found++;
      if (rule !== null) patterns.add(rule[1]!.replace(/\\"/g, '"'));
    }
  }
  return { patterns: [...patterns], found };
}
