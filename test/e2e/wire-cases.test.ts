import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { plainConfig, ROOT, scratch } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { gateProcess } from '../support/process.ts';

/** HTTP/1.1 cases with their runner, kept beside the project; ZONEGATE_CASES names another place. */
const CASES = process.env.ZONEGATE_CASES ?? join(ROOT, '..', 'shared', 'cases');
const present = existsSync(join(CASES, 'h1-cases.yaml'));
if (!present)
  console.warn(
    `HTTP/1.1 cases are not run: there are none in ${CASES}. Name their folder in ZONEGATE_CASES.`,
  );

it.runIf(present)(
  'no HTTP/1.1 case of the corpus fails against a running gate',
  async () => {
    const [listen, admin, origin] = [await freePort(), await freePort(), await freePort()];
    const gate = (
      await gateProcess(plainConfig({ listen, admin, origins: [origin] }), 'i1', admin)
    ).untilTestEnds();
    // The runner imports `yaml`: from a folder of ours, where it finds the project's.
    const folder = scratch();
    for (const file of ['h1-run.mjs', 'h1-cases.yaml'])
      copyFileSync(join(CASES, file), join(folder, file));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const run = spawnSync(
      process.execPath,
      [join(folder, 'h1-run.mjs'), join(folder, 'h1-cases.yaml'), String(listen), String(origin)],
      { encoding: 'utf8' },
    );
    expect(run.stdout).toMatch(/ 0 weak, 0 fail of /);
    expect(run.status).toBe(0);
    expect(gate.child.exitCode).toBeNull();
  },
  180_000,
);
