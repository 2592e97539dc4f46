/** A zone with so many places: what finds none waits its turn, in order, without end. */
import http from 'node:http';

export interface SmallZone {
  readonly port: number;
  /** Most requests it has ever held at once. */
  readonly mostHeld: () => number;
  stop(): void;
}

/** @param places requests served at once; @param serviceMs that each takes */
export async function startZone(places: number, serviceMs: number): Promise<SmallZone> {
  const waiting: http.ServerResponse[] = [];
  let busy = 0;
  let mostHeld = 0;
  const serve = (): void => {
    while (busy < places && waiting.length > 0) {
      const res = waiting.shift()!;
      // Who has left is not worked for.
      if (res.destroyed) continue;
      busy++;
      setTimeout(() => {
        busy--;
        res.end('done');
        serve();
      }, serviceMs);
    }
  };
  const server = http.createServer((_, res) => {
    waiting.push(res);
    mostHeld = Math.max(mostHeld, busy + waiting.length);
    serve();
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    mostHeld: () => mostHeld,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
