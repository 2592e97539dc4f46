import { spawn } from 'node:child_process';
import net from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { scratch } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/until.ts';

it('the redis-server that set-up has found starts and answers', async () => {
  const program = process.env.REDIS_SERVER;
  expect(program, 'REDIS_SERVER is set by scripts/test.mjs').toBeTruthy();
  const port = await freePort();
  const server = spawn(
    program!,
    [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      scratch(),
    ],
    { stdio: 'ignore' },
  );
  onTestFinished(() => void server.kill('SIGKILL'));
  const pong = await until(
    'PONG',
    () =>
      new Promise<boolean>((resolve) => {
        const client = net.connect(port, '127.0.0.1', () => client.write('PING\r\n'));
        client.on('data', (d: Buffer) => {
          client.destroy();
          resolve(d.toString() === '+PONG\r\n');
        });
        client.on('error', () => resolve(false));
      }),
  );
  expect(pong).toBe(true);
});
