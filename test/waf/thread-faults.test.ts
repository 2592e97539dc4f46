/** Threads that judge long bodies, when they die, hang, are too few, or are not waited for. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as threads from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { HeldBytes } from '../../src/shell/proxy/held-body.ts';
import { plainGate, type RunningGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { Origin, RawClient, respond } from '../support/wire.ts';

/** Stands between the pool and its threads: bodies are given to them, kept back, or lost. */
const door = vi.hoisted(
  (): {
    mode: 'open' | 'keep' | 'lose';
    readonly kept: (() => void)[];
    readonly workers: { terminate(): Promise<number> }[];
  } => ({ mode: 'open', kept: [], workers: [] }),
);

vi.mock('node:worker_threads', async (original) => {
  const real = await original<typeof threads>();
  class Watched extends real.Worker {
    constructor(...told: ConstructorParameters<typeof real.Worker>) {
      super(...told);
      door.workers.push(this);
    }
    override postMessage(message: { kind: string }, moved?: never): void {
      const give = (): void => super.postMessage(message, moved);
      if (message.kind !== 'job' || door.mode === 'open') give();
      else if (door.mode === 'keep') door.kept.push(give);
    }
  }
  return { ...real, Worker: Watched };
});

const open = (): void => {
  door.mode = 'open';
  for (const give of door.kept.splice(0)) give();
};

const FIREWALL = (bad: string, onOverBudget: string): string => `default: p
audit: { to: "off" }
ruleSets:
  own:
    rules:
      - { id: 1, when: { field: "bodyArg:q", op: equals, value: ${bad} }, action: block, owner: a }
policies:
  p: { mode: block, ruleSets: [own], onOverBudget: ${onOverBudget}, body: { inlineBytes: 0 } }`;

const post = (q: string): string =>
  `POST / HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${q.length + 2}\r\n\r\nq=${q}`;

let held: () => number;
beforeEach(() => {
  door.mode = 'open';
  door.kept.length = 0;
  door.workers.length = 0;
  const take = vi.spyOn(HeldBytes.prototype, 'take');
  held = () => {
    const room = take.mock.contexts.at(-1);
    return room instanceof HeldBytes ? room.used : -1;
  };
});
afterEach(() => vi.restoreAllMocks());

async function running(
  onOverBudget: 'block' | 'pass' = 'block',
  gateLines = '',
): Promise<{ gate: RunningGate; origin: Origin }> {
  const origin = await Origin.start(respond('ok'));
  const gate = await plainGate([origin], {
    firewall: FIREWALL('bad', onOverBudget),
    gate: gateLines,
  });
  // The threads compile the rules when the gate has started.
  await until('a thread to judge', async () => (await ask(gate, 'bad')).includes(' 403 '));
  return { gate, origin };
}

/** One request on its own connection. */
async function ask(gate: RunningGate, q: string): Promise<string> {
  const client = new RawClient(gate.port).send(post(q));
  return client.sees(/^HTTP\/1\.1 \d{3} [\s\S]*\r\n\r\n[\s\S]+/, 20_000);
}

const value = async (gate: RunningGate, name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await gate.metrics())?.[1] ?? NaN);

const STATUS = z.object({ config: z.object({ digest: z.string() }) });
const digestOf = async (gate: RunningGate): Promise<string> =>
  STATUS.parse(await (await fetch(`http://127.0.0.1:${gate.admin}/status`)).json()).config.digest;

async function works({ gate, origin }: Awaited<ReturnType<typeof running>>): Promise<void> {
  const before = origin.requests.length;
  expect(await ask(gate, 'good')).toContain(' 200 ');
  expect(await ask(gate, 'bad')).toContain(' 403 ');
  expect(origin.requests).toHaveLength(before + 1);
  expect(held()).toBe(0);
}

describe.each([
  ['block', 503, 0],
  ['pass', 200, 1],
] as const)('with onOverBudget: %s', (onOverBudget, status, requests) => {
  it('a body whose thread is killed is not judged, and the next one is', {
    timeout: 30_000,
  }, async () => {
    const all = await running(onOverBudget);
    const before = all.origin.requests.length;
    door.mode = 'keep';
    const answer = ask(all.gate, 'good');
    await until('the body to be given away', () => door.kept.length === 1);
    expect(held()).toBeGreaterThan(0);
    await door.workers.at(-1)?.terminate();
    expect(await answer).toContain(` ${status} `);
    expect(all.origin.requests).toHaveLength(before + requests);
    if (status === 503) expect(await answer).toContain('waf-not-judged');
    open();
    await works(all);
    expect(await value(all.gate, 'zonegate_waf_thread_restarts_total')).toBe(1);
  });

  it('a body whose thread hangs is not judged, and the thread is replaced', {
    timeout: 30_000,
  }, async () => {
    const all = await running(onOverBudget);
    const before = all.origin.requests.length;
    door.mode = 'lose';
    expect(await ask(all.gate, 'good')).toContain(` ${status} `);
    expect(all.origin.requests).toHaveLength(before + requests);
    door.mode = 'open';
    await works(all);
    expect(await value(all.gate, 'zonegate_waf_thread_restarts_total')).toBe(1);
  });

  it('a body for which there is no room is not judged, and those that wait are', {
    timeout: 30_000,
  }, async () => {
    const all = await running(onOverBudget);
    const before = all.origin.requests.length;
    door.mode = 'keep';
    const waiting = Array.from({ length: 65 }, () => ask(all.gate, 'good'));
    await until('all to wait', async () => (await value(all.gate, 'zonegate_waf_waiting')) === 64);
    expect(await ask(all.gate, 'good')).toContain(` ${status} `);
    open();
    for (const answer of waiting) expect(await answer).toContain(' 200 ');
    expect(all.origin.requests).toHaveLength(before + 65 + requests);
    await works(all);
  });
});

describe('a client that is gone', () => {
  it('while its body is judged leaves nothing behind', async () => {
    const all = await running();
    const before = all.origin.requests.length;
    door.mode = 'keep';
    const client = new RawClient(all.gate.port).send(post('good'));
    await until('the body to be given away', () => door.kept.length === 1);
    client.socket.resetAndDestroy();
    await until('its bytes to be given back', () => held() === 0);
    open();
    await works(all);
    expect(all.origin.requests).toHaveLength(before + 1);
  });

  it('while its body waits is waited for no more', async () => {
    const all = await running();
    door.mode = 'keep';
    const first = ask(all.gate, 'good');
    await until('the body to be given away', () => door.kept.length === 1);
    const clients = Array.from({ length: 10 }, () =>
      new RawClient(all.gate.port).send(post('good')),
    );
    const waiting = (): Promise<number> => value(all.gate, 'zonegate_waf_waiting');
    await until('the others to wait', async () => (await waiting()) === 10);
    for (const { socket } of clients) socket.resetAndDestroy();
    await until('none to wait', async () => (await waiting()) === 0);
    open();
    expect(await first).toContain(' 200 ');
    await works(all);
  });
});

describe('a gate that stops', () => {
  it('lets a body be judged that it has', async () => {
    const { gate, origin } = await running();
    const before = origin.requests.length;
    door.mode = 'keep';
    const answers = [ask(gate, 'good'), ask(gate, 'bad')];
    await until('a body to be given away', () => door.kept.length === 1);
    const stopped = gate.gate.stop();
    open();
    expect(await answers[0]).toContain(' 200 ');
    expect(await answers[1]).toContain(' 403 ');
    await stopped;
    expect(origin.requests).toHaveLength(before + 1);
    expect(held()).toBe(0);
  });

  it('waits for a thread no longer than for anything else', async () => {
    const { gate } = await running('block', 'timeouts: { drainMs: 300 }');
    door.mode = 'lose';
    const client = new RawClient(gate.port).send(post('good'));
    await until('the body to be held', () => held() > 0);
    await gate.gate.stop();
    await client.closed();
    expect(client.received).not.toContain(' 200 ');
    expect(held()).toBe(0);
  });
});

it('a body that is judged while rules change is judged by those it came under', async () => {
  const { gate } = await running();
  const file = join(gate.directory, 'all.yaml');
  const text = readFileSync(file, 'utf8');
  door.mode = 'keep';
  const before = [ask(gate, 'bad'), ask(gate, 'good')];
  await until('a body to be given away', () => door.kept.length === 1);
  const digest = await digestOf(gate);
  writeFileSync(`${file}.new`, text.replace('value: bad', 'value: good'));
  renameSync(`${file}.new`, file);
  await until('the new rules', async () => (await digestOf(gate)) !== digest);
  open();
  expect(await before[0]).toContain(' 403 ');
  expect(await before[1]).toContain(' 200 ');
  await until('the new rules to hold', async () => (await ask(gate, 'good')).includes(' 403 '));
  expect(await ask(gate, 'bad')).toContain(' 200 ');
});
