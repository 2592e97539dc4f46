import { copyFileSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { certificates } from '../../support/certificates.ts';
import { type Served, serveControl } from '../../support/control.ts';
import { StandInDesk } from '../../support/desk-stand-in.ts';

interface Over {
  readonly directory: string;
  readonly client?: string;
  readonly version?: 'TLSv1.1' | 'TLSv1.2';
}

function pin({ port }: Served, over: Over): Promise<{ status: number; serial: string }> {
  const read = (name: string) => readFileSync(join(over.directory, name), 'utf8');
  const body = JSON.stringify({ do: 'pin', uid: '1', zone: 'RZ02', reason: 'because' });
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: '127.0.0.1', port, path: '/v1/commands', method: 'POST', agent: false },
        headers: { 'Content-Type': 'application/json' },
        ca: read('ca.crt'),
        ...(over.client === undefined
          ? {}
          : { cert: read(`${over.client}.crt`), key: read(`${over.client}.key`) }),
        ...(over.version === undefined
          ? {}
          : { minVersion: over.version, maxVersion: over.version, ciphers: 'ALL:@SECLEVEL=0' }),
      },
      (res) => {
        const { socket } = res;
        const serial =
          socket instanceof TLSSocket ? socket.getPeerCertificate().serialNumber : 'plain';
        res.resume();
        resolve({ status: res.statusCode ?? 0, serial });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('an admin listener with TLS', () => {
  it('lets in who shows a certificate of its authority, under the name in it', async () => {
    const { directory, issue } = certificates();
    for (const [name, subject] of [
      ['gate', '/CN=gate'],
      ['ann', '/CN=ann'],
      ['odd', '/CN=a n\u00e9\\/b'],
    ] as const)
      issue(name, subject);
    const other = certificates();
    other.issue('eve', '/CN=ann');
    for (const file of ['eve.crt', 'eve.key'])
      copyFileSync(join(other.directory, file), join(directory, file));
    const desk = new StandInDesk();
    const at = (name: string) => join(directory, name);
    const tls = { certFile: at('gate.crt'), keyFile: at('gate.key'), clientCaFile: at('ca.crt') };
    const served = await serveControl({ desk, tls });
    expect((await pin(served, { directory, client: 'ann' })).status).toBe(200);
    expect(desk.board.by).toBe('ann');
    expect((await pin(served, { directory, client: 'odd' })).status).toBe(200);
    expect(desk.board.by).toMatch(/^a-n[!-.0-~]+b$/);
    const { epoch } = desk.board;
    await expect(pin(served, { directory })).rejects.toThrow();
    await expect(pin(served, { directory, client: 'eve' })).rejects.toThrow();
    await expect(pin(served, { directory, client: 'ann', version: 'TLSv1.1' })).rejects.toThrow();
    expect(desk.board.epoch).toBe(epoch);
  });

  it('takes renewed certificates without a restart, and keeps the old ones if they are bad', async () => {
    const { directory, issue } = certificates();
    issue('gate', '/CN=gate');
    const at = (name: string) => join(directory, name);
    const tls = { certFile: at('gate.crt'), keyFile: at('gate.key'), clientCaFile: null };
    const served = await serveControl({ desk: new StandInDesk(), tls });
    const first = await pin(served, { directory });
    // No certificate and no token: nobody has a name, so he has to say one.
    expect(first.status).toBe(400);
    issue('gate', '/CN=gate');
    served.server.renewCertificates();
    const second = await pin(served, { directory });
    expect(second.serial).not.toBe(first.serial);
    issue('other', '/CN=other');
    copyFileSync(at('other.key'), at('gate.key'));
    expect(() => served.server.renewCertificates()).toThrow();
    expect((await pin(served, { directory })).serial).toBe(second.serial);
  });
});
