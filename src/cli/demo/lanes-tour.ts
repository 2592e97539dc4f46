/** The second half of the tour: each traffic lane once, and the firewall; ordered on the board, seen in answers. */
import type { Address } from '../../model/schema.ts';
import { Browser } from './browser.ts';
import type { Operator } from './operator.ts';

export interface LanePlaces {
  readonly gates: Readonly<Record<'hz1' | 'hz2' | 'sh1', Address>>;
  readonly operator: Operator;
  readonly judge: (claim: string, good: boolean, seen: string) => void;
}

const HOST = 'shop.example';
/** Of shards 90-94, which are RZ05’s. */
const LENT = [90, 91, 92, 93, 94].map((shard) => `2088000000001${shard}0`);
const COPIES = 12;
const SEARCH = '/search?q=red%20shoes';
const ATTACK = `/search?q=${encodeURIComponent("1' UNION SELECT name, password FROM users--")}`;
/** Of RZ02’s shards, 20-39, and an equal share of its groups each. */
const uidOf = (i: number): string =>
  `20880000${String(i).padStart(5, '0')}${String(20 + (i % 20)).padStart(2, '0')}0`;
const USERS = 40;

export class LanesTour {
  readonly #places: LanePlaces;

  constructor(places: LanePlaces) {
    this.#places = places;
  }

  async run(): Promise<void> {
    await this.#release();
    await this.#gray();
    await this.#elastic();
    await this.#mirror();
    await this.#firewall();
  }

  /** The group of each user, seen from one gate. */
  async #groups(gate: Address): Promise<string[]> {
    const groups: string[] = [];
    for (let i = 0; i < USERS; i++) {
      const answer = await new Browser(HOST, '').ask(gate, `/u/${uidOf(i)}/orders`);
      groups.push(answer.app.group ?? `status ${answer.status}`);
    }
    return groups;
  }

  async #release(): Promise<void> {
    const { operator, gates, judge } = this.#places;
    const scope = { zones: ['RZ02'], from: 'A', to: 'B' };
    const gentle = { soakS: 0, gates: { minRequests: 0 } };
    const before = await this.#groups(gates.hz1);
    await operator.order({ do: 'release', name: 'shop-7', ...scope, stages: [10, 100], ...gentle });
    const released = await this.#groups(gates.sh1);
    await operator.order({ do: 'rollback', release: 'shop-7' });
    const after = await this.#groups(gates.hz1);
    judge(
      'blue-green: a release moves all shards of RZ02 from A to B, and a rollback brings them back',
      before.includes('A') && released.every((g) => g === 'B') && same(before, after),
      `${countText(before)}, then ${countText(released)}, then ${countText(after)}`,
    );
  }

  async #gray(): Promise<void> {
    const { operator, gates, judge } = this.#places;
    const rule = { do: 'gray', name: 'shop-8', zones: ['RZ02'], to: 'B' };
    const weighed = await this.#groups(gates.hz1);
    await operator.order({ ...rule, percent: 25 });
    const [hz1, sh1] = [await this.#groups(gates.hz1), await this.#groups(gates.sh1)];
    await operator.order({ ...rule, percent: 75 });
    const more = await this.#groups(gates.hz2);
    await operator.order({ do: 'ungray', gray: 'shop-8' });
    const stay = hz1.every((g, i) => g !== 'B' || more[i] === 'B');
    judge(
      'gray: a quarter of the users ahead, the same ones at every gate; with three quarters they stay',
      same(hz1, sh1) && stay && atB(weighed) < atB(hz1) && atB(hz1) < atB(more),
      `at B: ${atB(weighed)}, then ${atB(hz1)}, then ${atB(more)} of ${USERS}`,
    );
  }

  /** Where each of these users is answered, and what became of a write of his. */
  async #zonesOf(uids: readonly string[]): Promise<string> {
    const zones = new Set<string>();
    for (const uid of uids) {
      const browser = new Browser(HOST, '');
      for (const method of ['GET', 'POST']) {
        const answer = await browser.ask(this.#places.gates.hz1, `/u/${uid}/orders`, { method });
        zones.add(answer.app.zone ?? `status ${answer.status}`);
      }
    }
    return [...zones].sort().join(' and ');
  }

  async #elastic(): Promise<void> {
    const { operator, judge } = this.#places;
    const before = await this.#zonesOf(LENT);
    await operator.order({ do: 'pop-out', shards: [90, 91, 92, 93, 94], to: 'EZ01' });
    const lent = await this.#zonesOf(LENT);
    await operator.order({ do: 'pop-back', scope: { kind: 'zone', zone: 'EZ01' } });
    const after = await this.#zonesOf(LENT);
    judge(
      'elastic: shards 90-94 on loan at a rented zone, reads and writes, and home again',
      before === 'RZ05' && lent === 'EZ01' && after === 'RZ05',
      `${before}, then ${lent}, then ${after}`,
    );
  }

  async #mirror(): Promise<void> {
    const { operator, gates, judge } = this.#places;
    await operator.order({ do: 'mirror', rule: 'shadow', percent: 100 });
    const zones = new Set<string>();
    for (let i = 0; i < COPIES; i++)
      zones.add((await new Browser(HOST, '').ask(gates.hz1, '/catalog')).app.zone ?? 'none');
    const { sent, answered } = await operator.copiesOf('shadow', COPIES);
    await operator.order({ do: 'unmirror', rule: 'shadow' });
    judge(
      'mirroring: every request of a route is copied beside its way; users see the real answers alone',
      zones.size === 1 && zones.has('CZ01') && sent === COPIES && answered === COPIES,
      `${COPIES} answers by ${[...zones].join(' and ')}, ${sent} copies sent, ${answered} answered`,
    );
  }

  async #firewall(): Promise<void> {
    const { operator, gates, judge } = this.#places;
    const ask = async (path: string): Promise<string> => {
      const answers = [gates.hz1, gates.hz2, gates.sh1].map((gate) =>
        new Browser(HOST, '').ask(gate, path),
      );
      return (await Promise.all(answers)).map((a) => a.status).join(' ');
    };
    const watched = await ask(ATTACK);
    await operator.order({ do: 'waf-mode', policy: 'shop', mode: 'block' });
    const [attack, search] = [await ask(ATTACK), await ask(SEARCH)];
    await operator.order({ do: 'waf-as-declared', policy: 'shop' });
    judge(
      'firewall: it watches, then refuses SQL in a search at every gate by one order, and harms no search',
      watched === '200 200 200' && attack === '403 403 403' && search === '200 200 200',
      `the attack ${watched}, then ${attack}; the search ${search}`,
    );
  }
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.join() === b.join();
const atB = (groups: readonly string[]): number => groups.filter((g) => g === 'B').length;
const countText = (groups: readonly string[]): string =>
  [...new Set(groups)]
    .sort()
    .map((g) => `${g} ${groups.filter((x) => x === g).length}`)
    .join(' ');
