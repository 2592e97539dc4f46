/**
 * A web shop with the oldest fault there is: what the client sends becomes SQL. It is what the firewall
 * is proven on, so it must stay broken.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';

export interface SampleApp {
  readonly port: number;
  /** Requests that have come in so far. */
  readonly requests: () => number;
  stop(): Promise<void>;
}

const TABLES = `
CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price REAL);
INSERT INTO items VALUES (1, 'lamp', 29.9), (2, 'chair', 79), (3, 'table', 189.5);
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, password TEXT);
INSERT INTO users VALUES (1, 'ann', 'correct horse'), (2, 'bob', 'battery staple');`;

/** On loopback, with its data in memory. */
export async function startSampleApp(): Promise<SampleApp> {
  const database = new DatabaseSync(':memory:');
  database.exec(TABLES);
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const url = new URL(request.url ?? '/', 'http://shop.example');
    if (url.pathname === '/item') showItem(database, url.searchParams.get('id') ?? '', response);
    else page(response, 200, '<a href="/item?id=1">lamp</a>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          database.close();
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** Rows are shown, and so is what the database says of a query that is none. */
function showItem(database: DatabaseSync, id: string, response: ServerResponse): void {
  try {
    const rows = database.prepare(`SELECT id, name, price FROM items WHERE id = ${id}`).all();
    const cells = rows.map((row) =>
      Object.values(row)
        .map((value) => `<td>${String(value)}</td>`)
        .join(''),
    );
    page(response, 200, `<table>${cells.map((c) => `<tr>${c}</tr>`).join('')}</table>`);
  } catch (error) {
    page(response, 500, `SQLite error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function page(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  response.end(`<!doctype html><title>Sample shop</title><h1>Sample shop</h1>${body}`);
}
