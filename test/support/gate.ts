/** A gate inside the test process, for tests at the socket. */
import { onTestFinished } from 'vitest';
import { Gate, type RunOptions } from '../../src/main.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { Forge } from '../../src/waf/forge.ts';
import { load, type PlainOptions, plainConfig } from './config.ts';
import { freePort } from './ports.ts';
import type { Origin } from './wire.ts';

export interface RunningGate {
  readonly port: number;
  readonly admin: number;
  readonly gate: Gate;
  readonly directory: string;
  metrics(): Promise<string>;
}

/** What a plain gate is told besides its origins; YAML throughout. */
interface PlainGateOptions extends Omit<PlainOptions, 'listen' | 'origins' | 'admin' | 'epoch'> {
  /** Called before the configuration is read. */
  readonly prepare?: (directory: string) => void;
  /** Looks at everything that passes. */
  readonly inspect?: RunOptions['inspect'];
}

/** @param told lines of the Gate document, or more */
export async function plainGate(
  origins: readonly Origin[] | readonly number[],
  told: string | PlainGateOptions = '',
  env: Record<string, string> = {},
): Promise<RunningGate> {
  const port = await freePort();
  const admin = await freePort();
  const { prepare, inspect, ...documents }: PlainGateOptions =
    typeof told === 'string' ? { gate: told } : told;
  const ports = origins.map((o) => (typeof o === 'number' ? o : o.port));
  const directory = plainConfig({ ...documents, listen: port, admin, origins: ports });
  prepare?.(directory);
  const forge = new Forge();
  const gate = new Gate({
    directory,
    idc: 'i1' as IdcId,
    first: load(directory, {}, forge),
    forge,
    env,
    version: 'test',
    inspect,
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
