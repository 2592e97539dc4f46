/** The Firewall document and what its rules are made of → policies, and which route has which. */
import type { Issue, Report } from '../model/issue.ts';
import type { Route, RouteTable } from '../route/index.ts';
import type { RoutesDoc } from '../route/routes-schema.ts';
import {
  compileFirewall,
  type Firewall,
  type RuleFault,
  recipeDigest,
} from '../waf/compile-firewall.ts';
import { firewallSchema } from '../waf/firewall-schema.ts';
import { Forge, type RuleTexts } from '../waf/forge.ts';
import type { Policy } from '../waf/policy.ts';
import type { ConfigDocument } from './documents.ts';
import { parseDocument } from './parse.ts';

/** What rules of a firewall are made of besides the documents. */
export interface RuleInputs {
  readonly forge: Forge;
  /** By the name of their rule set. */
  readonly texts: ReadonlyMap<string, RuleTexts>;
  /** Wall clock, milliseconds since 1970: rules and exclusions end. */
  readonly nowMs: number;
}

export const noRules = (): RuleInputs => ({ forge: new Forge(), texts: new Map(), nowMs: 0 });

/** Mistakes in rule files are added to `faults`: they belong to no document. */
export function compileFirewallPart(
  part: { readonly report: Report; readonly doc: ConfigDocument } | undefined,
  digest: string,
  { forge, texts, nowMs, faults }: RuleInputs & { readonly faults: RuleFault[] },
): Firewall | null {
  if (part === undefined) return null;
  const { report } = part;
  const doc = parseDocument(firewallSchema, part.doc.data, report);
  if (doc === null || report.failed) return null;
  return compileFirewall(
    { doc, texts, nowMs, digest: recipeDigest(digest, doc, nowMs) },
    { forge, report, faults, file: part.doc.file, locate: (path) => part.doc.locate(path, false) },
  );
}

/** Routes without a firewall are not in it. */
export function policiesOf({ routes }: RouteTable, firewall: Firewall | null): Map<Route, Policy> {
  const policies = new Map<Route, Policy>();
  for (const route of routes) {
    const named =
      route.firewall === null ? firewall?.byDefault : firewall?.policies.get(route.firewall);
    if (named != null) policies.set(route, named);
  }
  return policies;
}

export const ruleIssue = ({ place, message, found, expected }: RuleFault): Issue => ({
  severity: 'error',
  ...place,
  path: [],
  code: 'rule',
  message,
  found,
  expected,
});

/** The word that takes a route out of the firewall. */
const NO_FIREWALL = 'off';

/**
 * @param firewall null: there is none, or it has mistakes of its own
 * @param own of the Firewall document; undefined: there is none
 */
export function checkFirewallRoutes(
  { routes }: RoutesDoc,
  firewall: Firewall | null,
  own: Report | undefined,
  report: Report,
): void {
  if (firewall !== null && own !== undefined) checkPoliciesUsed(routes, firewall, own);
  if (firewall === null && own !== undefined) return;
  routes.forEach(({ firewall: name }, i) => {
    if (name === undefined || name === NO_FIREWALL || firewall?.policies.has(name) === true) return;
    const path = ['routes', i, 'firewall'];
    if (firewall !== null)
      report.unknownName(path, 'policy', name, [...firewall.policies.keys(), NO_FIREWALL]);
    else
      report.error(path, 'unknown-policy', 'there is no Firewall document', {
        found: name,
        expected: 'a document with kind: Firewall, or no such line',
      });
  });
}

/** A policy that nobody names is compiled for nothing; most likely a route was forgotten. */
function checkPoliciesUsed(
  routes: RoutesDoc['routes'],
  { policies, byDefault }: Firewall,
  report: Report,
): void {
  const byDefaultUsed = routes.some((r) => r.firewall === undefined);
  for (const [name, policy] of policies) {
    if (routes.some((r) => r.firewall === name) || (policy === byDefault && byDefaultUsed))
      continue;
    report.warn(['policies', name], 'policy-unused', `no route uses the policy ${name}`, {
      atKey: true,
    });
  }
}
