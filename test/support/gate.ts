/** A gate inside the test process, for tests at the socket. */
import { onTestFinished } from 'vitest';
import { Gate } from '../../src/main.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { load, plainConfig } from './config.ts';
import { freePort } from './ports.ts';
import type { Origin } from './wire.ts';

export interface RunningGate {
  readonly port: number;
  readonly admin: number;
  readonly gate: Gate;
  readonly directory: string;
  metrics(): Promise<string>;
}

/** @param gateYaml further lines of the Gate document; @param upstreams of an Upstreams document */
export async function plainGate(
  origins: readonly Origin[] | readonly number[],
  gateYaml = '',
  env: Record<string, string> = {},
  upstreams = '',
): Promise<RunningGate> {
  const port = await freePort();
  const admin = await freePort();
  const ports = origins.map((o) => (typeof o === 'number' ? o : o.port));
  const directory = plainConfig({ listen: port, admin, origins: ports, gate: gateYaml, upstreams });
  const gate = new Gate({
    directory,
    idc: 'i1' as IdcId,
    first: load(directory),
    env,
    version: 'test',
  });
  await gate.start();
  onTestFinished(async () => {
    await gate.stop();
  });
  return {
    port,
    admin,
    gate,
    directory,
    metrics: async () => (await fetch(`http://127.0.0.1:${admin}/metrics`)).text(),
  };
}
