/** Gates of one fleet: limits that they share, and requests that pass two of them. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratch } from '../../support/config.ts';
import { plainGate, type RunningGate } from '../../support/gate.ts';
import { from, SAID, sampleOf, statuses, TRUSTED } from '../../support/rated-gate.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { twoGates } from '../../support/two-gates.ts';
import { until } from '../../support/until.ts';
import { Origin } from '../../support/wire.ts';

const LIMIT = 40;

const inFleet = (origin: Origin, server: RedisServer): Promise<RunningGate> =>
  plainGate([origin], {
    gate: TRUSTED,
    rates: `rates: { r: { by: [ip], limit: ${LIMIT}, windowS: 3600, scope: fleet, action: { kind: reject }, ${SAID} } }`,
    fleet: `store: { redis: { addresses: ["127.0.0.1:${server.port}"] } }
stateDir: ${join(scratch(), 'state')}
catchUp: { by: none }`,
  });

const shared = async (gates: readonly RunningGate[], wanted: number): Promise<void> => {
  await until(`the counts ${wanted === 1 ? '' : 'not '}to be shared`, async () => {
    const all = await Promise.all(gates.map((g) => g.metrics()));
    return all.every(
      (m) =>
        sampleOf(m, 'zonegate_rate_fleet_shared') === wanted &&
        sampleOf(m, 'zonegate_rate_fleet_gates') === gates.length,
    );
  });
};

/** How many of so many pass, at each gate in turn. */
async function passed(gates: readonly RunningGate[], times: number, ip: string): Promise<number> {
  let ok = 0;
  for (let i = 0; i < times; i++)
    ok += (await statuses(gates[i % gates.length]!, 1, from(ip)))[0] === 200 ? 1 : 0;
  return ok;
}

describe('two gates with one Redis', () => {
  it('share a limit; while Redis is away each keeps to its half, and then they share again', async () => {
    const origin = await Origin.start();
    const server = await startRedis();
    const gates = [await inFleet(origin, server), await inFleet(origin, server)];
    await shared(gates, 1);
    // All at one gate, and the other hears of it.
    expect(await passed(gates.slice(0, 1), LIMIT + 5, '192.0.2.1')).toBe(LIMIT);
    await until('the other to have heard', async () => {
      const [status] = await statuses(gates[1]!, 1, from('192.0.2.1'));
      return status === 429;
    });
    // Never more than each a whole limit, and never less than the limit.
    const both = await passed(gates, 3 * LIMIT, '192.0.2.2');
    expect(both).toBeGreaterThanOrEqual(LIMIT);
    expect(both).toBeLessThanOrEqual(2 * LIMIT);

    await server.kill();
    await shared(gates, 0);
    for (const gate of gates) expect(await passed([gate], LIMIT, '192.0.2.3')).toBe(LIMIT / 2);

    await server.start();
    await shared(gates, 1);
    await until('what was let through meanwhile to be told', async () => {
      const found = await Promise.all(gates.map((g) => statuses(g, 1, from('192.0.2.3'))));
      return found.flat().every((s) => s === 429);
    });
  }, 30_000);
});

describe('a request that is handed over', () => {
  it('is counted where it came in, and what was found there reaches the application', async () => {
    const origin = await Origin.start();
    const gates = await twoGates(
      origin.port,
      `---
apiVersion: zonegate/v1
kind: Rates
rates:
  soft: { by: [ip], limit: 1, windowS: 3600, action: { kind: tag, label: busy }, ${SAID} }
  hard: { by: [ip], limit: 3, windowS: 3600, action: { kind: reject }, fields: always, ${SAID} }
---
apiVersion: zonegate/v1
kind: Firewall
default: main
audit: { to: off }
ruleSets: { own: { rules: [{ id: 1, when: { field: path, op: startsWith, value: / }, action: count, labels: [seen], owner: ann }] } }
policies: { main: { mode: block, ruleSets: [own] } }
`,
    );
    expect(await statuses(gates, 4, { 'X-Ldc-Rate': 'forged' })).toEqual([200, 200, 200, 429]);
    const told = origin.requests.map((r) =>
      [...r.matchAll(/^x-ldc-rate: (.*)\r$/gim)].map((m) => m[1]),
    );
    expect(told).toEqual([[], ['busy'], ['busy']]);
    const labels = origin.requests.map((r) => /^x-ldc-labels: (.*)\r$/im.exec(r)?.[1]);
    expect(labels).toEqual(['seen', 'seen', 'seen']);
    const metrics = await Promise.all(
      gates.admins.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
    );
    expect(metrics.map((m) => sampleOf(m, 'zonegate_rate_keys{rule="hard"}'))).toEqual([1, 0]);
  });
});
