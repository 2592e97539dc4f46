// Set-up shared by `npm start` and `npm test`: plain JavaScript, runs on any Node from 20 on.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const BIN = join(ROOT, 'node_modules', '.bin');
export const CACHE = join(ROOT, '.cache');

export const say = (line) => console.log(`[zonegate] ${line}`);

/** Runs a program in the project; ends this one when it fails. */
export function must(what, file, args, options = {}) {
  const started = Date.now();
  const shell = process.platform === 'win32';
  const result = spawnSync(file, args, { cwd: ROOT, stdio: 'inherit', shell, ...options });
  if (result.status !== 0) {
    say(`${what}: failed${result.error === undefined ? '' : ` (${result.error.message})`}`);
    process.exit(result.status ?? 1);
  }
  say(`${what}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Installs exactly what the lock file says, unless that is what is there. */
export function install() {
  const stamp = join(ROOT, 'node_modules', '.zonegate-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(join(BIN, 'node'))) {
    say('packages: as the lock file says');
    return;
  }
  say('packages: npm ci');
  // Warnings that the outer Node is too old are beside the point: node_modules brings its own.
  must('packages', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  const node = spawnSync(join(BIN, 'node'), ['--version'], { encoding: 'utf8' });
  if (node.status !== 0) {
    say(
      'the package "node" has no program in it: its install script was not run. Do this, then again:',
    );
    say('    npm rebuild node');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

/** The environment in which the project's own Node comes first. */
export function ownEnv() {
  return { ...process.env, PATH: `${BIN}:${process.env.PATH ?? ''}` };
}

export function build() {
  must('build', join(BIN, 'tsc'), ['-p', 'tsconfig.build.json']);
}

mkdirSync(CACHE, { recursive: true });
