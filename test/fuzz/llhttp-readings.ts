/**
 * What llhttp, Node's own parser, makes of bytes: asked through node:http on a connection in memory,
 * so only by public API.
 */
import http from 'node:http';
import { Duplex } from 'node:stream';
import type { Message, Reading } from './readings.ts';

interface ParseError extends Error {
  readonly code?: string;
}

/** llhttp's code, and its words for it. */
const refusal = (error: ParseError | undefined): { refused: string; reason: string } | undefined =>
  error && { refused: error.code ?? 'no code', reason: error.message };

interface Head {
  readonly statusCode?: number | undefined;
  readonly httpVersion: string;
  readonly statusMessage?: string | undefined;
}

/** A connection of which one end is the bytes given. */
class Wire extends Duplex {
  override _read(): void {
    // Bytes are pushed, not asked for.
  }
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

/** Streams in memory move by ticks alone: some turns of the loop, and all has been said. */
async function turns(settled: () => boolean): Promise<void> {
  for (let i = 0; i < 3 || (!settled() && i < 100); i++) await new Promise(setImmediate);
}

const pairs = (raw: readonly string[]): [string, string][] =>
  Array.from({ length: raw.length / 2 }, (_, i) => [raw[i * 2]!.toLowerCase(), raw[i * 2 + 1]!]);

const server = http.createServer({
  requireHostHeader: false,
  maxHeaderSize: 1024 * 1024,
  keepAliveTimeout: 0,
  headersTimeout: 0,
  requestTimeout: 0,
});
server.maxHeadersCount = 0;

export async function llhttpReadsRequests(input: string): Promise<Reading> {
  const messages: Message[] = [];
  const errors: ParseError[] = [];
  let open = 0;
  const wire = new Wire();
  const take = (request: http.IncomingMessage): void => {
    const line = `${request.method} ${request.url} ${request.httpVersion}`;
    const message: Message = { line, fields: pairs(request.rawHeaders), body: '', complete: false };
    messages.push(message);
    open++;
    request.on('data', (d: Buffer) => (message.body += d.toString('latin1')));
    request.on('end', () => {
      message.complete = true;
      open--;
    });
    request.on('error', () => undefined);
  };
  const fail = (e: ParseError, socket: Duplex): void => {
    if (socket === wire) errors.push(e);
  };
  const events = ['request', 'checkContinue', 'checkExpectation'] as const;
  for (const event of events) server.on(event, take);
  server.on('clientError', fail);
  server.emit('connection', wire);
  wire.push(Buffer.from(input, 'latin1'));
  await turns(() => open === 0);
  for (const event of events) server.off(event, take);
  server.off('clientError', fail);
  const stop = wire.destroyed && errors.length === 0 ? { refused: 'closed' } : refusal(errors[0]);
  wire.destroy();
  return { messages, stop: stop ?? 'waits' };
}

export async function llhttpReadsAnswer(input: string): Promise<Reading> {
  const messages: Message[] = [];
  const errors: ParseError[] = [];
  let over = false;
  const wire = new Wire();
  const take = (line: string, raw: readonly string[]): Message => {
    const message: Message = { line, fields: pairs(raw), body: '', complete: false };
    messages.push(message);
    return message;
  };
  const fail = (error: ParseError): void => {
    errors.push(error);
    over = true;
  };
  const lineOf = (m: Head): string => `${m.statusCode} ${m.httpVersion} ${m.statusMessage ?? ''}`;
  const request = http.get({ createConnection: () => wire, maxHeaderSize: 1024 * 1024 });
  request.on('information', (m) => take(lineOf(m), m.rawHeaders));
  request.on('upgrade', (m) => {
    take(lineOf(m), m.rawHeaders);
    over = true;
  });
  request.on('response', (response) => {
    const message = take(lineOf(response), response.rawHeaders);
    response.on('data', (d: Buffer) => (message.body += d.toString('latin1')));
    response.on('end', () => {
      message.complete = true;
      over = true;
    });
    response.on('error', fail);
  });
  request.on('error', fail);
  await new Promise(setImmediate);
  wire.push(Buffer.from(input, 'latin1'));
  wire.push(null);
  await turns(() => over);
  wire.destroy();
  // What follows a whole answer is another matter: the gate does not read it either.
  const whole = messages.at(-1)?.complete === true;
  return { messages, stop: whole ? 'last' : (refusal(errors[0]) ?? 'last') };
}
