/** Rule sets that are exchanged on disk while requests are judged, in one piece each. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { Agent, request as ask } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { plainGate, type RunningGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { Origin, respond } from '../support/wire.ts';

/** Of both sets a request can ask what judges it; each says another status. 409: a request came under two. */
const STATUS = { a: 405, b: 406 } as const;
type Set = keyof typeof STATUS;

/**
 * @returns rules that note in phase 1 under which set a request came, and hold on to it in phase 2. The sets
 *   differ in what variables and rules they have: a mixed request would find others' values in its slots.
 */
function rulesOf(set: Set): string {
  const more = Array.from(
    { length: set === 'a' ? 3 : 60 },
    (_, i) =>
      `SecRule ARGS "@streq ${set}${i}" "id:${100 + i},phase:2,pass,nolog,setvar:'tx.${set}${i}=${set}'"`,
  );
  return [
    ...(set === 'a' ? [] : more),
    `SecAction "id:1,phase:1,pass,nolog,setvar:'tx.set=${set}'"`,
    ...(set === 'a' ? more : []),
    `SecRule TX:set "!@streq ${set}" "id:2,phase:2,deny,status:409,log"`,
    'SecRule &TX:set "!@eq 1" "id:3,phase:2,deny,status:409,log"',
    `SecRule ARGS:ask "@streq set" "id:4,phase:2,deny,status:${STATUS[set]},log"`,
    '',
  ].join('\n');
}

const FIREWALL = `default: p
workers: 2
audit: { to: "off" }
ruleSets: { own: { seclang: [rules/own.conf] } }
policies:
  p: { mode: block, ruleSets: [own], budgetMs: 2000, body: { inlineBytes: 4096 } }`;

const put = (directory: string, text: string): void => {
  const file = join(directory, 'rules', 'own.conf');
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
};

async function running(): Promise<{ gate: RunningGate; origin: Origin }> {
  const origin = await Origin.start(respond('ok'));
  const gate = await plainGate([origin], {
    firewall: FIREWALL,
    prepare: (directory) => {
      mkdirSync(join(directory, 'rules'));
      put(directory, rulesOf('a'));
    },
  });
  return { gate, origin };
}

/** What goes through the gate: judged on the loop from head alone, with a body, and by a thread. */
const LONG = 'x=some+text&'.repeat(600);
const KINDS = [
  { method: 'GET', path: '/?ask=set', body: '', asks: true },
  { method: 'GET', path: '/?other=1', body: '', asks: false },
  { method: 'POST', path: '/', body: 'ask=set', asks: true },
  { method: 'POST', path: '/', body: 'other=1', asks: false },
  { method: 'POST', path: '/', body: `${LONG}ask=set`, asks: true },
  { method: 'POST', path: '/', body: `${LONG}other=1`, asks: false },
] as const;
type Kind = (typeof KINDS)[number];

/** @returns the status; 0: it failed */
const send = (port: number, agent: Agent, { method, path, body }: Kind): Promise<number> =>
  new Promise((resolve) => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      ...(method === 'POST' ? { 'content-length': body.length } : {}),
    };
    const request = ask({ port, agent, method, path, headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    request.once('error', () => resolve(0));
    request.end(body);
  });

/** Clients that ask one thing after the other until they are stopped. */
function load(port: number): {
  readonly counts: Map<string, number>;
  readonly stop: () => Promise<void>;
} {
  const agent = new Agent({ keepAlive: true });
  const counts = new Map<string, number>();
  let goesOn = true;
  const client = async (first: number): Promise<void> => {
    for (let i = first; goesOn; i++) {
      const nth = i % KINDS.length;
      const kind = KINDS[nth]!;
      const key = `${kind.asks ? 'asks' : 'plain'} ${await send(port, agent, kind)} by ${nth < 4 ? 'loop' : 'thread'}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  };
  const clients = Array.from({ length: 4 }, (_, i) => client(i));
  const stop = async (): Promise<void> => {
    goesOn = false;
    await Promise.all(clients);
    agent.destroy();
  };
  onTestFinished(stop);
  return { counts, stop };
}

const judgedBy = async (gate: RunningGate): Promise<Set | null> => {
  const { status } = await fetch(`http://127.0.0.1:${gate.port}/?ask=set`);
  return status === STATUS.a ? 'a' : status === STATUS.b ? 'b' : null;
};

const LAST = z.object({
  config: z.object({
    lastReload: z.object({
      ok: z.boolean(),
      issues: z.array(z.object({ file: z.string(), line: z.number(), column: z.number() })),
    }),
  }),
});
const lastReload = async (
  gate: RunningGate,
): Promise<z.infer<typeof LAST>['config']['lastReload']> =>
  LAST.parse(await (await fetch(`http://127.0.0.1:${gate.admin}/status`)).json()).config.lastReload;

/** Only these: each request by one set, none failed. */
const RIGHT = [
  ...['asks 405 by loop', 'asks 405 by thread', 'asks 406 by loop', 'asks 406 by thread'],
  ...['plain 200 by loop', 'plain 200 by thread'],
];

describe('rules exchanged on disk under load', () => {
  it('fail no request, and each is judged wholly by one set', { timeout: 60_000 }, async () => {
    const { gate } = await running();
    const { counts, stop } = load(gate.port);
    await until('threads to judge', () => counts.has('asks 405 by thread'));
    for (let i = 0; i < 8; i++) {
      const set = i % 2 === 0 ? 'b' : 'a';
      put(gate.directory, rulesOf(set));
      await until(`set ${set}`, async () => (await judgedBy(gate)) === set);
    }
    await until('threads to know both', () => counts.has('asks 406 by thread'));
    await stop();
    expect([...counts.keys()].sort()).toEqual(RIGHT);
  });

  it('change nothing where they are broken, and say where', { timeout: 30_000 }, async () => {
    const { gate } = await running();
    const { counts, stop } = load(gate.port);
    put(gate.directory, `${rulesOf('b')}SecRule ARGS "@nosuch x" "id:9,phase:2,deny"\n`);
    await until('a refusal', async () => !(await lastReload(gate)).ok);
    const { issues } = await lastReload(gate);
    const line = rulesOf('b').split('\n').length;
    expect(issues).toMatchObject([{ line, column: 16 }]);
    expect(issues[0]?.file).toMatch(/rules\/own\.conf$/);
    expect(await judgedBy(gate)).toBe('a');
    put(gate.directory, rulesOf('b'));
    await until('set b', async () => (await judgedBy(gate)) === 'b');
    expect(await lastReload(gate)).toMatchObject({ ok: true, issues: [] });
    await stop();
    expect(RIGHT).toEqual(expect.arrayContaining([...counts.keys()]));
  });
});
