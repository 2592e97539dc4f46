// Finds or fetches what tests need besides npm packages. Nothing is skipped in silence: what can't be
// had ends the run with the command that installs it.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, say } from './setup.mjs';

const answers = (file) => spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0;

/** Path of a redis-server that starts. */
export function redisServer() {
  const named = process.env.REDIS_SERVER;
  if (named !== undefined && named !== '') {
    if (answers(named)) return named;
    fail(`REDIS_SERVER=${named} does not run`);
  }
  const cached = join(CACHE, 'redis', 'redis-server');
  for (const candidate of ['redis-server', 'valkey-server', cached])
    if (answers(candidate)) return candidate;
  say('redis-server: not found, fetching Debian’s package without root');
  if (fetchFromDebian(cached) && answers(cached)) return cached;
  fail('there is no redis-server, and it could not be fetched');
}

function fail(why) {
  say(`redis-server: ${why}. Install it, then run again:`);
  say('    Debian, Ubuntu:  sudo apt-get install -y redis-server');
  say('    macOS:           brew install valkey');
  say('    elsewhere:       set REDIS_SERVER to the path of a redis-server or valkey-server');
  process.exit(1);
}

/** apt in a folder of our own: no root, nothing of the system touched. */
function fetchFromDebian(target) {
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) return false;
  const home = join(CACHE, 'apt');
  const debs = join(home, 'debs');
  for (const dir of ['state/lists/partial', 'cache/archives/partial', 'debs'])
    mkdirSync(join(home, dir), { recursive: true });
  writeFileSync(join(home, 'state', 'status'), '');
  const options = [
    '-q',
    '-o',
    `Dir::State=${home}/state`,
    '-o',
    `Dir::State::Lists=${home}/state/lists`,
    '-o',
    `Dir::State::status=${home}/state/status`,
    '-o',
    `Dir::Cache=${home}/cache`,
    '-o',
    'APT::Sandbox::User=',
  ];
  if (spawnSync('apt-get', [...options, 'update'], { stdio: 'ignore' }).status !== 0) return false;
  // The server's package differs in name between releases; libraries that do not exist there fail alone.
  for (const name of [
    'redis-server',
    'redis-tools',
    'libjemalloc2',
    'liblzf1',
    'libatomic1',
    'liblua5.1-0',
    'lua-cjson',
    'lua-bitop',
  ]) {
    spawnSync('apt-get', [...options, 'download', name], { cwd: debs, stdio: 'ignore' });
  }
  const root = join(CACHE, 'redis', 'root');
  mkdirSync(root, { recursive: true });
  for (const deb of readdirSync(debs))
    spawnSync('dpkg-deb', ['-x', join(debs, deb), root], { stdio: 'ignore' });
  const real = ['usr/bin/redis-check-rdb', 'usr/bin/redis-server']
    .map((p) => join(root, p))
    .find((p) => existsSync(p));
  if (real === undefined) return false;
  const libraries = [
    'usr/lib/x86_64-linux-gnu',
    'usr/lib/aarch64-linux-gnu',
    'lib/x86_64-linux-gnu',
    'lib/aarch64-linux-gnu',
  ].map((p) => join(root, p));
  // One program under two names: which one it is called by decides what it does.
  writeFileSync(
    target,
    `#!/bin/sh\nLD_LIBRARY_PATH="${libraries.join(':')}" exec -a redis-server "${real}" "$@"\n`.replace(
      '#!/bin/sh',
      '#!/bin/bash',
    ),
  );
  chmodSync(target, 0o755);
  rmSync(home, { recursive: true, force: true });
  return true;
}
