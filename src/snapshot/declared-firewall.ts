/** Names of the firewall, for those who take orders about it. Asked for each order, never per request. */
import type { DeclaredFirewall } from '../failover/outcome.ts';
import type { Firewall } from '../waf/compile-firewall.ts';
import type { Policy } from '../waf/policy.ts';
import type { Program } from '../waf/program.ts';

/** @returns null where no firewall is declared */
export function declaredFirewall(firewall: Firewall | null): DeclaredFirewall | null {
  if (firewall === null) return null;
  const policies = [...firewall.policies.values()];
  return {
    modes: new Map(policies.map((p) => [p.name, p.mode])),
    refusing(rule) {
      const having = policiesWith(policies, rule);
      if (having.length === 0) return null;
      return having.filter((p) => refuses(p.program, rule)).map((p) => p.name);
    },
  };
}

export const policiesWith = (policies: readonly Policy[], rule: number): Policy[] =>
  policies.filter((p) => has(p.program, rule) || (p.shadow !== null && has(p.shadow, rule)));

/** Also where it can't hit as things are: then an order about it is idle, and no mistake. */
const has = ({ phases, dead }: Program, rule: number): boolean =>
  dead.some((d) => d.id === rule) || phases.some((p) => p.some((r) => r.rule.id === rule));

const refuses = ({ phases }: Program, rule: number): boolean =>
  phases.some((p) =>
    p.some((r) => {
      const { kind } = r.disposition;
      return r.rule.id === rule && (kind === 'deny' || kind === 'drop' || kind === 'challenge');
    }),
  );
