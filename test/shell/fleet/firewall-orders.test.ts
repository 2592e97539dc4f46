/** Orders to the firewall as gates obey them: of one board, and of one store under several gates. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apply } from '../../../src/failover/apply.ts';
import { commandSchema } from '../../../src/failover/commands.ts';
import { openStore } from '../../../src/shell/fleet/open-store.ts';
import { declaredFirewall } from '../../../src/snapshot/declared-firewall.ts';
import type { Snapshot } from '../../../src/snapshot/index.ts';
import { withBoard } from '../../../src/snapshot/with-board.ts';
import { worldOf } from '../../../src/snapshot/world.ts';
import type { Orders } from '../../../src/waf/judge.ts';
import { scratch } from '../../support/config.ts';
import { withFirewall } from '../../support/firewall.ts';
import { obeyed, type TestGate, testGate } from '../../support/fleet.ts';
import { until } from '../../support/until.ts';

const declared = withFirewallOnce();

/** Compiled once: the tests only look at it. */
function withFirewallOnce(): () => Snapshot {
  let made: Snapshot | null = null;
  return () => {
    made ??= withFirewall();
    return made;
  };
}

/** What a gate is told of a policy for a client, `mode` and rules in order. */
function told({ firewall, firewallOrders }: Snapshot, policy: string, client = '192.0.2.1') {
  const orders: Orders = firewallOrders.of(firewall!.policies.get(policy)!, client);
  return [orders.mode, orders.rulesOff === null ? null : [...orders.rulesOff].sort()];
}

function under(...orders: readonly object[]): Snapshot {
  const at = {
    nowMs: 0,
    me: 'g',
    plans: new Map(),
    firewall: declaredFirewall(declared().firewall),
  };
  let snapshot = declared();
  for (const order of orders) {
    const command = commandSchema.parse({ by: 'ann', reason: 'because', forS: 60, ...order });
    const given = apply(snapshot.board, command, worldOf(snapshot, null), at);
    if (!given.ok) throw new Error(given.error.message);
    snapshot = withBoard(snapshot, given.value.board, false);
  }
  return snapshot;
}

const mode = (policy: string, to: string) => ({ do: 'waf-mode', policy, mode: to });
const ruleOff = (rule: number) => ({ do: 'waf-rule-off', rule });
const exempt = (network: string) => ({ do: 'waf-exempt', network });

describe('what the firewall is told by a board', () => {
  it.each<[string, object[], Record<string, unknown[]>]>([
    ['nothing', [], { guard: [null, null], watch: [null, null] }],
    ['a mode', [mode('guard', 'off')], { guard: ['off', null], watch: [null, null] }],
    ['a mode for all', [mode('*', 'detect')], { guard: ['detect', null], idle: ['detect', null] }],
    [
      'its own mode before that of all, whichever came first',
      [mode('guard', 'block'), mode('*', 'off')],
      { guard: ['block', null], watch: ['off', null] },
    ],
    [
      'rules that are out, whatever the mode',
      [ruleOff(101), ruleOff(200), mode('guard', 'detect')],
      { guard: ['detect', [101, 200]], idle: [null, [101, 200]] },
    ],
  ])('%s', (_, orders, expected) => {
    const snapshot = under(...orders);
    for (const [policy, orderly] of Object.entries(expected))
      expect([policy, told(snapshot, policy)]).toEqual([policy, orderly]);
  });

  it.each([
    ['192.0.2.1', 'off'],
    ['192.0.3.1', null],
    ['::ffff:192.0.2.9', 'off'],
    ['2001:db8:1::5', 'off'],
    ['2001:db9::1', null],
    ['fe80::1%eth0', null],
    ['not an address', null],
    ['', null],
  ])('of a client %s under exempt networks: mode %s', (client, expected) => {
    const snapshot = under(exempt('192.0.2.0/24'), exempt('2001:db8::/32'));
    expect(told(snapshot, 'guard', client)[0]).toBe(expected);
  });

  it('of a network that is none: nobody is exempt', () => {
    const { board, ...rest } = under(exempt('192.0.2.0/24'));
    const switches = board.switches.map((s) => ({ ...s, network: 'the office' }));
    const snapshot = withBoard({ ...rest, board }, { ...board, switches }, false);
    expect(told(snapshot, 'guard')[0]).toBeNull();
  });

  it('is the same object for every request', () => {
    const snapshot = under(mode('guard', 'detect'), ruleOff(101), exempt('192.0.2.0/24'));
    const guard = snapshot.firewall!.policies.get('guard')!;
    for (const client of ['192.0.2.1', '198.51.100.1']) {
      const orders = snapshot.firewallOrders.of(guard, client);
      expect(snapshot.firewallOrders.of(guard, client)).toBe(orders);
      expect(Object.isFrozen(orders)).toBe(true);
    }
  });
});

it('who may be named: rules of policies, also such as stand in a shadow or do not refuse', () => {
  const firewall = declaredFirewall(declared().firewall)!;
  expect([...firewall.modes]).toEqual([
    ['guard', 'block'],
    ['watch', 'detect'],
    ['idle', 'off'],
  ]);
  expect(firewall.refusing(100)).toEqual(['guard', 'watch', 'idle']);
  expect(firewall.refusing(101)).toEqual([]);
  expect(firewall.refusing(200)).toEqual([]);
  expect(firewall.refusing(300)).toBeNull();
  expect(declaredFirewall(null)).toBeNull();
});

it('an order reaches the firewall of every gate by the store, and ends there by itself', async () => {
  const directory = scratch();
  const gates: TestGate[] = [];
  for (const idc of ['hz1', 'hz2', 'sh1']) {
    const store = openStore({ kind: 'file', directory: join(directory, 'board') }, () => undefined);
    const name = `g-${idc}`;
    gates.push(await testGate({ name, idc, store, state: directory, declared: declared() }));
  }
  const everywhere = (expected: unknown[], client?: string): Promise<unknown> =>
    until(JSON.stringify(expected), () =>
      gates.every(
        ({ holder }) =>
          JSON.stringify(told(holder.current(), 'guard', client)) === JSON.stringify(expected),
      ),
    );
  await obeyed(gates[0]!, { ...mode('guard', 'detect'), forS: 3600 });
  await everywhere(['detect', null]);
  await obeyed(gates[2]!, ruleOff(101));
  await everywhere(['detect', [101]]);
  await obeyed(gates[1]!, { do: 'waf-as-declared', policy: 'guard' });
  await everywhere([null, [101]]);
  await obeyed(gates[1]!, { do: 'waf-rule-on', rule: 101 });
  await obeyed(gates[2]!, exempt('192.0.2.0/24'));
  await everywhere(['off', null]);
  await everywhere([null, null], '198.51.100.1');
  await obeyed(gates[0]!, { ...exempt('192.0.2.0/24'), forS: 1 });
  await everywhere([null, null]);
  expect(gates[0]!.holder.current().board.switches).toEqual([]);
});
