/** One request to /v1/ that has passed the guard, and what its handlers share. */

import type { z } from 'zod';
import { Report } from '../../model/issue.ts';
import { parseDocument } from '../../snapshot/parse.ts';
import type { FleetDesk } from '../fleet/desk.ts';
import type { Body } from './body.ts';
import type { Caller } from './guard.ts';
import { problem, type Reply } from './reply.ts';

export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly ifMatch: string | undefined;
  readonly contentType: string | undefined;
  readonly caller: Caller;
  readonly desk: FleetDesk;
  body(): Promise<Body>;
}

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reply: Reply };

/** A body as its schema says, signed with the name that has been proven; or every mistake in it. */
export async function readSigned<S extends z.ZodType>(
  ask: Ask,
  schema: S,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Read<z.infer<S>>> {
  if (!/^application\/json\s*(?:;|$)/i.test(ask.contentType ?? '')) {
    const detail = 'a body must be JSON, with Content-Type: application/json';
    return { ok: false, reply: problem(415, 'media-type', detail) };
  }
  const body = await ask.body();
  if (!body.ok) return body;
  if (typeof body.value !== 'object' || body.value === null || Array.isArray(body.value))
    return { ok: false, reply: problem(400, 'bad-request', 'the body is not a JSON object') };
  const given = { ...(body.value as Record<string, unknown>), ...more };
  const report = new Report();
  const value = parseDocument(schema, { ...given, ...signature(ask.caller, given.by) }, report);
  if (value !== null && !report.failed) return { ok: true, value };
  const mistakes = report.problems.map(({ path, message, found, expected, suggestion }) => ({
    path: path.join('.'),
    message,
    ...(found === undefined ? {} : { found }),
    ...(expected === undefined ? {} : { expected }),
    ...(suggestion === undefined ? {} : { suggestion }),
  }));
  const detail = mistakes
    .map((m) => `${m.path === '' ? '' : `${m.path}: `}${m.message}`)
    .join('; ');
  return { ok: false, reply: problem(400, 'bad-request', detail, { mistakes }) };
}

/** A proven name stands first: what a caller says of himself can't hide it. */
function signature({ name }: Caller, given: unknown): { readonly by?: unknown } {
  if (name === null) return {};
  return { by: typeof given === 'string' ? `${name}/${given}` : (given ?? name) };
}
