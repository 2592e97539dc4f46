import { createHash } from 'node:crypto';
import http from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/ports.ts';
import { twoGates } from '../support/two-gates.ts';

const GIB = 1024 ** 3;
const GROWTH_LIMIT_BYTES = 64 * 1024 * 1024;

/** 1 MiB that differs from every neighbour: position-dependent, cheap to make and to check. */
const BLOCK = Buffer.alloc(1024 * 1024, 'zonegate:0123456789abcdef');
const BLOCKS = GIB / BLOCK.length;
const blockAt = (i: number): Buffer => {
  BLOCK.writeUInt32LE(i, 0);
  return BLOCK;
};
const expected = (() => {
  const hash = createHash('md5');
  for (let i = 0; i < BLOCKS; i++) hash.update(blockAt(i));
  return hash.digest('hex');
})();

async function pump(stream: NodeJS.WritableStream): Promise<void> {
  for (let i = 0; i < BLOCKS; i++) {
    // The stream may keep the block until it drains, so each gets a copy.
    if (!stream.write(Buffer.from(blockAt(i))))
      await new Promise((resolve) => stream.once('drain', resolve));
  }
  stream.end();
}

async function startOrigin(port: number): Promise<void> {
  const server = http.createServer((req, res) => {
    if (req.method === 'GET') {
      res.writeHead(200, { 'Content-Length': GIB });
      void pump(res);
      return;
    }
    const hash = createHash('md5');
    req.on('data', (d: Buffer) => hash.update(d));
    req.on('end', () => res.end(hash.digest('hex')));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
}

describe('1 GiB through two gates', () => {
  it('arrives byte for byte, down by a reader that keeps stopping and up chunked, in bounded memory', async () => {
    const origin = await freePort();
    const { port: entry, gates } = await twoGates(origin);
    await startOrigin(origin);
    const before = gates.map((g) => g.rssBytes());
    const peak = [...before];
    const watch = setInterval(() => {
      for (const [i, g] of gates.entries()) peak[i] = Math.max(peak[i]!, g.rssBytes());
    }, 50);
    onTestFinished(() => clearInterval(watch));
    const down = await new Promise<string>((resolve, reject) => {
      http
        .get({ port: entry, host: '127.0.0.1', path: '/down' }, (res) => {
          const hash = createHash('md5');
          let sinceStop = 0;
          res.on('data', (d: Buffer) => {
            hash.update(d);
            sinceStop += d.length;
            // A slow reader: stops for a moment after each 16 MiB, while the gates must hold back.
            if (sinceStop < 16 * 1024 * 1024) return;
            sinceStop = 0;
            res.pause();
            setTimeout(() => res.resume(), 20);
          });
          res.on('end', () => resolve(hash.digest('hex')));
          res.on('error', reject);
        })
        .on('error', reject);
    });
    expect(down).toBe(expected);
    const up = await new Promise<string>((resolve, reject) => {
      const req = http.request(
        { port: entry, host: '127.0.0.1', path: '/up', method: 'PUT' },
        (res) => {
          let text = '';
          res.on('data', (d: Buffer) => (text += d.toString()));
          res.on('end', () => resolve(text));
        },
      );
      req.on('error', reject);
      void pump(req);
    });
    expect(up).toBe(expected);
    for (const [i, most] of peak.entries()) {
      expect(most - before[i]!, `growth of gate ${i}`).toBeLessThan(GROWTH_LIMIT_BYTES);
    }
  }, 120_000);
});
