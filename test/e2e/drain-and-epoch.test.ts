import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { plainConfig, scratch, writePlain } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { gateProcess, zonegate } from '../support/process.ts';
import { until } from '../support/until.ts';
import { Origin, RawClient } from '../support/wire.ts';

async function running(gate = '') {
  const [listen, admin] = [await freePort(), await freePort()];
  const origin = await Origin.start();
  const options = { listen, admin, origins: [origin.port], gate };
  const directory = plainConfig(options);
  const process = (await gateProcess(directory, 'i1', admin)).untilTestEnds();
  return { ...options, origin, directory, process };
}

it('what a drain has to cut is a visible break, and in the access log', async () => {
  const log = join(scratch(), 'access.log');
  const { listen, origin, process } = await running(
    `timeouts: { drainMs: 200 }\nlog: { access: ${log}, level: info }`,
  );
  origin.answer = (_, socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\nhalf');
  const client = new RawClient(listen).send('GET /cut HTTP/1.0\r\n\r\n');
  await client.sees('half');
  process.kill('SIGTERM');
  await client.closed();
  expect(client.ended).toBe('reset');
  expect(await process.exit()).toBe(0);
  expect(JSON.parse(readFileSync(log, 'utf8').trim())).toMatchObject({
    'url.path': '/cut',
    ended_by: 'gate',
  });
  expect(process.err).toContain('"cut":1');
});

it('a half-closed client that gets no answer in time is booked as his own leaving', async () => {
  const log = join(scratch(), 'access.log');
  const { listen, origin } = await running(
    `timeouts: { halfClosedMs: 200 }\nlog: { access: ${log}, level: error }`,
  );
  origin.answer = () => undefined;
  const client = new RawClient(listen).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  client.socket.end();
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 504 /);
  const line = await until('the line', () => readFileSync(log, 'utf8').trim() || null);
  expect(JSON.parse(line)).toMatchObject({ gate_code: 'client-half-closed', ended_by: 'client' });
});

it('an epoch never falls', async () => {
  const { directory, process, admin, ...options } = await running();
  const status = async () =>
    (await (await fetch(`http://127.0.0.1:${admin}/status`)).json()) as {
      epoch: number;
      config: { lastReload: { ok: boolean; issues: { code: string }[] } };
    };
  writePlain(directory, { ...options, admin, epoch: 5 });
  await until('epoch 5', async () => (await status()).epoch === 5);
  writePlain(directory, { ...options, admin, epoch: 3 });
  await until('the reload to fail', async () => !(await status()).config.lastReload.ok);
  expect((await status()).epoch).toBe(5);
  expect((await status()).config.lastReload.issues.map((i) => i.code)).toEqual(['epoch-backwards']);
  expect(process.child.exitCode).toBeNull();
});

it('an access log that can’t be opened is said in one line', async () => {
  const directory = scratch();
  writePlain(directory, {
    listen: await freePort(),
    origins: [1],
    gate: 'log: { access: /nowhere/at/all.log }',
  });
  const { code, err } = zonegate(['run', '-c', directory]);
  expect(code).toBe(1);
  expect(err).toMatch(/^can't start: ENOENT.*\n$/);
});
