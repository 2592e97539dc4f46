/** Apache httpd as an origin: static files with ranges and validators, and a WebDAV store. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { scratch } from './config.ts';
import { freePort } from './ports.ts';
import { program } from './programs.ts';
import { until } from './until.ts';

interface Httpd {
  readonly port: number;
  /** What it serves, as files. */
  readonly documents: string;
}

/** One process on loopback, for as long as the test. */
export async function httpd(): Promise<Httpd> {
  const port = await freePort();
  const folder = scratch();
  const [documents, own] = [join(folder, 'documents'), join(folder, 'own')];
  // Started by root it serves as nobody, who must be able to write here.
  chmodSync(folder, 0o755);
  for (const path of [documents, own]) {
    mkdirSync(path);
    chmodSync(path, 0o777);
  }
  const config = join(own, 'httpd.conf');
  writeFileSync(config, settings(port, documents, own));
  const child = spawn(program('HTTPD'), ['-X', '-f', config], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await until('httpd to listen', () => {
    if (child.exitCode !== null)
      throw new Error(
        `httpd ended with ${child.exitCode}: ${readFileSync(join(own, 'log'), 'utf8')}`,
      );
    return listens(port);
  });
  return { port, documents };
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** Builds differ in what is compiled in; what is not there as a module is. */
function modules(): string[] {
  const folder = moduleFolder();
  const mpm = ['mpm_event', 'mpm_worker', 'mpm_prefork'].find((name) =>
    existsSync(join(folder, `mod_${name}.so`)),
  );
  return [...(mpm === undefined ? [] : [mpm]), 'unixd', 'authz_core', 'dav', 'dav_fs']
    .map((name) => [name, join(folder, `mod_${name}.so`)] as const)
    .filter(([, file]) => existsSync(file))
    .map(([name, file]) => `LoadModule ${name}_module "${file}"`);
}

function moduleFolder(): string {
  const places = [
    'lib/apache2/modules',
    'libexec/apache2',
    'lib/httpd/modules',
    'lib64/httpd/modules',
  ];
  const found = prefixes()
    .flatMap((prefix) => places.map((place) => join(prefix, place)))
    .find((folder) => existsSync(join(folder, 'mod_dav_fs.so')));
  if (found === undefined) throw new Error(`no mod_dav_fs.so near ${program('HTTPD')}`);
  return found;
}

/** Where a build may have been installed, the fetched one first (scripts/provision). */
function prefixes(): string[] {
  const named = program('HTTPD');
  if (!named.includes('/')) return ['/usr', '/usr/local', '/opt/homebrew'];
  const real = dirname(dirname(realpathSync(named)));
  return [join(real, 'root', 'usr'), real, '/usr'];
}

const settings = (port: number, documents: string, own: string): string => `
${modules().join('\n')}
ServerRoot "${own}"
DefaultRuntimeDir "${own}"
PidFile "${own}/pid"
ErrorLog "${own}/log"
Listen 127.0.0.1:${port}
ServerName 127.0.0.1
User #65534
Group #65534
DocumentRoot "${documents}"
DavLockDB "${own}/locks"
<Directory "${documents}">
  Dav On
  Require all granted
</Directory>
`;
