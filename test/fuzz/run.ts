/**
 * The long run: `node test/fuzz/run.ts [inputs] [seed]`, a million inputs by default. Needs a build.
 * Exits 1 when anything malformed went upstream, hung, or broke the gate.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, writePlain } from '../support/config.ts';
import { until } from '../support/until.ts';
import { FuzzOrigin, fuzz } from './fuzzer.ts';

const [inputs = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);
const PORTS = { listen: 29_101, admin: 29_102, origin: 29_103 };
const folder = mkdtempSync(join(tmpdir(), 'zonegate-fuzz-'));
writePlain(folder, {
  listen: PORTS.listen,
  admin: PORTS.admin,
  origins: [PORTS.origin],
  gate: 'timeouts: { headMs: 1000, idleMs: 1000, firstByteMs: 1000, halfClosedMs: 1000, lingerMs: 500, keepAliveMs: 2000 }',
});
const gate = spawn(process.execPath, [join(ROOT, 'bin', 'zonegate.js'), 'run', '-c', folder], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
const rssMiB = (): number =>
  Math.round(
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gate.pid}/status`, 'utf8'))?.[1]) / 1024,
  );
const origin = new FuzzOrigin();
await origin.listen(PORTS.origin);
await until('the gate', async () => {
  try {
    return (await fetch(`http://127.0.0.1:${PORTS.admin}/readyz`)).ok;
  } catch {
    return false;
  }
});
const started = performance.now();
const report = await fuzz(PORTS.listen, origin, inputs, seed, {
  progress: (done) => {
    if (done % 100_000 === 0)
      console.log(`${done} inputs, ${origin.forwarded} forwarded, gate at ${rssMiB()} MiB`);
  },
});
const seconds = Math.round((performance.now() - started) / 1000);
const alive = gate.exitCode === null;
console.log(
  JSON.stringify({ ...report, seed, seconds, alive, rssMiB: alive ? rssMiB() : null }, null, 2),
);
gate.kill('SIGTERM');
origin.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(alive && report.faults.length + report.hangs.length + report.broken === 0 ? 0 : 1);
