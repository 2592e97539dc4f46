/** The reference configuration, running: three gate processes and the sample apps, on ports of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { SampleApps } from '../../src/cli/demo/apps.ts';
import type { Address } from '../../src/model/schema.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { load, REFERENCE } from './config.ts';
import { gateProcess, type ZonegateProcess } from './process.ts';

export const IDCS = ['hz1', 'hz2', 'sh1'] as const;
export type IdcName = (typeof IDCS)[number];

export interface Cluster {
  snapshot: Snapshot;
  readonly gates: Map<IdcName, ZonegateProcess>;
  listener(idc: IdcName, from: 'external' | 'app'): Address;
  admin(idc: IdcName): Address;
}

/** Runs for the whole file. @param thousands of the ports; each test file has its own. */
export function useCluster(thousands: number): Cluster {
  const state = mkdtempSync(join(tmpdir(), 'zonegate-state-'));
  const env = {
    ZONEGATE_PORTS: String(thousands),
    ZONEGATE_ACCESS_LOG: 'off',
    ZONEGATE_STATE: state,
  };
  const apps = new SampleApps();
  const cluster: Cluster = {
    snapshot: undefined as unknown as Snapshot,
    gates: new Map(),
    listener: (idc, from) =>
      cluster.snapshot.gate.listeners.find((l) => l.idc === idc && l.from === from)!.address,
    admin: (idc) => cluster.snapshot.gate.admin.find((a) => a.idc === idc)!.address,
  };
  beforeAll(async () => {
    cluster.snapshot = load(REFERENCE, env);
    await apps.start(cluster.snapshot.topology);
    if (cluster.snapshot.mirror !== null) await apps.startCopyTargets(cluster.snapshot.mirror);
    for (const idc of IDCS)
      cluster.gates.set(idc, await gateProcess(REFERENCE, idc, cluster.admin(idc).port, env));
  });
  afterAll(async () => {
    for (const gate of cluster.gates.values()) {
      gate.kill('SIGTERM');
      await gate.exit();
    }
    apps.stop();
    rmSync(state, { recursive: true, force: true });
  });
  return cluster;
}
