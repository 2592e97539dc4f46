/** An application, one that differs on purpose, and one that hangs. */
import { createServer, type Server } from 'node:http';
import net from 'node:net';

export interface Running {
  readonly port: number;
  stop(): void;
}

const listening = async (server: net.Server, stop: () => void): Promise<Running> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as net.AddressInfo).port, stop };
};

/** Clocks, ids and draws in it differ with each answer; `price` and `tier` as given. */
export function application(price: number, tier: string, status = 200): Promise<Running> {
  let served = 0;
  const server: Server = createServer((_, res) => {
    const text = JSON.stringify({
      at: Date.now(),
      second: Math.floor(Date.now() / 1000),
      trace: `t${++served}${price}`,
      draw: Math.random() < 0.5,
      items: [1, 2].map((n) => ({ n, price: price * n, seenAt: new Date().toISOString() })),
      user: { name: 'Zoë', tier },
    });
    res.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    });
    res.end(text);
  });
  server.keepAliveTimeout = 60_000;
  return listening(server, () => {
    server.close();
    server.closeAllConnections();
  });
}

/** Takes connections and bytes, and never says a word. */
export function hanging(): Promise<Running> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.resume();
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  return listening(server, () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
}
