import { expect, it } from 'vitest';
import type { Epoch } from '../../src/model/ids.ts';
import { signHandOver } from '../../src/peer/hand-over.ts';
import { SECRET, scratch } from '../support/config.ts';
import { plainGate } from '../support/gate.ts';
import { Origin, RawClient } from '../support/wire.ts';

const BOUND = { method: 'GET', host: 'x', path: '/a', query: '' };

function handedUnder(board: number): string {
  const handOver = {
    ...{ fromIdc: 'i2', zone: 'GZ01', shard: null, group: 'A', epoch: 1 as Epoch, board },
    ...{ how: 'table' as const, pinTag: null, requestId: 'a-request-id', lane: null },
  };
  return signHandOver(handOver, BOUND, Date.now(), [{ id: 'k', secret: SECRET }]);
}

it('the app is told the epoch of the board that decided, be it the other gate’s', async () => {
  const origin = await Origin.start();
  const state = scratch();
  const fleet = `apiVersion: zonegate/v1\nkind: Fleet\nstore: { file: ${state}/board }\nstateDir: ${state}/gate`;
  const gate = await plainGate([origin], {
    gate: 'trust: { peers: ["127.0.0.1"] }',
    upstreams: `default: {}\n---\n${fleet}`,
  });
  for (const [header, epoch] of [
    [`X-Ldc-Decision: ${handedUnder(9)}\r\n`, 9],
    ['', 0],
  ] as const) {
    const client = new RawClient(gate.port);
    client.send(`GET /a HTTP/1.1\r\nHost: x\r\n${header}\r\n`);
    await client.sees('200 OK');
    expect(origin.requests.at(-1)).toContain(`\r\nX-Ldc-Board-Epoch: ${epoch}\r\n`);
  }
});
