/** The admin listener: read only, loopback only, for probes, scrapers and people. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Address } from '../../model/schema.ts';

export interface AdminSource {
  /** Requests may come: configuration loaded, not draining. */
  ready(): boolean;
  metrics(): Promise<string>;
  status(): unknown;
  upstreams(): unknown;
}

export class AdminServer {
  readonly #source: AdminSource;
  readonly #servers: Server[] = [];

  constructor(source: AdminSource) {
    this.#source = source;
  }

  async listen(addresses: readonly Address[]): Promise<void> {
    for (const address of addresses) {
      const server = createServer((req, res) => void this.#answer(req, res));
      server.requestTimeout = 5000;
      server.headersTimeout = 5000;
      this.#servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(address.port, address.host, () => {
          server.off('error', reject);
          resolve();
        });
      });
    }
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      send(res, 405, 'text/plain', 'GET only\n', { Allow: 'GET, HEAD' });
      return;
    }
    switch ((req.url ?? '/').split('?', 1)[0]) {
      case '/healthz':
        send(res, 200, 'text/plain', 'ok\n');
        return;
      case '/readyz':
        send(
          res,
          this.#source.ready() ? 200 : 503,
          'text/plain',
          this.#source.ready() ? 'ready\n' : 'draining\n',
        );
        return;
      case '/metrics':
        send(res, 200, 'text/plain; version=0.0.4; charset=utf-8', await this.#source.metrics());
        return;
      case '/upstreams':
        send(
          res,
          200,
          'application/json',
          `${JSON.stringify(this.#source.upstreams(), null, 2)}\n`,
        );
        return;
      case '/status':
        send(res, 200, 'application/json', `${JSON.stringify(this.#source.status(), null, 2)}\n`);
        return;
      default:
        send(
          res,
          404,
          'text/plain',
          'there are /healthz, /readyz, /metrics, /status and /upstreams\n',
        );
    }
  }
}

function send(
  res: ServerResponse,
  status: number,
  type: string,
  body: string,
  extra: Record<string, string> = {},
): void {
  res.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...extra,
  });
  res.end(body);
}
