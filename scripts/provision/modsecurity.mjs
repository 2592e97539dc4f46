// nginx with the ModSecurity module loaded, as one program: a starter in the cache. The module fits only
// the very nginx it was built for, so pairs are tried until one starts.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FETCHED, fetchFromDebian, libraryFolders, ROOT } from './debian.mjs';

const MODULE = 'ngx_http_modsecurity_module.so';
const MODULE_FOLDERS = [
  'usr/lib/nginx/modules',
  'usr/share/nginx/modules',
  'usr/lib64/nginx/modules',
];
const PACKAGES = {
  // nginx itself only where there is none: Debian's module fits Debian's nginx.
  names: ['nginx-modsecurity'],
  debian: ['libnginx-mod-http-modsecurity', 'libmodsecurity3', 'nginx'],
  paths: [],
};

/** The path of the program; or undefined, when it can't be had. */
export function nginxWithModsecurity() {
  const named = process.env.NGINX_MODSECURITY;
  if (named !== undefined && named !== '') return starts(named) ? named : undefined;
  const starter = join(FETCHED, 'nginx-modsecurity');
  if (starts(starter)) return starter;
  if (writeStarterThatRuns(starter)) return starter;
  fetchFromDebian([PACKAGES]);
  return writeStarterThatRuns(starter) ? starter : undefined;
}

function writeStarterThatRuns(starter) {
  const roots = ['/', ROOT];
  const modules = roots
    .flatMap((root) => MODULE_FOLDERS.map((folder) => join(root, folder, MODULE)))
    .filter((file) => existsSync(file));
  const servers = roots
    .map((root) => join(root, 'usr/sbin/nginx'))
    .filter((file) => existsSync(file));
  return modules.some((module) =>
    servers.some((server) => {
      mkdirSync(FETCHED, { recursive: true });
      writeFileSync(
        starter,
        `#!/bin/bash\nexport LD_LIBRARY_PATH="${libraryFolders()}"\nexec "${server}" -g 'load_module "${module}";' "$@"\n`,
      );
      chmodSync(starter, 0o755);
      return starts(starter);
    }),
  );
}

/** Does it know the module's directives? It tries its configuration, and does not serve. */
function starts(file) {
  if (!existsSync(file)) return false;
  const folder = join(FETCHED, '..', 'try');
  mkdirSync(folder, { recursive: true });
  const conf = join(folder, 'nginx.conf');
  writeFileSync(
    conf,
    `pid ${folder}/pid; error_log stderr; events {}\nhttp { access_log off; modsecurity off; ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder};`).join(' ')} }\n`,
  );
  return (
    spawnSync(file, ['-t', '-q', '-e', 'stderr', '-c', conf], { stdio: 'ignore' }).status === 0
  );
}
