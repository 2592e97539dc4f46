/**
 * Who may ask. Against DNS rebinding: Host must be a name of this gate. Against forged requests from
 * a browser: an Origin must be the Host itself, and a body must be JSON, which no form sends. Against
 * the rest: a token, or a client certificate; on loopback without tokens, being on the machine.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type AdminListener,
  type ControlRole,
  type ControlSettings,
  isLoopback,
} from '../../gate/compile-control.ts';
import { problem, type Reply } from './reply.ts';

/** What the guard looks at. */
export interface Knock {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  /** Address of our end of the connection. */
  readonly localAddress: string;
  /** Common name of the client certificate, once it has been verified; null without one. */
  readonly certifiedName: string | null;
}

/** Who asks. */
export interface Caller {
  /** null: nobody has proven a name, so his own word counts. */
  readonly name: string | null;
  readonly role: ControlRole;
}

export type Judged =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reply: Reply };

const refuse = (reply: Reply): Judged => ({ ok: false, reply });

export function judge(knock: Knock, listener: AdminListener, settings: ControlSettings): Judged {
  const host = nameIn(knock.host ?? '');
  if (!isOurs(host, knock, listener, settings)) {
    return refuse(
      problem(421, 'unknown-host', `${host === '' ? 'no host' : host} is not a name of this gate`, {
        passes: 'its address, a loopback name, or one of control.hosts',
      }),
    );
  }
  if (knock.origin !== undefined && !isSameOrigin(knock.origin, knock.host ?? '', listener))
    return refuse(problem(403, 'forbidden', 'the request comes from a page of another origin'));
  const caller = callerOf(knock, settings);
  if (caller === null) {
    return refuse(
      problem(
        401,
        'unauthorized',
        'this needs Authorization: Bearer <id>.<secret>, with a token of control.tokens',
        {},
        { 'WWW-Authenticate': 'Bearer realm="zonegate"' },
      ),
    );
  }
  const reads = knock.method === 'GET' || knock.method === 'HEAD';
  if (!reads && caller.role !== 'write')
    return refuse(problem(403, 'forbidden', `token ${caller.name ?? ''} may read only`));
  return { ok: true, caller };
}

/** Without port, brackets and the dot at the end, in lower case. */
const nameIn = (host: string): string =>
  host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');

function isOurs(
  host: string,
  { localAddress }: Knock,
  { address }: AdminListener,
  { hosts }: ControlSettings,
): boolean {
  const local = localAddress.replace(/^::ffff:/, '');
  return (
    isLoopback(host) ||
    host === address.host.toLowerCase() ||
    host === local ||
    hosts.includes(host)
  );
}

const isSameOrigin = (origin: string, host: string, { tls }: AdminListener): boolean =>
  origin.toLowerCase() === `${tls === null ? 'http' : 'https'}://${host.toLowerCase()}`;

function callerOf(knock: Knock, { tokens }: ControlSettings): Caller | null {
  if (tokens.length === 0) return { name: knock.certifiedName, role: 'write' };
  const match = /^Bearer +([A-Za-z0-9_-]{1,32})\.([!-~]{1,1024})$/i.exec(knock.authorization ?? '');
  if (match === null) return null;
  const [, id = '', secret = ''] = match;
  const token = tokens.find((t) => t.id === id);
  // An unknown id takes as long as a known one.
  const same = equal(secret, token?.secret ?? 'no such token');
  return same && token !== undefined ? { name: token.id, role: token.role } : null;
}

const digest = (s: string): Buffer => createHash('sha256').update(s).digest();

/** In a time that does not hang on where they differ, or on their lengths. */
const equal = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
