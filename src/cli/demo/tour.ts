/** The guided tour: real requests through real gates, each judged. */
import { decide } from '../../decide/index.ts';
import { factsFrom } from '../../model/facts.ts';
import type { IdcId } from '../../model/ids.ts';
import type { Address } from '../../model/schema.ts';
import { signOperatorToken } from '../../peer/operator-token.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { type Answer, Browser } from './browser.ts';
import { LanesTour } from './lanes-tour.ts';
import type { Operator } from './operator.ts';

export interface Places {
  readonly snapshot: Snapshot;
  /** Listener for the world, by IDC. */
  readonly gates: Readonly<Record<'hz1' | 'hz2' | 'sh1', Address>>;
  /** Listener for apps in hz1. */
  readonly inner: Address;
  readonly operator: Operator;
  say(line: string): void;
}

const HOST = 'shop.example';
/** Third- and second-to-last digits: the shard. */
const ALICE = '2088000000000680';
const BOB = '2088000000000250';
/** Reserved for the load test; shard 68. */
const TESTER = '2099000000000680';
const PINNED = '2088000000000420';

export class Tour {
  readonly #places: Places;
  readonly #cookieName: string;
  #steps = 0;
  wrong = 0;

  constructor(places: Places) {
    this.#places = places;
    this.#cookieName = places.snapshot.gate.cookie.name;
  }

  async run(): Promise<void> {
    const alice = this.#browser();
    await this.#first();
    await this.#login(alice);
    await this.#next(alice);
    await this.#elsewhere(alice);
    await this.#switchAccount(alice);
    await this.#forged(alice);
    await this.#hint();
    await this.#trusted();
    await this.#spoofed();
    await this.#pinned();
    await this.#operator();
    await this.#global();
    await this.#city();
    await this.#stress();
    await this.#explained();
    const { gates, operator } = this.#places;
    await new LanesTour({ gates, operator, judge: this.#judge }).run();
  }

  #browser(): Browser {
    return new Browser(HOST, this.#cookieName);
  }

  async #first(): Promise<void> {
    const { hz1 } = this.#places.gates;
    const zones = new Set<string>();
    let cookies = 0;
    for (let i = 0; i < 20; i++) {
      const a = await this.#browser().ask(hz1, '/');
      zones.add(a.app.zone ?? `status ${a.status}`);
      if (a.routeCookie !== null) cookies++;
    }
    const good = [...zones].every((z) => z === 'RZ01' || z === 'RZ02') && cookies === 0;
    this.#judge(
      'a first request, user unknown: any rzone of hz1, and no cookie from a guess',
      good,
      `20 requests met ${[...zones].sort().join(' and ')}, ${cookies} cookies`,
    );
  }

  async #login(alice: Browser): Promise<void> {
    const a = await alice.ask(this.#places.gates.hz1, '/login', {
      method: 'POST',
      body: `user=${ALICE}`,
    });
    const good =
      a.routeCookie?.startsWith('v1.68.RZ04.') === true && a.headers['x-ldc-uid'] === undefined;
    this.#judge(
      'the application learns the uid at login and corrects the gate: cookie for shard 68',
      good,
      `${this.#cookieName}=${a.routeCookie ?? 'none'}`,
    );
  }

  async #next(alice: Browser): Promise<void> {
    const a = await alice.ask(this.#places.gates.hz1, '/orders');
    this.#judge(
      'the next request goes straight to her zone, across cities: hz1 → sh1',
      is(a, 'RZ04', 'sh1') && a.routeCookie === null,
      where(a),
    );
  }

  async #elsewhere(alice: Browser): Promise<void> {
    const a = await alice.ask(this.#places.gates.hz2, '/orders');
    const b = await alice.ask(this.#places.gates.sh1, '/orders');
    const good = is(a, 'RZ04', 'sh1') && is(b, 'RZ04', 'sh1') && a.app.group === b.app.group;
    this.#judge(
      'entering at hz2 or sh1 she meets the same zone and the same group',
      good,
      `${where(a)}; ${where(b)}`,
    );
  }

  async #switchAccount(alice: Browser): Promise<void> {
    const a = await alice.ask(this.#places.gates.hz1, '/login', {
      method: 'POST',
      body: `user=${BOB}`,
    });
    const b = await alice.ask(this.#places.gates.hz1, '/orders');
    const good = a.routeCookie?.startsWith('v1.25.RZ02.') === true && is(b, 'RZ02', 'hz1');
    this.#judge(
      'another account on the same browser: the cookie follows, shard 25',
      good,
      `${a.routeCookie ?? 'no cookie'}; then ${where(b)}`,
    );
  }

  async #forged(alice: Browser): Promise<void> {
    const value = alice.cookies.get(this.#cookieName) ?? '';
    const forger = this.#browser();
    forger.cookies.set(this.#cookieName, value.replace('v1.25.', 'v1.68.'));
    const a = await forger.ask(this.#places.gates.hz1, '/orders');
    const good = a.status === 200 && a.app.idc === 'hz1' && a.routeCookie === null;
    this.#judge(
      'a forged cookie (shard 25 made 68) is as good as none: a zone of hz1, no error',
      good,
      where(a),
    );
  }

  async #hint(): Promise<void> {
    const a = await this.#browser().ask(this.#places.gates.hz1, `/u/${ALICE}/profile`);
    this.#judge(
      'a uid on anybody’s word, in the path: good for placement, not for a cookie',
      is(a, 'RZ04', 'sh1') && a.routeCookie === null,
      where(a),
    );
  }

  async #trusted(): Promise<void> {
    const a = await this.#browser().ask(this.#places.inner, '/orders', {
      headers: { 'x-user-id': ALICE },
    });
    const good =
      is(a, 'RZ04', 'sh1') && a.app.user === ALICE && a.routeCookie?.startsWith('v1.68.') === true;
    this.#judge(
      'X-User-Id by the apps’ own listener is proof: placed, passed on, cookie written',
      good,
      where(a),
    );
  }

  async #spoofed(): Promise<void> {
    const headers = {
      'x-user-id': ALICE,
      'x-ldc-zone': 'RZ04',
      x_ldc_zone: 'RZ04',
      'x-ldc-decision': 'v1.hz2.RZ04.68.A.1.0.0.p1.AAAAAAAAAAAAAAAAAAAAAA',
    };
    const a = await this.#browser().ask(this.#places.gates.hz1, '/orders', { headers });
    this.#judge(
      'the same headers from outside are removed and change nothing',
      a.app.idc === 'hz1' && a.app.user === null,
      where(a),
    );
  }

  async #pinned(): Promise<void> {
    const a = await this.#browser().ask(this.#places.inner, '/orders', {
      headers: { 'x-user-id': PINNED },
    });
    this.#judge(
      'a pinned user: shard 42 is RZ03’s, the pin says RZ01, and the cookie remembers it',
      is(a, 'RZ01', 'hz1') && a.routeCookie?.includes('RZ01~') === true,
      where(a),
    );
  }

  async #operator(): Promise<void> {
    const [key] = this.#places.snapshot.gate.keys.operator;
    const pass = key === undefined ? '' : signOperatorToken('demo', Date.now() + 60_000, key);
    const a = await this.#browser().ask(this.#places.gates.hz1, '/orders', {
      headers: { 'x-ldc-operator': pass, 'x-ldc-zone': 'RZ05' },
    });
    this.#judge('an operator with a signed token forces zone RZ05', is(a, 'RZ05', 'sh1'), where(a));
  }

  async #global(): Promise<void> {
    const met = new Set<string>();
    for (let i = 0; i < 40; i++)
      met.add(where(await this.#browser().ask(this.#places.gates.sh1, '/config')));
    const good = [...met].sort().join() === 'GZ01/A in hz1,GZ01/B in hz2';
    this.#judge(
      'the gzone is one for all: its groups in hz1 and hz2 share the requests',
      good,
      [...met].sort().join(' and '),
    );
  }

  async #city(): Promise<void> {
    const a = await this.#browser().ask(this.#places.gates.sh1, '/catalog');
    const b = await this.#browser().ask(this.#places.gates.hz2, '/catalog');
    this.#judge(
      'a czone never leaves the city',
      is(a, 'CZ03', 'sh1') && is(b, 'CZ02', 'hz2'),
      `${where(a)}; ${where(b)}`,
    );
  }

  /** Users by the hundred: each answered by the zone that the same code names offline. */
  async #stress(): Promise<void> {
    const { gates, inner } = this.#places;
    const ask = { headers: { 'x-ldc-stress': 'double-11' } };
    const a = await this.#browser().ask(inner, `/u/${TESTER}/orders`, ask);
    const b = await this.#browser().ask(gates.hz1, `/u/${TESTER}/orders`, ask);
    const good = is(a, 'RZ04', 'sh1') && a.app.shadow === true && a.routeCookie === null;
    this.#judge(
      'a load test named by an app meets shadow endpoints only; named by a stranger, nobody',
      good && b.status === 403,
      `${where(a)}${a.app.shadow === true ? ', its shadow' : ''}; ${where(b)}`,
    );
  }

  async #explained(): Promise<void> {
    const idcs = ['hz1', 'hz2', 'sh1'] as const;
    let equal = 0;
    let asked = 0;
    for (let i = 0; i < 300; i++) {
      const uid = `2088${Math.floor(Math.random() * 1e12)
        .toString()
        .padStart(12, '0')}`;
      const idc = idcs[i % idcs.length]!;
      const path = `/u/${uid}/orders`;
      const decision = decide(
        factsFrom({ host: HOST, path, entryIdc: idc as IdcId, receivedAtMs: Date.now(), dice: 0 }),
        this.#places.snapshot,
      );
      const a = await this.#browser().ask(this.#places.gates[idc], path);
      asked++;
      if (
        decision.kind === 'forward' &&
        decision.targets[0].zone.id === a.app.zone &&
        decision.targets[0].group.id === a.app.group
      )
        equal++;
    }
    this.#judge(
      'random users at every gate: answered by the very zone and group that `explain` names',
      equal === asked,
      `${equal} of ${asked}`,
    );
  }

  readonly #judge = (claim: string, good: boolean, seen: string): void => {
    this.#steps++;
    if (!good) this.wrong++;
    this.#places.say(`${String(this.#steps).padStart(2)}. ${good ? 'ok   ' : 'WRONG'} ${claim}`);
    this.#places.say(`          ${seen}`);
  };

  get steps(): number {
    return this.#steps;
  }
}

const is = (a: Answer, zone: string, idc: string): boolean =>
  a.app.zone === zone && a.app.idc === idc;
const where = (a: Answer): string =>
  a.app.zone === undefined ? `status ${a.status}` : `${a.app.zone}/${a.app.group} in ${a.app.idc}`;
