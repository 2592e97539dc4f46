/**
 * What the regression tests expect behind the firewall: the backend `albedo` of the Core Rule Set.
 * `POST /reflect` answers as its JSON body says; everything else is 200 with no body.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Albedo {
  readonly port: number;
  stop(): Promise<void>;
}

/** On loopback. @param port 0 for any that is free */
export async function startAlbedo(port = 0): Promise<Albedo> {
  // It must take what the firewall lets through, however odd.
  const server = createServer(
    { insecureHTTPParser: true, maxHeaderSize: 256 * 1024, requireHostHeader: false },
    (request, response) => void answer(request, response),
  );
  server.on('connect', (_, socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  // Upgrades are answered like anything else.
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return;
  }
  if (request.method !== 'POST' || !/^\/reflect(?:[/?]|$)/.test(request.url ?? '')) {
    response.end();
    return;
  }
  const reflection = reflectionOf(Buffer.concat(chunks).toString('utf8'));
  if (typeof reflection === 'string') {
    response.writeHead(400).end(reflection);
    return;
  }
  const { status, headers, body } = reflection;
  response.statusCode = status;
  if (body.length > 0) response.setHeader('Content-Type', sniffed(body));
  for (const [name, value] of Object.entries(headers)) {
    try {
      response.setHeader(name, value);
    } catch {
      // What HTTP does not allow is dropped.
    }
  }
  response.end(body);
}

interface Reflection {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** @returns a text when it is not a description of an answer */
function reflectionOf(text: string): Reflection | string {
  let spec: Partial<Record<'body' | 'encodedBody' | 'headers' | 'status', unknown>>;
  try {
    spec = Object(JSON.parse(text)) as typeof spec;
  } catch {
    return 'Invalid JSON in request body';
  }
  const status = Number(spec.status ?? 0);
  if ((status > 0 && status < 100) || status >= 600) return `Invalid status code: ${status}`;
  const plain = typeof spec.body === 'string' ? Buffer.from(spec.body) : Buffer.alloc(0);
  const coded = typeof spec.encodedBody === 'string' ? spec.encodedBody : '';
  return {
    status: status === 0 ? 200 : status,
    headers: Object.fromEntries(
      Object.entries(Object(spec.headers) as object).map(([k, v]) => [k, String(v)]),
    ),
    body: plain.length > 0 ? plain : Buffer.from(coded, 'base64'),
  };
}

const SIGNATURES: readonly (readonly [RegExp, string])[] = [
  [
    /^[\t\n\f\r ]*<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[\t\n\f\r >]/i,
    'text/html; charset=utf-8',
  ],
  [/^[\t\n\f\r ]*<\?xml/, 'text/xml; charset=utf-8'],
  [/^%PDF-/, 'application/pdf'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^\x89PNG\r\n\x1a\n/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^PK\x03\x04/, 'application/zip'],
  [/^\x1f\x8b\x08/, 'application/x-gzip'],
  [/^[\s\S]*[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/, 'application/octet-stream'],
];

/** The type of a body that names none, by its first bytes: https://mimesniff.spec.whatwg.org/ */
function sniffed(body: Buffer): string {
  const start = body.subarray(0, 512).toString('latin1');
  return SIGNATURES.find(([pattern]) => pattern.test(start))?.[1] ?? 'text/plain; charset=utf-8';
}
