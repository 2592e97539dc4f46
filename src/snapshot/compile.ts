import type { z } from 'zod';
import { CookieCodec } from '../cookie/index.ts';
import { EMPTY_BOARD } from '../failover/board.ts';
import { compileFleet, type FleetSettings } from '../failover/compile-fleet.ts';
import { fleetSchema } from '../failover/fleet-schema.ts';
import { compilePlan, planSchema } from '../failover/plan-schema.ts';
import type { Plan } from '../failover/run.ts';
import { compileGate } from '../gate/compile-gate.ts';
import { gateSchema } from '../gate/gate-schema.ts';
import { mirrorSchema } from '../mirror/mirror-schema.ts';
import type { ConnectionClass } from '../model/facts.ts';
import type { AppId, IdcId } from '../model/ids.ts';
import { type Issue, nearestName, Report } from '../model/issue.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { compileRoutes } from '../route/compile.ts';
import type { RouteTable } from '../route/index.ts';
import { routesSchema } from '../route/routes-schema.ts';
import { compileSource, headersOf, type Source, untrustedHeaders } from '../uid-router/compile.ts';
import { compileUpstreams } from '../upstream/compile-upstreams.ts';
import type { UpstreamPolicies } from '../upstream/index.ts';
import { upstreamsSchema } from '../upstream/upstreams-schema.ts';
import { compileRules } from '../zone/compile-rules.ts';
import { compileTopology } from '../zone/compile-topology.ts';
import { rulesSchema } from '../zone/rules-schema.ts';
import type { Group, Sharding, Topology } from '../zone/topology.ts';
import { topologySchema } from '../zone/topology-schema.ts';
import {
  canBeAllOut,
  checkGateIdcs,
  checkGzone,
  checkOwners,
  checkPeers,
  checkPolicyApps,
  checkRoutes,
  checkSpills,
} from './checks.ts';
import {
  byPlace,
  type ConfigDocument,
  KINDS,
  type Kind,
  NEEDED_KINDS,
  toIssue,
} from './documents.ts';
import type { Snapshot, Target } from './index.ts';
import { compileMirrorDoc } from './mirror-checks.ts';
import { parseDocument } from './parse.ts';
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
  const snapshot = assemble(parts, plans, digest);
  const issues = [...strays];
  for (const { report, doc } of [...parts.values(), ...plans]) {
    issues.push(...report.problems.map((p) => toIssue(doc, p)));
  }
  issues.sort(byPlace);
  if (snapshot === null || issues.some((i) => i.severity === 'error')) return fail(issues);
  return ok({ snapshot, warnings: issues });
}

/** The only kind of which there may be many. */
const isPlan = (doc: ConfigDocument): boolean =>
  (doc.data as { kind?: unknown } | null)?.kind === 'Plan';

function sortKinds(
  documents: readonly ConfigDocument[],
  directory: string,
  strays: Issue[],
): Map<Kind, ConfigDocument> {
  const byKind = new Map<Kind, ConfigDocument>();
  for (const doc of documents) {
    const name = (doc.data as { kind?: unknown } | null)?.kind;
    const report = new Report();
    const near = typeof name === 'string' ? nearestName(name, KINDS) : undefined;
    // A misspelt kind is judged as the one that was meant, to find what else is wrong.
    const kind = KINDS.find((k) => k === name) ?? KINDS.find((k) => k === near);
    if (kind !== name || kind === undefined) {
      report.error(['kind'], 'unknown-kind', 'the document is of no known kind', {
        found: typeof name === 'string' ? name : 'nothing that names a kind',
        expected: `kind: ${KINDS.join(' | ')}`,
        ...(near === undefined ? {} : { suggestion: near }),
      });
    }
    const before = kind === undefined ? undefined : byKind.get(kind);
    if (before !== undefined) {
      report.error(['kind'], 'duplicate-kind', `there is already a ${kind} document`, {
        found: `${kind} in ${before.file} and here`,
        expected: 'one document of each kind',
      });
    } else if (kind !== undefined) byKind.set(kind, kind === name ? doc : asKind(doc, kind));
    strays.push(...report.problems.map((p) => toIssue(doc, p)));
  }
  for (const kind of NEEDED_KINDS) {
    if (byKind.has(kind)) continue;
    strays.push({
      severity: 'error',
      file: directory,
      line: 1,
      column: 1,
      path: [],
      code: 'missing-kind',
      message: `there is no ${kind} document`,
      found: 'nothing',
      expected: `a document with kind: ${kind}`,
    });
  }
  return byKind;
}

const asKind = (doc: ConfigDocument, kind: Kind): ConfigDocument => ({
  file: doc.file,
  data: { ...(doc.data as object), kind },
  locate: (path, atKey) => doc.locate(path, atKey),
});

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
  const mirrorDoc = parsePart(parts, 'Mirror', mirrorSchema);
  const mirror =
    mirrorDoc && compileMirrorDoc(mirrorDoc, topology, gate.keys.peer, reportOf('Mirror'));
  checkOwners(topology, rules, routesDoc, reportOf('Routes'));
  checkSpills(routesDoc, topology, upstreams, reportOf('Routes'));
  checkGzone(routesDoc, topology, reportOf('Routes'));
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
    fleet,
    plans,
    mirror,
    userApps: userAppsOf(routes),
    gate,
    upstreams,
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

function compileTargets(topology: Topology): Map<IdcId, Map<Group, Target>> {
  const all = new Map<IdcId, Map<Group, Target>>();
  for (const idc of topology.idcs.keys()) {
    const seen = new Map<Group, Target>();
    for (const zone of topology.zones.values()) {
      for (const group of zone.groups) {
        seen.set(group, Object.freeze({ zone, group, via: group.idc === idc ? 'local' : 'peer' }));
      }
    }
    all.set(idc, seen);
  }
  return all;
}
