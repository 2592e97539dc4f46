/** The applications of all zones in one process: they write down which user met which group, and when. */
import http from 'node:http';
import type { Topology } from '../../src/zone/topology.ts';

export interface Met {
  readonly uid: string;
  readonly zone: string;
  readonly group: string;
  readonly shard: number;
  /** Of the board that decided. */
  readonly epoch: number;
  readonly status: number;
}

export class Apps {
  readonly met: Met[] = [];
  /** Groups (`zone/group`) that answer 500. */
  readonly failing = new Set<string>();
  /** Upgraded connections that are open, by group. */
  readonly tunnels = new Map<string, number>();
  readonly #servers: http.Server[] = [];

  async start(topology: Topology): Promise<void> {
    for (const zone of topology.zones.values())
      for (const group of zone.groups)
        for (const source of group.endpoints.values()) {
          if (source.kind !== 'static') continue;
          for (const { address } of source.addresses)
            await this.#open(zone.id, group.id, address.port);
        }
  }

  #open(zone: string, group: string, port: number): Promise<void> {
    const name = `${zone}/${group}`;
    const server = http.createServer((req, res) => {
      const status = this.failing.has(name) ? 500 : 200;
      const { headers, url = '' } = req;
      // A gate's probe is nobody's request.
      const isProbe = headers['x-ldc-zone'] === undefined;
      if (!isProbe)
        this.met.push({
          ...{ uid: /^\/u\/(\d+)/.exec(url)?.[1] ?? '', zone, group, status },
          shard: Number(headers['x-ldc-shard'] ?? -1),
          epoch: Number(headers['x-ldc-board-epoch'] ?? -1),
        });
      req.resume();
      res.writeHead(status, { 'content-length': '2' }).end('ok');
    });
    server.keepAliveTimeout = 120_000;
    server.on('upgrade', (_, socket) => {
      const count = (by: number): void =>
        void this.tunnels.set(name, (this.tunnels.get(name) ?? 0) + by);
      count(1);
      socket.on('close', () => count(-1)).on('error', () => undefined);
      socket.resume();
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      );
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  }

  stop(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

export interface Got {
  readonly status: number;
  /** `name=value` of each cookie that was set. */
  readonly cookies: readonly string[];
}

/** One request for shop.example, on a connection of its own. */
export function get(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, agent: false };
    const req = http.get({ ...options, headers: { host: 'shop.example', ...headers } }, (res) => {
      const cookies = (res.headers['set-cookie'] ?? []).map((c) => c.split(';', 1)[0]!);
      res.on('error', reject).resume();
      res.on('end', () => resolve({ status: res.statusCode ?? 0, cookies }));
    });
    req.on('error', reject);
  });
}
