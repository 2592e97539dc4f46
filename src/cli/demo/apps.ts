/**
 * Sample applications: one small HTTP server per endpoint of the topology. Each says which zone it
 * is. The shop knows its users by a session that the gate can't read, and tells the gate in its
 * answer whom it has served, which is all that a real application has to do.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { MirrorSettings } from '../../mirror/index.ts';
import type { Address } from '../../model/schema.ts';
import type { Topology } from '../../zone/topology.ts';

const MAX_BODY_BYTES = 4096;

/** Where an app says that it is. */
interface Place {
  readonly zone: string;
  readonly id: string;
  readonly idc: string;
  readonly isShadow: boolean;
}

const COPIES: Place = { zone: 'copies', id: 'none', idc: 'none', isShadow: false };

export class SampleApps {
  readonly #servers: Server[] = [];
  /** Session → uid. A real service keeps it in a store of its own. */
  readonly #sessions = new Map<string, string>();

  /** Rejects with the error of the first port that is taken. */
  async start(topology: Topology): Promise<void> {
    for (const zone of topology.zones.values()) {
      for (const group of zone.groups.flatMap((g) => (g.shadow === null ? [g] : [g, g.shadow]))) {
        for (const [app, source] of group.endpoints) {
          if (source.kind !== 'static') continue;
          for (const { address } of source.addresses) await this.#listen(address, app, group);
        }
      }
    }
  }

  /** Targets of copies: the same app, in a zone that no user is sent to. */
  async startCopyTargets({ rules }: MirrorSettings): Promise<void> {
    for (const { to } of rules) {
      if (to.kind !== 'addresses' || to.source.kind !== 'static') continue;
      for (const { address } of to.source.addresses) await this.#listen(address, 'catalog', COPIES);
    }
  }

  #listen(address: Address, app: string, group: Place): Promise<void> {
    return this.#serve(address, (req, res) => void this.#answer(req, res, app, group));
  }

  #serve(
    address: Address,
    answer: (req: IncomingMessage, res: ServerResponse) => void,
  ): Promise<void> {
    const server = createServer(answer);
    server.keepAliveTimeout = 10_000;
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(address.port, address.host, () => resolve());
    });
  }

  get count(): number {
    return this.#servers.length;
  }

  async #answer(
    req: IncomingMessage,
    res: ServerResponse,
    app: string,
    group: Place,
  ): Promise<void> {
    const body = await readBody(req);
    const path = (req.url ?? '/').split('?', 1)[0];
    if (app === 'shop' && path === '/login') this.#login(body, res);
    if (app === 'shop' && path === '/logout') res.setHeader('X-Ldc-Uid', 'none');
    const uid = this.#sessions.get(
      /(?:^|; )session=([0-9a-f]+)/.exec(req.headers.cookie ?? '')?.[1] ?? '',
    );
    if (uid !== undefined && !res.hasHeader('X-Ldc-Uid')) res.setHeader('X-Ldc-Uid', uid);
    const text = `${JSON.stringify({
      app,
      zone: group.zone,
      group: group.id,
      idc: group.idc,
      ...(group.isShadow ? { shadow: true, stress: req.headers['x-ldc-stress'] ?? null } : {}),
      path,
      shard: req.headers['x-ldc-shard'] ?? null,
      user: req.headers['x-user-id'] ?? uid ?? null,
      forwardedFor: req.headers['x-forwarded-for'] ?? null,
      requestId: req.headers['x-request-id'] ?? null,
    })}\n`;
    res.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    });
    res.end(text);
  }

  #login(body: string, res: ServerResponse): void {
    const uid = new URLSearchParams(body).get('user') ?? '';
    const session = randomBytes(16).toString('hex');
    this.#sessions.set(session, uid);
    res.setHeader('Set-Cookie', `session=${session}; Path=/; HttpOnly`);
    res.setHeader('X-Ldc-Uid', uid);
  }

  stop(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

async function readBody(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req) if (text.length < MAX_BODY_BYTES) text += String(chunk);
  return text;
}
