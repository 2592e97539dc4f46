/** What `/v1/firewall` shows: the firewall as declared, as ordered, and as it is in force. */
import type { Board } from '../../failover/board.ts';
import { modeOrderOf } from '../../failover/waf-orders.ts';
import type { FirewallAnswer } from '../../shell/control/firewall-answers.ts';
import { policiesWith } from '../../snapshot/declared-firewall.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { Policy } from '../../waf/policy.ts';

export function firewallView({
  firewall,
  board,
}: Pick<Snapshot, 'firewall' | 'board'>): FirewallAnswer {
  const policies = [...(firewall?.policies.values() ?? [])];
  return {
    policies: policies.map((policy) => policyView(policy, board)),
    rulesOff: board.switches.flatMap((order) => {
      if (order.action !== 'waf-rule-off') return [];
      const having = policiesWith(policies, order.rule).map((p) => p.name);
      return [{ rule: order.rule, policies: having, order }];
    }),
    networksOut: board.switches.flatMap((order) =>
      order.action === 'waf-exempt' ? [{ network: order.network, order }] : [],
    ),
  };
}

function policyView(policy: Policy, board: Board): FirewallAnswer['policies'][number] {
  const order = modeOrderOf(board, policy.name);
  return {
    policy: policy.name,
    declaredMode: policy.mode,
    mode: order?.mode ?? policy.mode,
    order,
    rules: policy.program.ruleCount,
    shadowRules: policy.shadow?.ruleCount ?? null,
  };
}
