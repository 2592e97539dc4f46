// `npm test`: installs what is missing, then type check, lint, unused code, build and all tests.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FETCHED } from './provision/debian.mjs';
import { provision } from './provision/index.mjs';
import { BIN, build, CACHE, install, must, ownEnv, ROOT } from './setup.mjs';

const env = ownEnv();
const bin = (name) => join(BIN, name);

install();
// What was fetched stands last in the path, for tests that call git by its name.
Object.assign(env, provision(), { PATH: `${env.PATH}:${FETCHED}` });
must('types', bin('tsc'), ['--noEmit'], { env });
must('format and lint', bin('biome'), ['check', '.', '--reporter=summary'], { env });
must('typed lint', bin('eslint'), ['.', '--cache', '--cache-location', join(CACHE, 'eslint')], {
  env,
});
must('unused code', bin('knip'), ['--no-progress'], { env });
build();

const report = join(CACHE, 'tests.json');
const run = spawnSync(
  bin('node'),
  [
    join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, stdio: 'inherit', env },
);
const {
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
} = JSON.parse(readFileSync(report, 'utf8'));
console.log(
  `tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
);
process.exit(run.status ?? 1);
