/** What `zonegate check` says of the firewall: what its policies are made of, and what they cost. */
import type { Route } from '../route/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import type { Firewall } from '../waf/compile-firewall.ts';
import type { Forge } from '../waf/forge.ts';
import type { Rule, Step } from '../waf/ir.ts';
import type { Policy } from '../waf/policy.ts';
import type { CompiledLink, Program } from '../waf/program.ts';
import { BACKTRACK_MAX_BYTES } from '../waf/rx/index.ts';

/** Why a rule of its rule sets can't hit under a policy. */
type Never =
  /** Known beforehand: it can't match, or what it sets up is set up already. */
  | 'folded'
  /** Jumped over at this paranoia level, or by a rule that always matches. */
  | 'skipped'
  /** It looks at bodies of answers, and the policy does not. */
  | 'answers'
  | 'excluded'
  | 'expired';

interface RuleAt {
  readonly rule: number;
  readonly place: string;
}

interface Risky extends RuleAt {
  /** How its work grows with the length of a value, at the worst. */
  readonly growth: string;
  /** Longer values go to the linear engine, which is slower. */
  readonly backtrackMaxBytes: number;
  /** false: for longer values the linear engine answers with the nearest wider pattern. */
  readonly exact: boolean;
}

interface PolicySummary {
  readonly policy: string;
  readonly mode: string;
  readonly ruleSets: readonly string[];
  /** By phase, 1 to 5, after what never hits is out. */
  readonly rules: readonly number[];
  readonly costUnits: number;
  /** null: none is judged beside. */
  readonly shadowCostUnits: number | null;
  readonly routes: readonly string[];
  readonly never: Readonly<Partial<Record<Never, readonly RuleAt[]>>>;
  readonly risky: readonly Risky[];
}

export interface FirewallSummary {
  readonly ruleSets: readonly {
    readonly name: string;
    readonly rules: number;
    readonly signature: string | null;
  }[];
  readonly policies: readonly PolicySummary[];
}

export function firewallSummary(
  { firewall, policyOf }: Snapshot,
  forge: Forge,
): FirewallSummary | null {
  if (firewall === null) return null;
  return {
    ruleSets: [...firewall.sources].map(([name, { steps, signature }]) => ({
      name,
      // A native rule with alternatives is several under one id.
      rules: new Set(rulesOf(steps).map(({ id }) => id)).size,
      signature,
    })),
    policies: [...firewall.policies.values()].map((p) =>
      policySummary(p, firewall, policyOf, forge),
    ),
  };
}

function policySummary(
  policy: Policy,
  { recipe, sources }: Firewall,
  policyOf: ReadonlyMap<Route, Policy>,
  forge: Forge,
): PolicySummary {
  const { name, mode, program, shadow } = policy;
  const { ruleSets } = recipe.doc.policies[name]!;
  const rules = ruleSets.flatMap((set) => rulesOf(sources.get(set)?.steps ?? []));
  return {
    policy: name,
    mode,
    ruleSets,
    rules: program.phases.slice(1).map((list) => list.length),
    costUnits: program.costUnits,
    shadowCostUnits: shadow?.costUnits ?? null,
    routes: [...policyOf].filter(([, own]) => own === policy).map(([route]) => route.name),
    never: neverOf(rules, policy),
    risky: riskyOf(program, forge),
  };
}

const rulesOf = (steps: readonly Step[]): Rule[] => steps.filter((step) => step.kind === 'rule');

function neverOf(rules: readonly Rule[], { program, answer }: Policy): PolicySummary['never'] {
  const why = new Map(program.dead.map((d) => [d.id, d.why]));
  const live = new Map(program.phases.flat().map((c) => [c.rule.id, c]));
  const found: Partial<Record<Never, RuleAt[]>> = {};
  for (const rule of rules) {
    const compiled = live.get(rule.id);
    // All that its first condition looks at has been left out.
    if (compiled !== undefined && !looksAtNothing(compiled.links[0]!)) continue;
    const told: Never = compiled !== undefined ? 'excluded' : (why.get(rule.id) ?? 'folded');
    const because = told === 'skipped' && rule.phase === 4 && !answer.bodies ? 'answers' : told;
    found[because] = [...(found[because] ?? []), at(rule)];
  }
  return found;
}

const looksAtNothing = ({ atom, none }: CompiledLink): boolean =>
  atom !== null && !none && atom.selection.parts.length === 0;

const at = ({ id, place }: Rule): RuleAt => ({ rule: id, place: `${place.file}:${place.line}` });

/** Patterns that one engine alone can't run in little time on values of any length. */
function riskyOf({ phases }: Program, { shared }: Forge): Risky[] {
  const risky = phases.flat().flatMap(({ rule }) =>
    rule.links.flatMap(({ operator }): Risky[] => {
      const tier = operator.name === 'rx' ? shared.patterns.get(operator.pattern)?.tier : undefined;
      if (tier === undefined || (tier.exact && tier.backtrackMaxBytes >= BACKTRACK_MAX_BYTES))
        return [];
      return [{ ...at(rule), ...tier }];
    }),
  );
  return risky.sort((a, b) => a.backtrackMaxBytes - b.backtrackMaxBytes);
}

const WHY: Readonly<Record<Never, string>> = {
  folded: 'known beforehand',
  skipped: 'jumped over',
  answers: 'of answers’ bodies',
  excluded: 'excluded',
  expired: 'expired',
};

/** @param verbose every rule by its place */
export function firewallLines({ ruleSets, policies }: FirewallSummary, verbose: boolean): string[] {
  return [
    ...ruleSets.map(
      ({ name, rules, signature }) =>
        `rule set ${name}: ${countOf(rules, 'rule')}${signature === null ? '' : `, ${signature}`}`,
    ),
    ...policies.flatMap((p) => policyLines(p, verbose)),
  ];
}

function policyLines(p: PolicySummary, verbose: boolean): string[] {
  const total = p.rules.reduce((sum, n) => sum + n, 0);
  const beside = p.shadowCostUnits === null ? '' : `, and ${p.shadowCostUnits} beside`;
  const routes = p.routes.length > 4 ? `${p.routes.length} routes` : p.routes.join(', ');
  const never = Object.entries(p.never) as [Never, readonly RuleAt[]][];
  const lines = [
    `policy ${p.policy}: mode ${p.mode}, ${countOf(total, 'rule')} (${p.rules.join('+')} by phase), cost ${p.costUnits} units${beside}; ${p.routes.length === 0 ? 'no route' : routes}`,
  ];
  if (never.length > 0)
    lines.push(
      `  never hit: ${never.map(([why, { length }]) => `${length} ${WHY[why]}`).join(', ')}`,
    );
  if (verbose)
    for (const [why, rules] of never)
      lines.push(...rules.map(({ rule, place }) => `    ${rule} ${WHY[why]} ${place}`));
  if (p.risky.length > 0) {
    const first = p.risky[0]!;
    lines.push(
      `  ${countOf(p.risky.length, 'pattern')} for the linear engine where values are long, the first above ${first.backtrackMaxBytes} bytes (rule ${first.rule})`,
    );
  }
  if (verbose)
    for (const r of p.risky)
      lines.push(
        `    ${r.rule} ${r.growth} above ${r.backtrackMaxBytes} bytes${r.exact ? '' : ', not exact'} ${r.place}`,
      );
  return lines;
}

const countOf = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
