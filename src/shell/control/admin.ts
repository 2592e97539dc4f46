/**
 * The admin listeners, for probes, scrapers and operators. Probes and metrics are for anybody who
 * reaches them; all else passes the guard.
 */
import {
  createServer as createPlain,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AdminListener, ControlSettings } from '../../gate/compile-control.ts';
import type { FleetDesk } from '../fleet/desk.ts';
import { readJson } from './body.ts';
import { type Caller, judge } from './guard.ts';
import { json, problem, type Reply, send, text } from './reply.ts';
import { certifiedName, readTls } from './tls.ts';
import { V1 } from './v1.ts';

export interface AdminSource {
  /** Requests may come: configuration loaded, not draining. */
  ready(): boolean;
  metrics(): Promise<string>;
  status(): unknown;
  upstreams(): unknown;
  /** As `mirrorsAnswer` says. */
  mirrors(): unknown;
  /** As `firewallAnswer` says. */
  firewall(): unknown;
  control(): ControlSettings;
  /** null: no fleet is declared. */
  desk(): FleetDesk | null;
}

const PATHS = 'there are /healthz, /readyz, /metrics, /status, /upstreams and /v1/\n';
const HANDSHAKE_MS = 10_000;

export class AdminServer {
  readonly #source: AdminSource;
  readonly #servers: { readonly server: Server; readonly renew: () => void }[] = [];
  readonly #v1 = new V1();

  constructor(source: AdminSource) {
    this.#source = source;
  }

  /** @param directory that paths of certificates are relative to */
  async listen(listeners: readonly AdminListener[], directory: string): Promise<void> {
    for (const listener of listeners) {
      const server = this.#serverFor(listener, directory);
      server.requestTimeout = 5000;
      server.headersTimeout = 5000;
      const { address } = listener;
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(address.port, address.host, () => {
          server.off('error', reject);
          resolve();
        });
      });
    }
  }

  /** Reads certificates anew; throws, and keeps the old ones, when that fails. */
  renewCertificates(): void {
    for (const { renew } of this.#servers) renew();
  }

  close(): void {
    for (const { server } of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  #serverFor(listener: AdminListener, directory: string): Server {
    const answer = (req: IncomingMessage, res: ServerResponse): void =>
      void this.#answer(req, listener).then((reply) => send(res, reply));
    const { tls } = listener;
    if (tls === null) {
      const server = createPlain(answer);
      this.#servers.push({ server, renew: () => undefined });
      return server;
    }
    const wanted = { requestCert: tls.clientCaFile !== null, handshakeTimeout: HANDSHAKE_MS };
    const server = createTls({ ...readTls(tls, directory), ...wanted }, answer);
    const renew = (): void => server.setSecureContext(readTls(tls, directory));
    this.#servers.push({ server, renew });
    return server;
  }

  async #answer(req: IncomingMessage, listener: AdminListener): Promise<Reply> {
    try {
      const [path = '/', query = ''] = (req.url ?? '/').split('?', 2);
      return (
        (await this.#forProbes(req, path)) ?? (await this.#guarded(req, path, query, listener))
      );
    } catch (error) {
      return problem(500, 'bug', `this is a bug: ${(error as Error).message}`);
    }
  }

  /** null: none of these. */
  async #forProbes(req: IncomingMessage, path: string): Promise<Reply | null> {
    if (path !== '/healthz' && path !== '/readyz' && path !== '/metrics') return null;
    if (!reads(req)) return getOnly();
    if (path === '/healthz') return text(200, 'ok\n');
    if (path === '/readyz') return this.#source.ready() ? this.#ready() : text(503, 'draining\n');
    const metrics = await this.#source.metrics();
    return { ...text(200, metrics), type: 'text/plain; version=0.0.4; charset=utf-8' };
  }

  /** A gate without its store serves on, so it stays ready; but whoever looks should see it. */
  #ready(): Reply {
    const standing = this.#source.desk()?.standing();
    if (standing?.stale !== true) return text(200, 'ready\n');
    const { sinceContactMs } = standing;
    const since = sinceContactMs === null ? 'never' : `${Math.round(sinceContactMs / 1000)} s ago`;
    return text(200, `ready (stale: the store was last read ${since})\n`);
  }

  async #guarded(
    req: IncomingMessage,
    path: string,
    query: string,
    listener: AdminListener,
  ): Promise<Reply> {
    const { host, origin, authorization } = req.headers;
    const knock = {
      ...{ method: req.method ?? 'GET', host, origin, authorization },
      localAddress: req.socket.localAddress ?? '',
      certifiedName: certifiedName(req),
    };
    const judged = judge(knock, listener, this.#source.control());
    if (!judged.ok) return judged.reply;
    if (path.startsWith('/v1/')) return this.#control(req, path, query, judged.caller);
    if (!reads(req)) return getOnly();
    if (path === '/status') return json(200, this.#source.status());
    return path === '/upstreams' ? json(200, this.#source.upstreams()) : text(404, PATHS);
  }

  async #control(
    req: IncomingMessage,
    path: string,
    query: string,
    caller: Caller,
  ): Promise<Reply> {
    // What this gate copies, and what it judges, needs no fleet.
    if (path === '/v1/mirrors' && reads(req)) return json(200, this.#source.mirrors());
    if (path === '/v1/firewall' && reads(req)) return json(200, this.#source.firewall());
    const desk = this.#source.desk();
    if (desk === null) {
      return problem(404, 'not-found', 'no Fleet document is declared: this gate takes no orders');
    }
    return this.#v1.answer({
      ...{ method: req.method ?? 'GET', path, caller, desk },
      query: new URLSearchParams(query),
      ifMatch: req.headers['if-match'],
      contentType: req.headers['content-type'],
      body: () => readJson(req),
    });
  }
}

const reads = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD';
const getOnly = (): Reply => text(405, 'GET only\n', { Allow: 'GET, HEAD' });
