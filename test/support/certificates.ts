/** Certificates of a little authority of our own, by openssl. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from './config.ts';

export interface Certificates {
  readonly directory: string;
  /** `NAME.crt` and `NAME.key` in the directory, signed by `ca.crt`. */
  readonly issue: (name: string, subject: string) => void;
}

export function certificates(): Certificates {
  const directory = scratch();
  const openssl = (...args: string[]): void =>
    void execFileSync(process.env.OPENSSL ?? 'openssl', args, { cwd: directory, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  writeFileSync(join(directory, 'names.ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=ca');
  return {
    directory,
    issue(name, subject) {
      const files = ['-keyout', `${name}.key`, '-out', `${name}.csr`];
      openssl('req', ...key, ...files, '-subj', subject);
      openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key'],
        ...['-CAcreateserial', '-out', `${name}.crt`, '-days', '2', '-extfile', 'names.ext'],
      );
    },
  };
}
