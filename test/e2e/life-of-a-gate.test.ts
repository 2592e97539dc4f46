import { cpSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainConfig, scratch, writePlain } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { gateProcess, ZonegateProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { bodyOf, Origin, RawClient, respond } from '../support/wire.ts';

const GET = 'GET /a?secret=1 HTTP/1.1\r\nHost: a.test\r\nCookie: private=1\r\n\r\n';

async function running(gateYaml = '') {
  const [listen, admin] = [await freePort(), await freePort()];
  const origin = await Origin.start();
  const directory = plainConfig({ listen, admin, origins: [origin.port], gate: gateYaml });
  const gate = (await gateProcess(directory, 'i1', admin)).untilTestEnds();
  const rewrite = (epoch: number, more = gateYaml): void =>
    writePlain(directory, { listen, admin, origins: [origin.port], gate: more, epoch });
  const status = async () =>
    (await (await fetch(`http://127.0.0.1:${admin}/status`)).json()) as {
      epoch: number;
      config: { lastReload: { ok: boolean; issues: unknown[] } };
    };
  return { listen, admin, origin, directory, gate, rewrite, status };
}

describe('SIGTERM', () => {
  it('lets requests in flight end, refuses new connections, exits 0', async () => {
    const { listen, admin, origin, gate } = await running('timeouts: { drainDelayMs: 300 }');
    origin.answer = () => undefined;
    const inFlight = new RawClient(listen).send(GET);
    const idle = new RawClient(listen).send('');
    await until('the request upstream', () => origin.requests.length === 1);
    gate.kill('SIGTERM');
    await until(
      'readyz to say 503',
      async () => (await fetch(`http://127.0.0.1:${admin}/readyz`)).status === 503,
    );
    await until('the listener to close', async () => {
      const probe = new RawClient(listen);
      await until('an end', () => probe.ended !== null || probe.socket.readyState === 'open');
      const refused = probe.ended !== null;
      probe.socket.destroy();
      return refused;
    });
    await idle.closed();
    for (const socket of origin.sockets) respond('late but whole')('', socket, 0);
    const all = await inFlight.closed();
    expect(bodyOf(all)).toBe('late but whole');
    expect(all).toMatch(/^Connection: close\r$/m);
    inFlight.socket.end();
    expect(await gate.exit()).toBe(0);
  });

  it('cuts what is left at the deadline, and still exits 0', async () => {
    const { listen, origin, gate } = await running('timeouts: { drainMs: 300 }');
    origin.answer = () => undefined;
    const client = new RawClient(listen).send(GET);
    await until('the request upstream', () => origin.requests.length === 1);
    gate.kill('SIGTERM');
    await client.closed();
    expect(await gate.exit()).toBe(0);
  });
});

describe('a new configuration', () => {
  it('is taken on SIGHUP, without losing a connection', async () => {
    const { listen, gate, rewrite, status } = await running();
    const client = new RawClient(listen).send(GET);
    await client.sees('ok');
    rewrite(7);
    gate.kill('SIGHUP');
    await until('epoch 7', async () => (await status()).epoch === 7);
    client.send(GET);
    await until(
      'a second answer on the same connection',
      () => client.received.split('\r\n\r\nok').length === 3,
    );
  });

  it('is refused when bad: the old one stays, and /status says why', async () => {
    const { listen, admin, directory, gate, status } = await running();
    const file = join(directory, 'all.yaml');
    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replace('epoch: 1', 'epoch: -4')
        .replace('zone: gzone', 'zone: gzonne'),
    );
    gate.kill('SIGHUP');
    await until('the reload to fail', async () => !(await status()).config.lastReload.ok);
    const { config, epoch } = await status();
    expect(epoch).toBe(1);
    expect(config.lastReload.issues).toHaveLength(2);
    expect(config.lastReload.issues[0]).toMatchObject({
      file,
      line: expect.any(Number) as number,
      column: expect.any(Number) as number,
    });
    await new RawClient(listen).send(GET).sees('ok');
    expect(await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text()).toMatch(
      /zonegate_config_last_reload_successful 0/,
    );
    expect(gate.err).toContain('the old one stays in force');
  });

  it('is refused when it needs a restart', async () => {
    const { directory, gate, status, listen } = await running();
    const file = join(directory, 'all.yaml');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(`127.0.0.1:${listen}"`, `127.0.0.1:${await freePort()}"`),
    );
    gate.kill('SIGHUP');
    await until('the reload to fail', async () => !(await status()).config.lastReload.ok);
    expect(JSON.stringify((await status()).config.lastReload.issues)).toContain('needs-restart');
  });

  it('is noticed without a signal, by an atomic rename, twice', async () => {
    const { directory, rewrite, status } = await running();
    for (const epoch of [8, 9]) {
      const other = scratch();
      const file = join(directory, 'all.yaml');
      cpSync(file, join(other, 'all.yaml'));
      writeFileSync(
        `${file}.new`,
        readFileSync(file, 'utf8').replace(/epoch: \d+/, `epoch: ${epoch}`),
      );
      renameSync(`${file}.new`, file);
      await until(`epoch ${epoch}`, async () => (await status()).epoch === epoch);
    }
    rewrite(10);
    await until('epoch 10', async () => (await status()).epoch === 10);
  });

  it('is noticed when Kubernetes swaps a ConfigMap', async () => {
    // A mounted ConfigMap: all.yaml → ..data/all.yaml, and ..data is a link that is renamed over.
    const [listen, admin] = [await freePort(), await freePort()];
    const origin = await Origin.start();
    const mount = scratch();
    const version = (n: number): string => {
      const directory = plainConfig({ listen, admin, origins: [origin.port], epoch: n });
      symlinkSync(directory, join(mount, `..data_tmp${n}`));
      return join(mount, `..data_tmp${n}`);
    };
    renameSync(version(1), join(mount, '..data'));
    symlinkSync(join('..data', 'all.yaml'), join(mount, 'all.yaml'));
    (await gateProcess(mount, 'i1', admin)).untilTestEnds();
    renameSync(version(2), join(mount, '..data'));
    await until(
      'epoch 2',
      async () =>
        ((await (await fetch(`http://127.0.0.1:${admin}/status`)).json()) as { epoch: number })
          .epoch === 2,
    );
  });
});

describe('seen from outside', () => {
  it('writes one JSON line per request, without query and cookies, and opens the file anew on SIGHUP', async () => {
    const file = join(scratch(), 'access.log');
    const { listen, gate } = await running(`log: { access: ${file}, level: error }`);
    await new RawClient(listen).send(GET).sees('ok');
    const line = await until('the line', () => readFileSync(file, 'utf8').split('\n')[0] || null);
    expect(line).not.toMatch(/secret=|private/);
    expect(JSON.parse(line)).toMatchObject({
      'http.request.method': 'GET',
      'url.path': '/a',
      'url.query': 'REDACTED',
      'server.address': 'a.test',
      'http.response.status_code': 200,
      idc: 'i1',
      zone: 'GZ01',
      group: 'A',
      via: 'local',
      from: 'external',
      epoch: 1,
      ended_by: 'done',
      'upstream.attempts': 1,
      why: 'from-external,loop-none,route-matched,cookie-absent,uid-not-needed,pin-none,shard-absent,placed-global,group-only,hop-local,cookie-not-proven',
    });
    renameSync(file, `${file}.1`);
    gate.kill('SIGHUP');
    await until('the new file', async () => {
      await new RawClient(listen).send(GET).sees('ok');
      try {
        return readFileSync(file, 'utf8').length > 0;
      } catch {
        return false;
      }
    });
  });

  it('serves metrics that count by zone, status and reason', async () => {
    const { listen, admin } = await running();
    await new RawClient(listen).send(GET).sees('ok');
    const refused = new RawClient(listen).send('BAD\r\n\r\n');
    await refused.closed();
    const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
    expect(text).toMatch(
      /zonegate_requests_total\{zone="GZ01",idc="i1",via="local",status="2xx",reason="placed-global"\} 1/,
    );
    expect(text).toMatch(/zonegate_reasons_total\{room="placement",reason="placed-global"\} 1/);
    expect(text).toMatch(/zonegate_request_duration_seconds_count\{zone="GZ01",via="local"\} 1/);
    expect(text).toMatch(
      /zonegate_request_duration_seconds_bucket\{zone="GZ01",via="local",le="\+Inf"\} 1/,
    );
    expect(text).toMatch(/zonegate_refused_total\{code="bad-method"\} 1/);
    expect(text).toMatch(
      /zonegate_upstream_connections\{app="any",endpoint="127\.0\.0\.1:\d+",state="idle"\} 1/,
    );
    expect(text).toMatch(/process_cpu_seconds_total|zonegate_build_info/);
  });

  it('answers GET only, and only what it knows', async () => {
    const { admin } = await running();
    expect((await fetch(`http://127.0.0.1:${admin}/status`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`http://127.0.0.1:${admin}/nothing`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${admin}/healthz`)).status).toBe(200);
  });
});

describe('starting', () => {
  it('says which port is taken, and exits 1', async () => {
    const origin = await Origin.start();
    const directory = plainConfig({ listen: origin.port, origins: [origin.port] });
    const gate = new ZonegateProcess(['run', '-c', directory]).untilTestEnds();
    expect(await gate.exit()).toBe(1);
    expect(gate.err).toContain(
      `can't listen on 127.0.0.1:${origin.port}: another program does already`,
    );
  });

  it('does not wait for a second SIGTERM', async () => {
    const { listen, admin, origin, gate } = await running();
    origin.answer = () => undefined;
    new RawClient(listen).send(GET);
    await until('the request upstream', () => origin.requests.length === 1);
    gate.kill('SIGTERM');
    await until(
      'readyz to say 503',
      async () => (await fetch(`http://127.0.0.1:${admin}/readyz`)).status === 503,
    );
    gate.kill('SIGTERM');
    expect(await gate.exit()).toBe(1);
  });
});
