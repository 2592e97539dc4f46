/**
 * The applications of all zones in one process, on ports of their own: they take any request, some
 * slowly, and write down in true order who asked what of which zone. It also answers the fleet's
 * question whether data is level, and knows when that question came too early.
 */
import http from 'node:http';
import type { Socket } from 'node:net';
import type { Topology } from '../../src/zone/topology.ts';

export interface Recorded {
  readonly id: string;
  /** Of the endpoint that was asked. */
  readonly zone: string;
  readonly shard: number;
  readonly isWrite: boolean;
  readonly epoch: number;
  /** Of the shard’s owner: what a data layer fences by. */
  readonly ownerEpoch: number;
  /** By the wall clock, as the board's times are. */
  readonly startMs: number;
  /** null: it was cut off, so nobody was told that it was accepted. */
  endMs: number | null;
}

/** Longer than a gate keeps an idle connection. */
const KEEP_ALIVE_MS = 120_000;

/** Most answers come at once; some take long enough to be under way when a freeze comes. */
function delayOf(id: string, isWrite: boolean): number {
  const dice = (Number(id) * 7919) % 100;
  if (isWrite && dice < 3) return 300 + dice * 100;
  if (dice < (isWrite ? 25 : 8)) return 50 + ((Number(id) * 104_729) % 150);
  return 0;
}

export class Recorder {
  readonly records: Recorded[] = [];
  /** What a zone would rightly complain of. */
  readonly faults: string[] = [];
  readonly #servers = new Map<string, { server: http.Server; port: number }[]>();
  readonly #sockets = new Map<string, Set<Socket>>();
  readonly #underWay = new Map<string, number>();
  readonly #asked = new Set<string>();
  /** Of zones whose gate was given up: no write of an epoch up to this is taken any more. */
  readonly #fences = new Map<string, number>();
  /** Does the data of homes follow that of the elastic zone? As long as not, nothing may be frozen. */
  followsHome = true;
  /** Writes that the dead had still sent. */
  tooLate = 0;
  #control: http.Server | null = null;

  /** @param controlPort where the catch-up check is answered */
  async start(topology: Topology, controlPort: number): Promise<void> {
    for (const zone of topology.zones.values()) {
      if (zone.type !== 'rzone' && zone.type !== 'elastic') continue;
      const ports = zone.groups.flatMap((group) =>
        [...group.endpoints.values()].flatMap((source) =>
          source.kind === 'static' ? source.addresses.map((a) => a.address.port) : [],
        ),
      );
      this.#servers.set(zone.id, []);
      this.#sockets.set(zone.id, new Set());
      for (const port of ports) await this.#open(zone.id, port);
    }
    this.#control = await listening((req, res) => res.end(this.#level(req.url ?? '')), controlPort);
  }

  async #open(zone: string, port: number): Promise<void> {
    const server = await listening((req, res) => this.#serve(zone, req, res), port);
    const sockets = this.#sockets.get(zone)!;
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    this.#servers.get(zone)!.push({ server, port });
  }

  #serve(zone: string, req: http.IncomingMessage, res: http.ServerResponse): void {
    const { headers, method, url = '' } = req;
    const record: Recorded = {
      id: url.slice(url.lastIndexOf('=') + 1),
      zone,
      shard: Number(headers['x-ldc-shard'] ?? -1),
      isWrite: method === 'POST',
      epoch: Number(headers['x-ldc-board-epoch'] ?? -1),
      ownerEpoch: Number(headers['x-ldc-owner-epoch'] ?? -1),
      startMs: Date.now(),
      endMs: null,
    };
    this.records.push(record);
    if (headers['x-ldc-zone'] !== zone)
      this.faults.push(`${zone} was asked as ${String(headers['x-ldc-zone'])}`);
    const key = `${zone} ${record.shard}`;
    let open = record.isWrite;
    const count = (by: number): void => {
      this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + by);
    };
    const over = (): void => {
      if (open) count(-1);
      open = false;
    };
    if (open) count(1);
    req.on('error', () => undefined).resume();
    res.on('close', over);
    const done = (): void => {
      if (res.destroyed || req.socket.destroyed) return;
      if (record.isWrite && record.epoch <= (this.#fences.get(zone) ?? -1)) {
        this.tooLate++;
        res.writeHead(409).end();
        return;
      }
      record.endMs = Date.now();
      over();
      res.setHeader('Content-Length', '2');
      res.end('ok');
    };
    const delayMs = delayOf(record.id, record.isWrite);
    if (delayMs === 0) done();
    else setTimeout(done, delayMs);
  }

  /** Behind when first asked, then level; and never to be asked while a write is under way. */
  #level(url: string): string {
    const query = new URL(url, 'http://here').searchParams;
    const from = query.get('from') ?? '';
    // Asked while everybody writes.
    if (query.get('stage') === 'verify')
      return JSON.stringify({ lagMs: this.followsHome ? 5 : 1e6 });
    const shards = shardsIn(query.get('shards') ?? '');
    const busy = shards.filter((s) => (this.#underWay.get(`${from} ${s}`) ?? 0) > 0);
    if (busy.length > 0)
      this.faults.push(`asked whether ${from} is level while it writes shards ${busy.join()}`);
    const first = !this.#asked.delete(url);
    if (first) this.#asked.add(url);
    return JSON.stringify({ lagMs: first ? 20 : 0 });
  }

  /** What a data layer does that knows the epochs of its writers. */
  fence(zones: readonly string[], epoch: number): void {
    for (const zone of zones) this.#fences.set(zone, epoch);
  }

  /** As when all machines of a zone lose their power. */
  killZone(zone: string): void {
    for (const { server } of this.#servers.get(zone) ?? []) server.close();
    for (const socket of this.#sockets.get(zone) ?? []) socket.resetAndDestroy();
  }

  async reviveZone(zone: string): Promise<void> {
    const ports = (this.#servers.get(zone) ?? []).map((s) => s.port);
    this.#servers.set(zone, []);
    for (const port of ports) await this.#open(zone, port);
  }

  stop(): void {
    for (const zone of this.#servers.keys()) this.killZone(zone);
    this.#control?.close();
    this.#control?.closeAllConnections();
  }
}

/** `0-3,7` */
export const shardsIn = (text: string): number[] =>
  text.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.trim().split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });

function listening(
  serve: (req: http.IncomingMessage, res: http.ServerResponse) => void,
  port: number,
): Promise<http.Server> {
  const server = http.createServer(serve);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
