/** Places where load tests could be taken for users, if nobody looked. */
import { expect, it } from 'vitest';
import { decide } from '../../src/decide/index.ts';
import { factsFrom } from '../../src/model/facts.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { toAddress } from '../../src/model/schema.ts';
import { Counters } from '../../src/shell/observe/counters.ts';
import { countsAsWrite } from '../../src/shell/proxy/writes-under-way.ts';
import { Upstreams } from '../../src/shell/upstream/index.ts';
import { ZoneMeter } from '../../src/wiring/zone-meter.ts';
import { load, reference, referenceWith } from '../support/config.ts';

it('no move waits for a write to a shadow', () => {
  const write = (uid: string) => {
    const decision = decide(
      factsFrom({
        ...{ host: 'shop.example', path: '/', method: 'POST', listener: 'app' },
        ...{ entryIdc: 'hz1' as IdcId, receivedAtMs: Date.now(), dice: 0 },
        headers: [['x-user-id', uid]],
      }),
      reference(),
    );
    if (decision.kind !== 'forward') throw new Error(decision.reason.code);
    return [decision.isWrite, decision.lane?.name, countsAsWrite(decision)];
  };
  expect(write('2088000000000010')).toEqual([true, undefined, true]);
  expect(write('2099000000000010')).toEqual([true, 'double-11', false]);
});

it('a zone is not unwell because its shadow is', () => {
  const roster = (name: string, usable: boolean, ofShadow: boolean) => ({
    ...{ name, ofShadow, ofPeers: false },
    shares: [{ endpoint: { usable }, weight: 1 }],
  });
  const rosters = [roster('RZ01/A/shop', true, false), roster('RZ01/A~shadow/shop', false, true)];
  const upstreams = { rosters: () => rosters } as unknown as Upstreams;
  const meter = new ZoneMeter(new Counters(), upstreams, 0);
  expect(meter.read(1000)).toEqual({ RZ01: { rps: 0, errors: 0, usable: 1 } });
});

it('no connection, limit or health of a load test is one of users, on the way to a peer either', () => {
  const snapshot = reference();
  const idc = 'hz1' as IdcId;
  const upstreams = new Upstreams(
    snapshot,
    idc,
    { addressesOf: () => undefined, ipOf: (host) => host },
    { nowMs: 0, onTick: () => undefined },
    { leftForUpstreams: 1000 },
  );
  const shop = snapshot.userApps[0]!;
  const ways = [...snapshot.targets.get(idc)!.values()].flatMap((target) => {
    const way = upstreams.wayOf(target, shop, snapshot);
    return way === undefined ? [] : [{ shadow: target.group.isShadow, ...way }];
  });
  const of = (shadow: boolean) => {
    const own = ways.filter((w) => w.shadow === shadow);
    return {
      loads: new Set(own.map((w) => w.load)),
      endpoints: new Set(own.flatMap((w) => w.roster.shares.map((s) => s.endpoint))),
      peers: own.filter((w) => w.roster.ofPeers).length,
    };
  };
  const [users, tests] = [of(false), of(true)];
  expect([...users.loads].some((load) => tests.loads.has(load))).toBe(false);
  expect([...users.endpoints].some((endpoint) => tests.endpoints.has(endpoint))).toBe(false);
  expect([users.peers, tests.peers]).toEqual([7, 7]);
  expect([users.endpoints.size, tests.endpoints.size]).toEqual([6, 6]);
});

it('what DNS names as a shadow is left out where users are sent to it, by whatever name', () => {
  const directory = referenceWith({
    'topology.yaml': [
      ['["127.0.0.1:${ZONEGATE_PORTS:-18}412"]', '{ dns: "users.internal:18412" }'],
      ['["127.0.0.1:${ZONEGATE_PORTS:-18}511"]', '{ dns: "shadow.internal:18411" }'],
    ],
  });
  const at = (text: string) => ({ address: toAddress(text), weight: 1 });
  let users: readonly ReturnType<typeof at>[] = [];
  const idc = 'hz1' as IdcId;
  const shadow = ['127.0.0.1:18411', 'host.internal:18411', '10.0.0.8:18412', '10.0.0.9:80'];
  const upstreams = new Upstreams(
    load(directory),
    idc,
    {
      addressesOf: (source) =>
        source.kind === 'dns' && source.name === 'users.internal' ? users : shadow.map(at),
      ipOf: (host) => (host === 'host.internal' ? '127.0.0.1' : host),
    },
    { nowMs: 0, onTick: () => undefined },
    { leftForUpstreams: 1000 },
  );
  const listed = (): string[] =>
    [...upstreams.rosters()]
      .find((r) => r.name === 'RZ01/A~shadow/shop')!
      .shares.map((s) => s.endpoint.address.text);
  expect(listed()).toEqual(['10.0.0.8:18412', '10.0.0.9:80']);
  users = [at('10.0.0.8:18412')];
  upstreams.refound();
  expect(listed()).toEqual(['10.0.0.9:80']);
});
