/** Two gate processes, one for each of two IDCs; the only zone is in the second. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from './config.ts';
import { freePort } from './ports.ts';
import { gateProcess, type ZonegateProcess } from './process.ts';

const SECRET = 'test-secret-test-secret-test-secret-0';

export interface TwoGates {
  /** Every request that enters here crosses both gates. */
  readonly port: number;
  /** Admin listeners of both, in the order of the way. */
  readonly admins: readonly number[];
  readonly gates: readonly ZonegateProcess[];
}

/**
 * @param origin port that the zone's one app listens on, now or later
 * @param more documents, each with its `---`
 */
export async function twoGates(origin: number, more = ''): Promise<TwoGates> {
  const [a, b] = [await freePort(), await freePort()];
  const [adminA, adminB] = [await freePort(), await freePort()];
  const directory = scratch();
  writeFileSync(
    join(directory, 'all.yaml'),
    `apiVersion: zonegate/v1
kind: Topology
cities:
  here:
    idcs:
      one: { gates: ["127.0.0.1:${a}"] }
      two: { gates: ["127.0.0.1:${b}"], zones: { GZ01: { type: gzone, groups: { A: { endpoints: { any: ["127.0.0.1:${origin}"] } } } } } }
---
{ apiVersion: zonegate/v1, kind: Rules, epoch: 1 }
---
apiVersion: zonegate/v1
kind: Routes
routes: [{ host: "*", zone: gzone, app: any }]
---
apiVersion: zonegate/v1
kind: Gate
listeners: [{ idc: one, address: "127.0.0.1:${a}" }, { idc: two, address: "127.0.0.1:${b}" }]
admin: [{ idc: one, address: "127.0.0.1:${adminA}" }, { idc: two, address: "127.0.0.1:${adminB}" }]
trust: { peers: ["127.0.0.1"] }
keys: { cookie: [{ id: k, secret: ${SECRET} }], peer: [{ id: k, secret: ${SECRET} }] }
log: { access: "off" }
${more}`,
  );
  const gates = await Promise.all([
    gateProcess(directory, 'one', adminA),
    gateProcess(directory, 'two', adminB),
  ]);
  for (const gate of gates) gate.untilTestEnds();
  return { port: a, admins: [adminA, adminB], gates };
}
