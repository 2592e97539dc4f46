/** The small attack; `node test/slow/run.ts` is the large one, in more modes, and judges times too. */
import { describe, expect, it } from 'vitest';
import { attack } from '../slow/attack.ts';
import { plainGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { Origin, RawClient, respond } from '../support/wire.ts';

const CONNECTIONS = 200;
const PATIENCE_MS = 30_000;

// It looks into the kernel's table of connections.
describe.skipIf(process.platform !== 'linux')('slowhttptest, on Linux', () => {
  it.each(['slow-head', 'still-body', 'slow-body', 'slow-read'] as const)(
    '%s: all are cut, and others are served',
    async (mode) => {
      const { seen, left, gateAlive, longestMs, service } = await attack(
        mode,
        CONNECTIONS,
        PATIENCE_MS,
      );
      console.log(
        `${mode}: cut within ${longestMs} ms; beside it ${service.asked} requests, p99 ${service.p99Ms} ms`,
      );
      expect(seen).toBeGreaterThanOrEqual(CONNECTIONS);
      expect({ left, gateAlive, failures: service.failures }).toEqual({
        left: 0,
        gateAlive: true,
        failures: [],
      });
      expect(service.asked).toBeGreaterThan(10);
    },
    60_000,
  );
});

// Closed with bytes unsent, the connection stays in the kernel with all of them for minutes.
it('a reader that stands still gets a reset', async () => {
  const origin = await Origin.start(respond('y'.repeat(16_000_000)));
  const gate = await plainGate([origin], 'timeouts: { idleMs: 300 }');
  const client = new RawClient(gate.port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  client.socket.pause();
  const open = async (): Promise<number> =>
    Number(/^zonegate_client_connections (\d+)$/m.exec(await gate.metrics())![1]);
  await until('the connection', async () => (await open()) === 1);
  await until('its end', async () => (await open()) === 0);
  client.socket.resume();
  await client.closed();
  expect(client.ended).toBe('reset');
});
