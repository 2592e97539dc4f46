/** What the board says of the firewall: modes, rules and clients that are out, for all gates at once. */
import type { Board } from '../failover/board.ts';
import { modeOrderOf } from '../failover/waf-orders.ts';
import { parseIp, parseIpBlock } from '../model/ip-address.ts';
import { type IpSet, IpSetBuilder } from '../model/ip-set.ts';
import { NO_ORDERS, type Orders } from '../waf/judge.ts';
import type { Policy } from '../waf/policy.ts';

const NOT_JUDGED: Orders = Object.freeze({ mode: 'off', rulesOff: null });

/** Made with each board; what a request asks of it is made already. */
export class FirewallOrders {
  readonly #of = new Map<Policy, Orders>();
  /** null: everybody is judged. */
  readonly #exempt: IpSet | null;

  /** @param policies those that are declared: of others the board may say what it likes */
  constructor(board: Board, policies: readonly Policy[]) {
    const { switches } = board;
    const rules = switches.flatMap((s) => (s.action === 'waf-rule-off' ? [s.rule] : []));
    this.#exempt = exemptBy(board);
    const rulesOff: ReadonlySet<number> | null = rules.length === 0 ? null : new Set(rules);
    for (const policy of policies) {
      const mode = modeOrderOf(board, policy.name)?.mode ?? null;
      if (mode !== null || rulesOff !== null)
        this.#of.set(policy, Object.freeze({ mode, rulesOff }));
    }
  }

  /**
   * Asked for each request that a policy is for.
   * @param client address, as far as trusted proxies tell
   */
  of(policy: Policy, client: string): Orders {
    const orders = this.#of.get(policy) ?? NO_ORDERS;
    if (this.#exempt === null || orders.mode === 'off') return orders;
    const address = parseIp(client);
    return address !== null && this.#exempt.has(address) ? NOT_JUDGED : orders;
  }
}

/** What is no network exempts nobody: a store may hold anything. */
function exemptBy({ switches }: Board): IpSet | null {
  const builder = new IpSetBuilder();
  for (const s of switches) {
    const block = s.action === 'waf-exempt' ? parseIpBlock(s.network) : null;
    if (block !== null) builder.add(block);
  }
  return builder.count === 0 ? null : builder.build();
}
