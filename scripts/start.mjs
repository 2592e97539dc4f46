// `npm start`: installs, builds, runs the demo. Arguments after -- go to it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { BIN, build, install, ownEnv, ROOT, say } from './setup.mjs';

install();
build();
const args = process.argv.slice(2);
say(`demo ${args.join(' ')}`);
const demo = spawn(join(BIN, 'node'), [join(ROOT, 'bin', 'zonegate.js'), 'demo', ...args], {
  cwd: ROOT,
  env: ownEnv(),
  stdio: 'inherit',
});
// Ctrl-C reaches the demo by itself; this process only waits for it to end cleanly.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => signal === 'SIGTERM' && demo.kill('SIGTERM'));
demo.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
