/** A gate of its own process: tokens of its admin listener, as declared and as changed. */
import { expect, it } from 'vitest';
import { plainConfig, writePlain } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { gateProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const SECRETS = [
  'first-secret-of-forty-characters-0123456',
  'other-secret-of-forty-characters-0123456',
];

it('asks for the token that is declared now, and for none to be probed', async () => {
  const [listen, admin] = [await freePort(), await freePort()];
  const declared = (secret: string | undefined) => ({
    ...{ listen, admin, origins: [listen] },
    gate: `control: { tokens: [{ id: ops, role: read, secret: ${secret} }] }`,
  });
  const directory = plainConfig(declared(SECRETS[0]));
  const gate = (await gateProcess(directory, 'i1', admin)).untilTestEnds();
  const get = async (path: string, secret?: string) => {
    const headers = { Authorization: `Bearer ops.${secret}` };
    const init = secret === undefined ? {} : { headers };
    return fetch(`http://127.0.0.1:${admin}${path}`, init);
  };
  for (const path of ['/healthz', '/readyz', '/metrics'])
    expect((await get(path)).status).toBe(200);
  for (const path of ['/status', '/upstreams', '/v1/board'])
    expect((await get(path)).status).toBe(401);
  expect((await get('/status', SECRETS[0])).status).toBe(200);
  const board = await get('/v1/board', SECRETS[0]);
  expect([board.status, await board.text()]).toEqual([
    404,
    expect.stringContaining('no Fleet document is declared'),
  ]);
  writePlain(directory, declared(SECRETS[1]));
  gate.kill('SIGHUP');
  await until('the new token', async () => (await get('/status', SECRETS[1])).status === 200);
  expect((await get('/status', SECRETS[0])).status).toBe(401);
});
