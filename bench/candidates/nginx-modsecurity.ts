/** nginx with libmodsecurity and the Core Rule Set: what a firewall costs elsewhere. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Running, type Site, server, type Work } from './candidate.ts';
import { crsAbsent, crsFolder } from './crs.ts';
import { modsecurityRules, unicodeMapOf } from './modsecurity-rules.ts';
import { plainNginx, writeNginxConf } from './nginx.ts';

/** The environment variable that names an nginx with the module loaded; scripts/bench.mjs sets it. */
const PROGRAM = 'NGINX_MODSECURITY';

/** Blocking, paranoia level 1, no audit log; no routing work. */
export function startNginxModsecurity(work: Work, site: Site): Promise<Running> {
  const program = process.env[PROGRAM];
  if (program === undefined || program === '')
    throw new Error(
      `${PROGRAM} is not set. Debian: sudo apt-get install -y libnginx-mod-http-modsecurity`,
    );
  const absent = crsAbsent();
  if (absent !== null) throw new Error(absent);
  const rules = join(site.folder, 'rules.conf');
  const setup = { crs: crsFolder(), setup: '', auditLog: null, unicodeMap: unicodeMapOf(program) };
  writeFileSync(rules, modsecurityRules({ ...setup, engine: 'On' }));
  const [port] = site.ports;
  // It writes a line for each refusal, and one is asked for on purpose.
  const http = `error_log stderr crit; modsecurity on; modsecurity_rules_file ${rules};\n${plainNginx(port!, site.origin)}`;
  const conf = writeNginxConf(site.folder, 'nginx-modsecurity', http, work.connections);
  return server('nginx-modsecurity', port!, site, () =>
    site.processes.start('proxy', program, ['-c', conf]),
  );
}
