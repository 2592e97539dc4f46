// Programs out of Debian's packages without root: apt resolves what is missing, in a folder of our own,
// and nothing of the system is touched.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { CACHE } from '../setup.mjs';

const HOME = join(CACHE, 'debian');
export const ROOT = join(HOME, 'root');
/** Scripts that start the fetched programs; it may stand at the end of a PATH. */
export const FETCHED = join(HOME, 'bin');

export const fetchedPath = (program) => join(FETCHED, program.names[0]);

const runs = (file, args, options) =>
  spawnSync(file, args, { stdio: 'ignore', ...options }).status === 0;

/** Downloads what these programs and this system lack. Whether they then run is for the caller to see. */
export function fetchFromDebian(programs) {
  if (!runs('apt-get', ['--version'])) return;
  const apt = join(HOME, 'apt');
  for (const folder of ['state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(apt, folder), { recursive: true });
  const options = [
    '-q',
    '-y',
    ...settings({
      'Dir::State': `${apt}/state`,
      'Dir::State::Lists': `${apt}/state/lists`,
      // The system's own list of what is installed: libraries that it has are not fetched again.
      'Dir::State::status': '/var/lib/dpkg/status',
      'Dir::Cache': `${apt}/cache`,
      'APT::Sandbox::User': '',
      'Debug::NoLocking': '1',
      'Acquire::http::Timeout': '20',
    }),
  ];
  runs('apt-get', [...options, 'update']);
  const install = ['install', '--download-only', '--reinstall', '--no-install-recommends'];
  // One by one: a package that this release does not have must not keep the others away.
  for (const { debian } of programs) runs('apt-get', [...options, ...install, ...debian]);
  unpack(join(apt, 'cache', 'archives'));
  rmSync(apt, { recursive: true, force: true });
  for (const program of programs) writeStarter(program);
}

const settings = (values) => Object.entries(values).flatMap(([k, v]) => ['-o', `${k}=${v}`]);

function unpack(archives) {
  mkdirSync(ROOT, { recursive: true });
  for (const file of readdirSync(archives)) {
    // The C library fits the loader it came with, and no other.
    if (file.endsWith('.deb') && !/^libc6_/.test(file))
      runs('dpkg-deb', ['-x', join(archives, file), ROOT]);
  }
}

function writeStarter(program) {
  const real = program.paths.map((p) => join(ROOT, p)).find((p) => existsSync(p));
  if (real === undefined) return;
  const lines = Object.entries({ LD_LIBRARY_PATH: libraryFolders(), ...program.env?.(ROOT) }).map(
    ([name, value]) => `export ${name}="${value}"`,
  );
  mkdirSync(FETCHED, { recursive: true });
  const starter = fetchedPath(program);
  writeFileSync(
    starter,
    `#!/bin/bash\n${lines.join('\n')}\nexec -a ${basename(starter)} "${realpathSync(real)}" "$@"\n`,
  );
  chmodSync(starter, 0o755);
}

export function libraryFolders() {
  return ['usr/lib', 'lib']
    .map((p) => join(ROOT, p))
    .filter((p) => existsSync(p))
    .flatMap((p) => readdirSync(p).map((name) => join(p, name)))
    .filter((p) => p.includes('-linux-gnu'))
    .join(':');
}
