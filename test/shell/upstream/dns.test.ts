/** Endpoints by DNS: followed by TTL, and what was found last stays good. */
import { describe, expect, it } from 'vitest';
import { DnsStub } from '../../support/dns-stub.ts';
import { plainGate, type RunningGate } from '../../support/gate.ts';
import { until } from '../../support/until.ts';
import { bodyOf, Origin, RawClient, respond } from '../../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';
const ask = async (port: number): Promise<string> =>
  bodyOf(await new RawClient(port).send(GET).closed());

async function addresses(gate: RunningGate): Promise<string[]> {
  const res = await fetch(`http://127.0.0.1:${gate.admin}/upstreams`);
  const { rosters } = (await res.json()) as { rosters: { endpoints: { address: string }[] }[] };
  return rosters.flatMap((r) => r.endpoints.map((e) => e.address));
}

describe('A and AAAA records', () => {
  it('are followed when their time is over, and kept when the server fails', async () => {
    const dns = await DnsStub.start();
    const origin = await Origin.start(respond('here'));
    dns.records.set('shop.internal', [{ type: 'A', ttlS: 1, value: '127.0.0.1' }]);
    const gate = await plainGate([], {
      upstreams: `resolvers: ["${dns.address}"]`,
      endpoints: `{ dns: "shop.internal:${origin.port}" }`,
    });
    expect(await ask(gate.port)).toBe('here');
    expect(await addresses(gate)).toEqual([`127.0.0.1:${origin.port}`]);

    dns.records.set('shop.internal', [
      { type: 'A', ttlS: 1, value: '127.0.0.1' },
      { type: 'A', ttlS: 1, value: '127.0.0.2' },
    ]);
    await until('the second address', async () => (await addresses(gate)).length === 2);

    dns.mode = 'servfail';
    const before = dns.queries;
    await until('the failure to be met', () => dns.queries > before + 2, 15_000);
    expect(await addresses(gate)).toHaveLength(2);

    dns.mode = 'silent';
    expect(await ask(gate.port)).toBe('here');
    dns.mode = 'answer';
    dns.records.set('shop.internal', [{ type: 'A', ttlS: 1, value: '127.0.0.1' }]);
    await until(
      'the list to be short again',
      async () => (await addresses(gate)).length === 1,
      20_000,
    );
    expect(await ask(gate.port)).toBe('here');
  }, 60_000);

  it('a name that was never found is answered 503, at once, and the gate starts all the same', async () => {
    const dns = await DnsStub.start();
    const gate = await plainGate([], {
      upstreams: `resolvers: ["${dns.address}"]`,
      endpoints: '{ dns: "nowhere.internal:80" }',
    });
    const answer = await new RawClient(gate.port).send(GET).closed();
    expect(answer).toContain('HTTP/1.1 503');
    expect(answer).toContain('no-endpoint');
  });
});

describe('SRV records', () => {
  it('give ports and weights, of the lowest priority only', async () => {
    const dns = await DnsStub.start();
    const [a, b, spare] = [
      await Origin.start(respond('a')),
      await Origin.start(respond('b')),
      await Origin.start(respond('spare')),
    ];
    dns.records.set('one.internal', [{ type: 'A', ttlS: 60, value: '127.0.0.1' }]);
    dns.records.set('_http._tcp.shop.internal', [
      { type: 'SRV', ttlS: 60, value: `1 3 ${a.port} one.internal` },
      { type: 'SRV', ttlS: 60, value: `1 1 ${b.port} one.internal` },
      { type: 'SRV', ttlS: 60, value: `2 9 ${spare.port} one.internal` },
    ]);
    const gate = await plainGate([], {
      upstreams: `resolvers: ["${dns.address}"]`,
      endpoints: '{ srv: _http._tcp.shop.internal }',
    });
    for (let i = 0; i < 40; i++) await ask(gate.port);
    expect(a.requests.length).toBeGreaterThanOrEqual(28);
    expect(a.requests.length + b.requests.length).toBe(40);
    expect(spare.requests.length).toBe(0);
  });
});

describe('a host name in a list', () => {
  it('is resolved as the system does, not on the way of a request', async () => {
    const origin = await Origin.start(respond('by name'));
    const gate = await plainGate([], { endpoints: `["localhost:${origin.port}"]` });
    expect(await ask(gate.port)).toBe('by name');
    expect(await addresses(gate)).toEqual([`localhost:${origin.port}`]);
  });
});
