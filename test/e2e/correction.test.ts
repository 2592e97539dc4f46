import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratch } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { gateProcess } from '../support/process.ts';
import { bytes, Origin, RawClient } from '../support/wire.ts';

describe('an application corrects a placement', () => {
  it('by naming uid or shard; the client never sees the header', async () => {
    const [listen, admin] = [await freePort(), await freePort()];
    const origin = await Origin.start();
    const directory = scratch();
    const secret = 'test-secret-test-secret-test-secret-0';
    writeFileSync(
      join(directory, 'all.yaml'),
      `apiVersion: zonegate/v1
kind: Topology
cities: { here: { idcs: { i1: { zones: { RZ01: { type: rzone, groups: { A: { endpoints: { any: ["127.0.0.1:${origin.port}"] } } } } } } } } }
---
{ apiVersion: zonegate/v1, kind: Rules, epoch: 5, shards: { "00-99": RZ01 } }
---
apiVersion: zonegate/v1
kind: Routes
routes: [{ host: "*", zone: rzone, app: any }]
---
apiVersion: zonegate/v1
kind: Gate
listeners: [{ address: "127.0.0.1:${listen}" }]
admin: [{ address: "127.0.0.1:${admin}" }]
keys: { cookie: [{ id: k, secret: ${secret} }], peer: [{ id: k, secret: ${secret} }] }
log: { access: "off", level: error }
`,
    );
    (await gateProcess(directory, 'i1', admin)).untilTestEnds();
    const ask = async (answer: string, cookie = ''): Promise<string> => {
      origin.answer = bytes(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${answer}\r\nok`);
      const client = new RawClient(listen).send(
        `GET / HTTP/1.1\r\nHost: a\r\n${cookie}Connection: close\r\n\r\n`,
      );
      return client.closed();
    };
    const byUid = await ask('X-Ldc-Uid: 2088000000000680\r\n');
    expect(byUid).toMatch(
      /^Set-Cookie: LDC_ROUTE=v1\.68\.RZ01\.5\.k\.[\w-]{22}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Lax\r$/m,
    );
    expect(byUid).toMatch(/^Cache-Control: private\r$/m);
    expect(byUid).not.toMatch(/x-ldc-/i);
    const cookie = `Cookie: ${/LDC_ROUTE=[^;]+/.exec(byUid)![0]}\r\n`;
    expect(await ask('X-Ldc-Shard: 68\r\n', cookie)).not.toContain('Set-Cookie');
    expect(await ask('X-Ldc-Shard: 7\r\n', cookie)).toContain('LDC_ROUTE=v1.7.RZ01');
    expect(await ask('X-Ldc-Uid: none\r\n', cookie)).toMatch(/LDC_ROUTE=; Max-Age=0/);
    expect(await ask('X-Ldc-Shard: 4711\r\n', cookie)).not.toContain('Set-Cookie');
  });
});
