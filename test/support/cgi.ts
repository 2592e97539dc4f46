/** An origin that answers every request by a program after RFC 3875 (CGI): `git http-backend`, say. */
import { spawn } from 'node:child_process';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface CgiOrigin {
  readonly port: number;
  /** Method, framing and target of each request, as it arrived. */
  readonly requests: string[];
}

interface CgiProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export async function cgiOrigin(program: CgiProgram): Promise<CgiOrigin> {
  const requests: string[] = [];
  const server = http.createServer((req, res) => {
    const length = req.headers['content-length'];
    const framing = length === undefined ? (req.headers['transfer-encoding'] ?? 'none') : 'length';
    requests.push(`${req.method} ${framing} ${req.url}`);
    answer(program, req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

function answer(program: CgiProgram, req: IncomingMessage, res: ServerResponse): void {
  const child = spawn(program.file, program.args, {
    env: { ...process.env, ...program.env, ...metaVariables(req) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // A program may answer without reading everything.
  child.stdin.on('error', () => undefined);
  req.pipe(child.stdin);
  res.on('close', () => void child.kill());
  let head = Buffer.alloc(0);
  child.stdout.on('data', function collect(chunk: Buffer) {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    child.stdout.off('data', collect);
    writeHead(res, head.toString('latin1', 0, end));
    res.write(head.subarray(end + 4));
    child.stdout.pipe(res);
  });
  child.on('exit', (code) => {
    if (!res.headersSent) res.writeHead(500).end(`the program ended with ${code}`);
  });
}

function metaVariables(req: IncomingMessage): Record<string, string> {
  const [path = '', query = ''] = (req.url ?? '').split('?', 2);
  const variables: Record<string, string> = {
    GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: req.method ?? '',
    PATH_INFO: path,
    QUERY_STRING: query,
    REMOTE_ADDR: '127.0.0.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    CONTENT_TYPE: req.headers['content-type'] ?? '',
  };
  // Without a length the program reads to the end.
  const length = req.headers['content-length'];
  if (length !== undefined) variables.CONTENT_LENGTH = length;
  for (const [name, value] of Object.entries(req.headers))
    variables[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`] = String(value);
  return variables;
}

function writeHead(res: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else res.appendHeader(name, value);
  }
  res.writeHead(status);
}
