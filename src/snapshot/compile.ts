import type { z } from 'zod';
import { CookieCodec } from '../cookie/index.ts';
import { LaneCodec } from '../cookie/lane-cookie.ts';
import { EMPTY_BOARD } from '../failover/board.ts';
import { compileFleet, type FleetSettings } from '../failover/compile-fleet.ts';
import { fleetSchema } from '../failover/fleet-schema.ts';
import { compilePlan, planSchema } from '../failover/plan-schema.ts';
import type { Plan } from '../failover/run.ts';
import { compileGate, type GateSettings } from '../gate/compile-gate.ts';
import { gateSchema } from '../gate/gate-schema.ts';
import { mirrorSchema } from '../mirror/mirror-schema.ts';
import type { ConnectionClass } from '../model/facts.ts';
import type { AppId } from '../model/ids.ts';
import { type Issue, Report } from '../model/issue.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { ratesSchema } from '../rate/rate-schema.ts';
import { compileRoutes } from '../route/compile.ts';
import type { RouteTable } from '../route/index.ts';
import { routesSchema } from '../route/routes-schema.ts';
import { compileStress } from '../stress-tag/compile-stress.ts';
import type { Scene, StressRoom } from '../stress-tag/index.ts';
import { stressSchema } from '../stress-tag/stress-schema.ts';
import { compileSource, headersOf, type Source, untrustedHeaders } from '../uid-router/compile.ts';
import { compileUpstreams } from '../upstream/compile-upstreams.ts';
import type { UpstreamPolicies } from '../upstream/index.ts';
import { upstreamsSchema } from '../upstream/upstreams-schema.ts';
import type { RuleFault } from '../waf/compile-firewall.ts';
import { firewallSchema } from '../waf/firewall-schema.ts';
import { compileRules } from '../zone/compile-rules.ts';
import { compileTopology } from '../zone/compile-topology.ts';
import { rulesSchema } from '../zone/rules-schema.ts';
import type { Sharding, Topology } from '../zone/topology.ts';
import { topologySchema } from '../zone/topology-schema.ts';
import {
  canBeAllOut,
  checkGateIdcs,
  checkGzone,
  checkOwners,
  checkPeers,
  checkPolicyApps,
  checkReserved,
  checkRoutes,
  checkSpills,
} from './checks.ts';
import { byPlace, type ConfigDocument, type Kind, toIssue } from './documents.ts';
import {
  checkFirewallRoutes,
  compileFirewallPart,
  noRules,
  policiesOf,
  type RuleInputs,
  ruleIssue,
} from './firewall-part.ts';
import type { Snapshot } from './index.ts';
import { compileMirrorDoc } from './mirror-checks.ts';
import { parseDocument } from './parse.ts';
import { compileRates, proofSettings } from './rate-checks.ts';
import { isPlan, sortKinds } from './sort-kinds.ts';
import { compileTargets } from './targets.ts';
import { NOTHING_ORDERED, withBoard } from './with-board.ts';

export interface Compiled {
  readonly snapshot: Snapshot;
  readonly warnings: readonly Issue[];
}

export const SCHEMAS = {
  Topology: topologySchema,
  Rules: rulesSchema,
  Routes: routesSchema,
  Gate: gateSchema,
  Upstreams: upstreamsSchema,
  Mirror: mirrorSchema,
  Fleet: fleetSchema,
  Plan: planSchema,
  Stress: stressSchema,
  Firewall: firewallSchema,
  Rates: ratesSchema,
} as const;

interface Parts {
  readonly report: Report;
  readonly doc: ConfigDocument;
}

/**
 * Documents → snapshot. On any error: every issue of every document, and no snapshot.
 * @param directory named in issues that belong to no document
 */
export function compileSnapshot(
  documents: readonly ConfigDocument[],
  digest: string,
  directory: string,
  rules: RuleInputs = noRules(),
): Result<Compiled, readonly Issue[]> {
  const strays: Issue[] = [];
  const plans = documents.filter(isPlan).map((doc) => ({ report: new Report(), doc }));
  const byKind = sortKinds(
    documents.filter((d) => !isPlan(d)),
    directory,
    strays,
  );
  const parts = new Map<Kind, Parts>();
  for (const [kind, doc] of byKind) parts.set(kind, { report: new Report(), doc });
  const faults: RuleFault[] = [];
  const snapshot = assemble(parts, plans, digest, { ...rules, faults });
  const issues = [...strays, ...faults.map(ruleIssue)];
  for (const { report, doc } of [...parts.values(), ...plans]) {
    issues.push(...report.problems.map((p) => toIssue(doc, p)));
  }
  issues.sort(byPlace);
  if (snapshot === null || issues.some((i) => i.severity === 'error')) return fail(issues);
  return ok({ snapshot, warnings: issues });
}

function parsePart<S extends z.ZodType>(
  parts: ReadonlyMap<Kind, Parts>,
  kind: Kind,
  schema: S,
): z.infer<S> | null {
  const part = parts.get(kind);
  return part === undefined ? null : parseDocument(schema, part.doc.data, part.report);
}

function assemble(
  parts: ReadonlyMap<Kind, Parts>,
  planParts: readonly Parts[],
  digest: string,
  inputs: RuleInputs & { readonly faults: RuleFault[] },
): Snapshot | null {
  const topologyDoc = parsePart(parts, 'Topology', topologySchema);
  const rulesDoc = parsePart(parts, 'Rules', rulesSchema);
  const routesDoc = parsePart(parts, 'Routes', routesSchema);
  const gateDoc = parsePart(parts, 'Gate', gateSchema);
  const reportOf = (kind: Kind): Report => parts.get(kind)!.report;
  const upstreamsDoc = parsePart(parts, 'Upstreams', upstreamsSchema);
  const upstreams = compileUpstreams(upstreamsDoc, parts.get('Upstreams')?.report ?? new Report());
  const topology = topologyDoc === null ? null : compileTopology(topologyDoc, reportOf('Topology'));
  const routes = routesDoc === null ? null : compileRoutes(routesDoc, reportOf('Routes'));
  const gate = gateDoc === null ? null : compileGate(gateDoc, reportOf('Gate'));
  if (topology !== null && routesDoc !== null) checkRoutes(routesDoc, topology, reportOf('Routes'));
  if (topology !== null && gateDoc !== null) checkPeers(gateDoc, topology, reportOf('Gate'));
  if (topology !== null && upstreamsDoc !== null)
    checkPolicyApps(upstreamsDoc, topology, reportOf('Upstreams'));
  if (topology !== null && gate !== null) checkGateIdcs(gate, topology, reportOf('Gate'));
  const rules =
    rulesDoc === null || topology === null
      ? null
      : compileRules(rulesDoc, topology, reportOf('Rules'));
  if (topology === null || rules === null || routes === null || routesDoc === null || gate === null)
    return null;
  const fleet = compileFleetPart(parts, topology, upstreams);
  const plans = compilePlans(planParts, topology);
  const stress = compileStressPart(parts, topology, routes, gate);
  const mirrorDoc = parsePart(parts, 'Mirror', mirrorSchema);
  const scenes = parts.has('Stress') ? (stress?.scenes ?? null) : new Map<string, Scene>();
  const mirror =
    mirrorDoc && compileMirrorDoc(mirrorDoc, topology, gate.keys.peer, scenes, reportOf('Mirror'));
  checkOwners(topology, rules, routesDoc, reportOf('Routes'));
  checkSpills(routesDoc, topology, upstreams, reportOf('Routes'));
  checkGzone(routesDoc, topology, reportOf('Routes'));
  const firewall = compileFirewallPart(parts.get('Firewall'), digest, inputs);
  const firewallReport = parts.get('Firewall')?.report;
  checkFirewallRoutes(routesDoc, firewall, firewallReport, reportOf('Routes'));
  const ratesDoc = parsePart(parts, 'Rates', ratesSchema);
  const rates = ratesDoc && compileRates(ratesDoc, { gate, routes, fleet }, reportOf('Rates'));
  if (inputs.faults.length > 0) return null;
  if ([...parts.values(), ...planParts].some(({ report }) => report.failed)) return null;
  const cookie = new CookieCodec(
    gate.keys.cookie,
    topology.sharding.count,
    schemeOf(topology.sharding),
  );
  const identities = new Map(
    Object.entries(routesDoc.identities).map(([name, list]) => [name, list.map(compileSource)]),
  );
  const declared = {
    epoch: rules.epoch,
    digest,
    topology,
    rules,
    routes,
    identities,
    untrustedHeaders: untrustedByList(identities),
    identityHeaders: new Map([...identities].map(([name, list]) => [name, headersOf(list)])),
    peer: { peers: gate.peers, peerKeys: gate.keys.peer, operatorKeys: gate.keys.operator },
    cookie,
    laneCookie: new LaneCodec(gate.keys.cookie),
    fleet,
    plans,
    mirror,
    userApps: userAppsOf(routes),
    gate,
    upstreams,
    stress,
    firewall,
    policyOf: policiesOf(routes, firewall),
    rates,
    proof: rates?.proof ?? proofSettings(gate.keys.cookie),
    targets: compileTargets(topology),
  };
  return withBoard({ ...declared, ...NOTHING_ORDERED }, EMPTY_BOARD, false);
}

const userAppsOf = ({ routes }: RouteTable): AppId[] => [
  ...new Set(routes.filter((r) => r.zoneType === 'rzone').map((r) => r.app)),
];

function compileFleetPart(
  parts: ReadonlyMap<Kind, Parts>,
  topology: Topology,
  upstreams: UpstreamPolicies,
): FleetSettings | null {
  const part = parts.get('Fleet');
  const doc = parsePart(parts, 'Fleet', fleetSchema);
  return part === undefined || doc === null
    ? null
    : compileFleet(doc, topology, (app) => canBeAllOut(upstreams.of(app)), part.report);
}

function compileStressPart(
  parts: ReadonlyMap<Kind, Parts>,
  topology: Topology,
  { routes }: RouteTable,
  gate: GateSettings,
): StressRoom | null {
  const part = parts.get('Stress');
  const doc = parsePart(parts, 'Stress', stressSchema);
  // After a mistake in the topology its tables would only repeat it.
  if (part === undefined || doc === null || parts.get('Topology')!.report.failed) return null;
  if (!parts.has('Fleet'))
    part.report.warn(
      ['kind'],
      'no-kill-switch',
      'without a Fleet document no scene can be stopped but by editing this one',
    );
  const needs = new Map(routes.map((r) => [`${r.zoneType} ${r.app}`, r]));
  checkReserved(doc, topology, part.report);
  const trust = { keys: gate.keys.stress, proxies: gate.proxies };
  return compileStress(doc, topology, trust, [...needs.values()], part.report);
}

function compilePlans(planParts: readonly Parts[], topology: Topology): Map<string, Plan> {
  const plans = new Map<string, Plan>();
  for (const { report, doc } of planParts) {
    const parsed = parseDocument(planSchema, doc.data, report);
    if (parsed === null) continue;
    if (plans.has(parsed.name)) {
      report.error(['name'], 'duplicate-name', `there are two plans ${parsed.name}`, {
        found: parsed.name,
        expected: 'each plan once',
      });
    }
    plans.set(parsed.name, compilePlan(parsed, topology, report));
  }
  return plans;
}

/** Two shard rules with one scheme would read each other's cookies as the same users. */
const schemeOf = ({ count, key }: Sharding): string =>
  `${count}:${key.kind === 'digits' ? key.positions.join(',') : key.hash}`;

function untrustedByList(
  identities: ReadonlyMap<string, readonly Source[]>,
): Snapshot['untrustedHeaders'] {
  const all = [...identities.values()].flat();
  const judge = (own: readonly Source[]) => {
    const of = (from: ConnectionClass): readonly string[] => untrustedHeaders(own, all, from);
    return { external: of('external'), app: of('app'), peer: of('peer'), operator: of('operator') };
  };
  return new Map([
    [null, judge([])],
    ...[...identities].map(([name, own]) => [name, judge(own)] as const),
  ]);
}
