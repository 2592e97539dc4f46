/** What is answered, as a value; the listener writes it. */
import type { ServerResponse } from 'node:http';
import type { Board } from '../../failover/board.ts';

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Headers = Readonly<Record<string, string>>;

export const text = (status: number, body: string, headers: Headers = {}): Reply => ({
  status,
  type: 'text/plain',
  body,
  headers,
});

export const json = (status: number, value: unknown, headers: Headers = {}): Reply => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(value, null, 2)}\n`,
  headers,
});

export type ProblemCode =
  | 'refused'
  | 'conflict'
  | 'precondition'
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'method'
  | 'too-large'
  | 'media-type'
  | 'unknown-host'
  | 'too-many'
  | 'store-down'
  | 'bug';

/** RFC 9457. @param more members of its own */
export function problem(
  status: number,
  code: ProblemCode,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
  headers: Headers = {},
): Reply {
  const value = { type: `urn:zonegate:problem:${code}`, title: TITLES[code], status, detail };
  return {
    ...json(status, { ...value, ...more }, headers),
    type: 'application/problem+json',
  };
}

const TITLES: Readonly<Record<ProblemCode, string>> = {
  refused: 'Refused by a safety rule',
  conflict: 'Somebody else was first',
  precondition: 'The board has another epoch',
  'bad-request': 'The request can’t be read',
  unauthorized: 'A token is needed',
  forbidden: 'Not permitted',
  'not-found': 'There is no such thing',
  method: 'Another method is needed',
  'too-large': 'The body is too large',
  'media-type': 'The body is not JSON',
  'unknown-host': 'Not a name of this gate',
  'too-many': 'Too many commands',
  'store-down': 'The store can’t be reached',
  bug: 'This is a bug',
};

export const etagOf = (board: Board): Headers => ({ ETag: `"${board.epoch}"` });

export function send(res: ServerResponse, reply: Reply): void {
  res.writeHead(reply.status, {
    'Content-Type': reply.type,
    'Content-Length': Buffer.byteLength(reply.body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...reply.headers,
  });
  res.end(reply.body);
}
