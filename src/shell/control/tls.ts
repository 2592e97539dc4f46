/** TLS of an admin listener, and who has come by it. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import { type SecureContextOptions, TLSSocket } from 'node:tls';
import type { AdminTls } from '../../gate/compile-control.ts';

export interface TlsFiles extends SecureContextOptions {
  readonly minVersion: 'TLSv1.2';
}

/** Throws when a file can't be read. @param directory that paths are relative to */
export function readTls(tls: AdminTls, directory: string): TlsFiles {
  const read = (path: string): string => readFileSync(resolve(directory, path), 'utf8');
  return {
    cert: read(tls.certFile),
    key: read(tls.keyFile),
    ...(tls.clientCaFile === null ? {} : { ca: read(tls.clientCaFile) }),
    minVersion: 'TLSv1.2',
  };
}

/**
 * The common name in the client's certificate; null without one that has been verified. It may be
 * somebody's signature, so it is held to visible characters, and a slash is not part of a name.
 */
export function certifiedName({ socket }: IncomingMessage): string | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  const certificate = socket.getPeerCertificate() as {
    readonly subject?: { readonly CN?: string | string[] };
    readonly fingerprint256?: string;
  };
  const common = certificate.subject?.CN;
  const name = (Array.isArray(common) ? common.join('+') : (common ?? ''))
    .replace(/[^!-~]|\//g, '-')
    .slice(0, 64);
  return name === '' ? `certificate-${certificate.fingerprint256?.slice(0, 23) ?? ''}` : name;
}
