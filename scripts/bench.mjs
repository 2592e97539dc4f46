// `npm run bench -- [options]`: builds, then measures. What is measured, and how: docs/benchmarks.md.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { nginxWithModsecurity } from './provision/modsecurity.mjs';
import { BIN, build, install, ownEnv, ROOT } from './setup.mjs';

install();
build();
const env = ownEnv();
// The firewall's peer; without it those scenarios leave it out, and say so.
const peer = process.platform === 'linux' ? nginxWithModsecurity() : undefined;
if (peer !== undefined) env.NGINX_MODSECURITY = peer;
const bench = spawn(join(BIN, 'node'), [join(ROOT, 'bench', 'main.ts'), ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
  env,
});
// It has processes of its own to stop: it must hear of it, and be waited for.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => bench.kill(signal));
bench.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
