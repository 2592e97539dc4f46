/** A gate before a small zone: how much it can do, and what happens when twice as much comes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePlain } from '../support/config.ts';
import { gateProcess } from '../support/process.ts';
import { type ClassName, offer, type Tally } from './load.ts';
import { startZone } from './zone.ts';

export const PLACES = 20;
const SERVICE_MS = 20;
/** What the zone can do in a second. */
export const CAPACITY_PER_S = (PLACES * 1000) / SERVICE_MS;

export interface Outcome {
  readonly calm: Readonly<Record<ClassName, Tally>>;
  readonly pressed: Readonly<Record<ClassName, Tally>>;
  readonly seconds: number;
  readonly mostHeld: number;
  readonly residentBytes: { readonly calm: number; readonly pressed: number };
}

const ROUTES = `routes:
  - { host: "*", path: /critical, zone: gzone, app: any, priority: critical }
  - { host: "*", path: /normal, zone: gzone, app: any }
  - { host: "*", path: /sheddable, zone: gzone, app: any, priority: sheddable }`;

/** @param ports listener and admin */
export async function drill(seconds: number, ports: readonly [number, number]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'zonegate-overload-'));
  const zone = await startZone(PLACES, SERVICE_MS);
  const [listen, admin] = ports;
  writePlain(folder, {
    listen,
    admin,
    origins: [zone.port],
    routes: ROUTES,
    upstreams: 'default: { adaptive: { min: 4, max: 1000 }, endpoint: { requests: 4000 } }',
  });
  try {
    const gate = await gateProcess(folder, 'i1', admin);
    try {
      const calm = await offer(listen, CAPACITY_PER_S * 0.8, Math.min(10, seconds));
      const calmBytes = gate.rssBytes();
      const pressed = await offer(listen, CAPACITY_PER_S * 2, seconds);
      const residentBytes = { calm: calmBytes, pressed: gate.rssBytes() };
      return { calm, pressed, seconds, mostHeld: zone.mostHeld(), residentBytes };
    } finally {
      gate.kill('SIGKILL');
    }
  } finally {
    zone.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
