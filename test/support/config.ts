import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { loadConfig } from '../../src/shell/config/load.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import type { Forge } from '../../src/waf/forge.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const REFERENCE = join(ROOT, 'configs', 'ldc');

/** A directory that goes away with the test. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'zonegate-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A copy of the reference configuration, with edits: file → [from, to] pairs. */
export function referenceWith(
  edits: Readonly<Record<string, readonly (readonly [string, string])[]>>,
): string {
  const directory = scratch();
  cpSync(REFERENCE, directory, { recursive: true });
  for (const [file, pairs] of Object.entries(edits)) {
    const path = join(directory, file);
    let text = readFileSync(path, 'utf8');
    for (const [from, to] of pairs) {
      if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
      text = text.replace(from, to);
    }
    writeFileSync(path, text);
  }
  return directory;
}

export function load(
  directory: string,
  env: Readonly<Record<string, string>> = {},
  forge?: Forge,
): Snapshot {
  const loaded = loadConfig(directory, env, forge);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error, null, 2));
  return loaded.value.snapshot;
}

export const reference = (): Snapshot => load(REFERENCE);

export const SECRET = 'test-secret-test-secret-test-secret-0';

export interface PlainOptions {
  readonly listen: number;
  readonly origins: readonly number[];
  /** What the listener says besides its address; begins with a comma. */
  readonly listener?: string;
  /** YAML lines for the Gate document. */
  readonly gate?: string;
  /** YAML of the zone's groups, instead of one. */
  readonly groups?: string;
  /** YAML of the app's endpoints, instead of `origins`. */
  readonly endpoints?: string;
  /** YAML lines of the Rules document. */
  readonly rules?: string;
  /** YAML of the Routes document, instead of one route for all. */
  readonly routes?: string;
  /** YAML lines of an Upstreams document. */
  readonly upstreams?: string;
  /** YAML lines of a Firewall document. */
  readonly firewall?: string;
  /** YAML lines of a Rates document. */
  readonly rates?: string;
  /** YAML lines of a Fleet document. */
  readonly fleet?: string;
  /** YAML lines of a Stress document. */
  readonly stress?: string;
  readonly admin?: number;
  readonly epoch?: number;
}

const PLAIN_ROUTE = 'routes: [{ host: "*", zone: gzone, app: any }]';

/** One IDC, one gzone, every host and path: a plain forwarder. */
export function plainConfig(options: PlainOptions): string {
  const directory = scratch();
  writePlain(directory, options);
  return directory;
}

export function writePlain(
  directory: string,
  {
    listen,
    origins,
    gate = '',
    upstreams = '',
    firewall = '',
    rates = '',
    fleet = '',
    stress = '',
    endpoints: given,
    groups,
    routes = PLAIN_ROUTE,
    rules = '',
    listener = '',
    admin,
    epoch = 1,
  }: PlainOptions,
): void {
  const listed = origins.map((port) => `"127.0.0.1:${port}"`).join(', ');
  const endpoints = given ?? `[${listed}]`;
  writeFileSync(
    join(directory, 'all.yaml'),
    `apiVersion: zonegate/v1
kind: Topology
cities: { here: { idcs: { i1: { zones: { GZ01: { type: gzone, groups: ${groups ?? `{ A: { endpoints: { any: ${endpoints} } } }`} } } } } } }
---
apiVersion: zonegate/v1
kind: Rules
epoch: ${epoch}
${rules}
---
apiVersion: zonegate/v1
kind: Routes
${routes}
---
apiVersion: zonegate/v1
kind: Gate
listeners: [{ address: "127.0.0.1:${listen}"${listener} }]
${admin === undefined ? '' : `admin: [{ address: "127.0.0.1:${admin}" }]`}
${gate.includes('keys:') ? '' : `keys: { cookie: [{ id: k, secret: ${SECRET} }], peer: [{ id: k, secret: ${SECRET} }] }`}
${gate.includes('log:') ? '' : 'log: { access: "off", level: error }'}
${gate}
${further('Upstreams', upstreams)}${further('Firewall', firewall)}${further('Rates', rates)}${further('Fleet', fleet)}${further('Stress', stress)}`,
  );
}

const further = (kind: string, lines: string): string =>
  lines === '' ? '' : `---\napiVersion: zonegate/v1\nkind: ${kind}\n${lines}\n`;
