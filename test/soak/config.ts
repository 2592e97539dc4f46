/** Two IDCs of one gate each, a zone in either; users of the other zone take a peer hop. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SoakPorts {
  /** Listeners of the two gates. */
  readonly gates: readonly [number, number];
  readonly admins: readonly [number, number];
  /** Groups A and B. */
  readonly origins: readonly [number, number];
  readonly relay: number;
}

export const IDCS = ['one', 'two'] as const;
/** Hosts of the two apps: one well, one behind a relay that breaks what passes. */
export const SHOP = 'shop.soak';
export const FAULTY = 'faulty.soak';
const FILE = 'all.yaml';
const SECRET = 'test-secret-test-secret-test-secret-0';

const at = (port: number): string => `"127.0.0.1:${port}"`;

function zone(id: string, { origins, relay }: SoakPorts): string {
  const group = (port: number): string =>
    `{ endpoints: { shop: [${at(port)}], faulty: [${at(relay)}] } }`;
  return `${id}: { type: rzone, groups: { A: ${group(origins[0])}, B: ${group(origins[1])} } }`;
}

/** The zone that owns the shard of a uid, which its third- and second-to-last digits name. */
export const zoneOf = (uid: string): string => (Number(uid.slice(-3, -1)) < 50 ? 'RZ01' : 'RZ02');

function configText(ports: SoakPorts, epoch: number): string {
  const { gates, admins } = ports;
  const a = 10 + (epoch % 9) * 10;
  return `apiVersion: zonegate/v1
kind: Topology
sharding: { count: 100, key: { digits: [-3, -2] } }
cities:
  east: { idcs: { one: { gates: [${at(gates[0])}], zones: { ${zone('RZ01', ports)} } } } }
  west: { idcs: { two: { gates: [${at(gates[1])}], zones: { ${zone('RZ02', ports)} } } } }
---
apiVersion: zonegate/v1
kind: Rules
epoch: ${epoch}
shards: { "00-49": RZ01, "50-99": RZ02 }
weights: { RZ01: { A: ${a}, B: ${100 - a} }, RZ02: { A: ${100 - a}, B: ${a} } }
---
apiVersion: zonegate/v1
kind: Routes
identities: { user: [{ path: "/u/:uid/*" }] }
routes:
  - { host: ${SHOP}, path: /, zone: rzone, app: shop, identity: user }
  - { host: ${FAULTY}, path: /, zone: rzone, app: faulty, identity: user }
---
apiVersion: zonegate/v1
kind: Gate
listeners: [{ idc: one, address: ${at(gates[0])} }, { idc: two, address: ${at(gates[1])} }]
admin: [{ idc: one, address: ${at(admins[0])} }, { idc: two, address: ${at(admins[1])} }]
trust: { peers: ["127.0.0.1"] }
keys: { cookie: [{ id: k, secret: ${SECRET} }], peer: [{ id: k, secret: ${SECRET} }] }
timeouts: { headMs: 5000, firstByteMs: 5000, idleMs: 10000, lingerMs: 500, tunnelIdleMs: 10000 }
log: { access: /dev/null, level: info }
`;
}

/** Whole at once, as a publisher does it. */
export function publish(directory: string, ports: SoakPorts, epoch: number): void {
  write(directory, configText(ports, epoch));
}

/** A configuration that no gate takes. */
export function publishBroken(directory: string, ports: SoakPorts, epoch: number): void {
  write(directory, configText(ports, epoch).replace('"50-99": RZ02', '"50-99": RZ99'));
}

function write(directory: string, text: string): void {
  const hidden = join(directory, '.new');
  writeFileSync(hidden, text);
  renameSync(hidden, join(directory, FILE));
}
