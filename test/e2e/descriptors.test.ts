/** A process that is short of descriptors refuses connections itself, and still answers its operator. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { plainConfig, ROOT } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/until.ts';
import { Origin, RawClient } from '../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const DESCRIPTORS = 256;

describe.skipIf(process.platform === 'win32')('with few descriptors', () => {
  it('connections beyond them are refused and counted, and the admin port answers', async () => {
    const origin = await Origin.start();
    const [listen, admin] = [await freePort(), await freePort()];
    const directory = plainConfig({ listen, admin, origins: [origin.port] });
    const run = [process.execPath, join(ROOT, 'bin', 'zonegate.js'), 'run', '-c', directory];
    const command = `ulimit -n ${DESCRIPTORS}; exec ${run.map((a) => `'${a}'`).join(' ')}`;
    const gate = spawn('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] });
    onTestFinished(() => void gate.kill('SIGKILL'));
    const metrics = async (): Promise<string> => {
      const res = await fetch(`http://127.0.0.1:${admin}/metrics`);
      return res.text();
    };
    await until('it to serve', async () => {
      try {
        return (await fetch(`http://127.0.0.1:${admin}/readyz`)).ok;
      } catch {
        return false;
      }
    });

    const storm = Array.from({ length: 500 }, () => new RawClient(listen).send(GET));
    await until('all to be answered or closed', () =>
      storm.every((c) => c.received !== '' || c.ended !== null),
    );
    // Some of them find no upstream connection in time, and hear 503; they hold theirs all the same.
    const served = storm.filter((c) => c.received.startsWith('HTTP/1.1 '));
    expect(served.length).toBeGreaterThan(DESCRIPTORS / 4);
    expect(served.length).toBeLessThan(DESCRIPTORS);
    const during = await metrics();
    expect(during).toMatch(/zonegate_client_connections_refused_total\{limit="total"\} [1-9]/);
    expect(during).toContain('zonegate_accept_failures_total 0');

    for (const client of storm) client.socket.destroy();
    await until('the connections to be gone', async () =>
      (await metrics()).includes('zonegate_client_connections 0'),
    );
    await new RawClient(listen).send(GET).sees('ok');
  });
});
