import net from 'node:net';

/**
 * Below the range that the system hands to outgoing connections (32768 and up on Linux), so that no
 * connection of another test takes a port between the asking and the binding; and each test worker
 * has a range of its own.
 */
const RANGE = 4000;
const FIRST = 10_000 + (Number(process.env.VITEST_POOL_ID ?? 1) % 3) * RANGE;
let next = Math.floor(Math.random() * RANGE);

/** A free port on loopback, not given out before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < RANGE; tries++) {
    const port = FIRST + (next++ % RANGE);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port');
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
