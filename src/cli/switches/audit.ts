import { auditAnswer } from '../../shell/control/answers.ts';
import { EXIT } from '../exit.ts';
import { Control } from './control.ts';
import type { ReadOptions } from './options.ts';
import { staleLines } from './stale.ts';

export interface AuditOptions extends ReadOptions {
  readonly limit: string;
}

/** Newest first. */
export async function audit(options: AuditOptions): Promise<number> {
  const path = `/v1/audit?limit=${encodeURIComponent(options.limit)}`;
  const { standing, lines } = await new Control(options).get(path, auditAnswer);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ standing, lines }, null, 2)}\n`);
    return EXIT.ok;
  }
  const rows = lines.map((l) => {
    const aside = l.overrides.length === 0 ? '' : ` [${l.overrides.join(', ')} set aside]`;
    const at = new Date(l.atMs).toISOString();
    return `${at} epoch ${l.epoch} ${l.outcome}: ${l.what}, by ${l.by} at ${l.gate}: ${l.reason}${aside}`;
  });
  process.stdout.write(`${[...staleLines(standing), ...rows].join('\n')}\n`);
  return EXIT.ok;
}
