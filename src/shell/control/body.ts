import type { IncomingMessage } from 'node:http';
import { problem, type Reply } from './reply.ts';

const MAX_BYTES = 65_536;

export type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reply: Reply };

/** The rest of what is too large is not read: the connection ends with the answer. */
const TOO_LARGE: Body = {
  ok: false,
  reply: problem(413, 'too-large', 'a body may have 64 KiB', {}, { Connection: 'close' }),
};

const bad = (detail: string): Body => ({ ok: false, reply: problem(400, 'bad-request', detail) });

/** A JSON body. Rejects only when the connection breaks. */
export async function readJson(req: IncomingMessage): Promise<Body> {
  if (Number(req.headers['content-length'] ?? 0) > MAX_BYTES) return TOO_LARGE;
  const parts: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop must not destroy the request: the answer goes over the same socket.
  for await (const part of req.iterator({ destroyOnReturn: false })) {
    bytes += (part as Buffer).length;
    if (bytes > MAX_BYTES) return TOO_LARGE;
    parts.push(part as Buffer);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return bad(`the body is not JSON: ${(error as Error).message}`);
  }
}
