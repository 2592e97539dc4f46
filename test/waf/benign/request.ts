/** What one benign request is, before it becomes bytes; and those bytes. */
import type { Header, Purpose } from './clients.ts';

export interface Draft {
  readonly method: string;
  /** Path and query, as they stand in the request line. */
  readonly target: string;
  readonly purpose: Purpose;
  /** Of its own, besides those of the client. */
  readonly headers?: readonly Header[];
  readonly body?: Buffer;
  /** Of an app rather than a page. */
  readonly api?: boolean;
  /** A health check or a monitor sends no browser's headers. */
  readonly bare?: boolean;
}

export function bytesOf(draft: Draft, host: string, headers: readonly Header[]): Buffer {
  const { method, target, body } = draft;
  const all: Header[] = [['Host', host], ['Connection', 'keep-alive'], ...headers];
  if (body !== undefined) all.push(['Content-Length', String(body.length)]);
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n`, 'latin1');
  return body === undefined ? head : Buffer.concat([head, body]);
}

type Pairs = readonly (readonly [string, string])[];

/** As browsers do it for forms: a space is a plus sign, `'` is %27. */
export const formOf = (pairs: Pairs): string =>
  new URLSearchParams(pairs.map(([k, v]): [string, string] => [k, v])).toString();

/** As scripts do it with encodeURIComponent: a space is %20, and `'()*!` stay as they are. */
export const queryOf = (pairs: Pairs): string =>
  pairs.map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`).join('&');
