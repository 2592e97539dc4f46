/** An application whose every answer can be checked: what it says follows from what it was asked. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { Duplex } from 'node:stream';

/** Longer than a gate keeps an idle connection, so that no request meets one that is just closing. */
const KEEP_ALIVE_MS = 120_000;

/** The body that a target gets. */
export function bodyFor(target: string, bytes: number): string {
  return `${target}|`.repeat(Math.ceil(bytes / (target.length + 1))).slice(0, bytes);
}

export const digestOf = (body: Buffer): string => createHash('md5').update(body).digest('hex');

function answerGet(req: http.IncomingMessage, res: http.ServerResponse): void {
  const target = req.url ?? '';
  const query = new URLSearchParams(target.split('?')[1] ?? '');
  const body = Buffer.from(bodyFor(target, Number(query.get('bytes') ?? 0)), 'latin1');
  const login = query.get('login');
  if (login !== null) res.setHeader('X-Ldc-Uid', login);
  if (query.get('framing') !== 'chunked') res.setHeader('Content-Length', body.length);
  else res.write(body.subarray(0, body.length >> 1));
  res.end(query.get('framing') === 'chunked' ? body.subarray(body.length >> 1) : body);
}

function answerPost(req: http.IncomingMessage, res: http.ServerResponse): void {
  const hash = createHash('md5');
  req.on('data', (d: Buffer) => hash.update(d));
  req.on('end', () => res.end(hash.digest('hex')));
}

/** Agrees, then sends everything back. */
function switchOver(_: http.IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => undefined);
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  socket.write(head);
  socket.pipe(socket);
}

export async function startOrigin(port: number): Promise<http.Server> {
  const server = http.createServer((req, res) => {
    res.setHeader('X-Zone', req.headers['x-ldc-zone'] ?? '');
    req.on('error', () => undefined);
    if (req.method === 'POST') answerPost(req, res);
    else answerGet(req, res);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on('upgrade', switchOver);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
