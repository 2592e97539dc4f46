/** A gate in a fleet of one, whose mirror is switched on and off by its board while requests come. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MirrorsAnswer, mirrorsAnswer } from '../../src/shell/control/mirror-answers.ts';
import { offer } from '../overload/load.ts';
import { writePlain } from '../support/config.ts';
import { mirrorDocument } from '../support/mirror.ts';
import { freePort } from '../support/ports.ts';
import { gateProcess, type ZonegateProcess } from '../support/process.ts';
import { application, hanging } from './servers.ts';

type Rule = MirrorsAnswer['rules'][number];

const FLEET =
  'apiVersion: zonegate/v1\nkind: Fleet\nstore: { file: board }\nstateDir: state\ncatchUp: { by: none }\n';

class Drill {
  readonly #gate: ZonegateProcess;
  readonly port: number;
  readonly #admin: number;

  constructor(gate: ZonegateProcess, port: number, admin: number) {
    this.#gate = gate;
    this.port = port;
    this.#admin = admin;
  }

  async mirror(rule: string, percent: number): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.#admin}/v1/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ do: 'mirror', rule, percent, by: 'drill', reason: 'a round' }),
    });
    if (!answer.ok) throw new Error(await answer.text());
  }

  async rule(name: string): Promise<Rule> {
    const answer = await fetch(`http://127.0.0.1:${this.#admin}/v1/mirrors`);
    const { rules } = mirrorsAnswer.parse(await answer.json());
    return rules.find((r) => r.rule === name)!;
  }

  /** @returns how long each took, in milliseconds; throws when one was refused or lost */
  async load(perS: number, seconds: number): Promise<number[]> {
    const tallies = Object.values(await offer(this.port, perS, seconds));
    const bad = tallies.reduce((sum, t) => sum + t.refused + t.lost, 0);
    if (bad > 0) throw new Error(`${bad} requests were refused or lost`);
    return tallies.flatMap((t) => [...t.servedMs]);
  }

  rssBytes(): number {
    return this.#gate.rssBytes();
  }
}

/** Rules `hung` and `differs`, both declared off. */
export async function withDrill<T>(use: (drill: Drill) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'zonegate-mirror-'));
  const [port, admin] = [await freePort(), await freePort()];
  const servers = await Promise.all([
    application(10, 'gold'),
    application(11, 'silver'),
    hanging(),
  ]);
  const [origin, differing, hung] = servers;
  const rule = (name: string, to: number, more: string): string =>
    `  - { name: ${name}, percent: 0, to: { addresses: ["127.0.0.1:${to}"] }, limits: { inFlight: 100, rps: 100000 }${more} }`;
  const compare = ', compare: { perS: 1000, noisePercent: 20, learn: 50 }';
  const rules = `${rule('hung', hung.port, ', timeoutMs: 5000')}\n${rule('differs', differing.port, compare)}`;
  // What a busy machine sheds is another drill's.
  const gate = 'overload: { eventLoopDelayMs: 10000 }';
  writePlain(folder, { listen: port, admin, gate, origins: [origin.port] });
  writeFileSync(join(folder, 'mirror.yaml'), mirrorDocument(rules));
  writeFileSync(join(folder, 'fleet.yaml'), FLEET);
  try {
    const running = await gateProcess(folder, 'i1', admin);
    try {
      return await use(new Drill(running, port, admin));
    } finally {
      running.kill('SIGKILL');
    }
  } finally {
    for (const server of servers) server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
