import type { AppId, ZoneId } from '../model/ids.ts';
import type { Report } from '../model/issue.ts';
import { toAddress } from '../model/schema.ts';
import type { Topology } from '../zone/topology.ts';
import type { FleetDoc } from './fleet-schema.ts';
import type { StoreSettings } from './store-settings.ts';

/** How the gates of all IDCs keep to one board. */
export interface FleetSettings extends Omit<FleetDoc, 'store' | 'apiVersion' | 'kind'> {
  readonly store: StoreSettings;
}

/** A living gate speaks every `beatMs`, and now and then a little later. */
export const silenceMs = ({ beatMs }: FleetSettings): number => beatMs * 1.5;

/**
 * Paths stay as declared: the shell knows what they are relative to.
 * @param canBeAllOut is so much measured of the app that all of its endpoints may count as sick?
 */
export function compileFleet(
  doc: FleetDoc,
  topology: Topology,
  canBeAllOut: (app: AppId) => boolean,
  report: Report,
): FleetSettings {
  checkTimes(doc, report);
  doc.automatic.forEach((policy, i) => {
    policy.zones.forEach((name, j) => {
      const path = ['automatic', i, 'zones', j];
      const zone = topology.zones.get(name as ZoneId);
      if (zone === undefined) report.unknownName(path, 'zone', name, topology.zones.keys());
      else if (policy.act === 'return' && zone.type !== 'elastic')
        report.error(path, 'return-type', `nothing is on loan at ${zone.type} ${name}`, {
          found: 'act: return',
          expected: 'act: propose or failover, or an elastic zone',
        });
      else if (policy.act === 'failover' && zone.type === 'elastic')
        report.error(path, 'return-type', `elastic zone ${name} has no partner to fail over to`, {
          found: 'act: failover',
          expected: 'act: propose or return',
        });
      else if (zone.type !== 'elastic' && zone.dr.local === null && zone.dr.remote === null) {
        report.warn(path, 'dead-failover', `zone ${name} has no partner: this can never fire`);
      } else if (zone.groups.every((g) => [...g.endpoints.keys()].every((a) => !canBeAllOut(a)))) {
        const message = `this can never fire: no app of zone ${name} has a probe, and outliers leave too many of its endpoints`;
        report.warn(path, 'dead-failover', message);
      }
    });
  });
  checkElastic(doc, topology, report);
  return { ...doc, store: storeOf(doc) };
}

/** What becomes of a loan when its data can't be asked for, and when its zone dies. */
function checkElastic(doc: FleetDoc, topology: Topology, report: Report): void {
  for (const zone of topology.zones.values()) {
    if (zone.type !== 'elastic') continue;
    if (doc.catchUp.by === 'none') {
      const message = `shards come back from elastic zone ${zone.id} without a look at the data: catchUp is by none`;
      report.warn(['catchUp'], 'unverified-return', message);
    }
    if (doc.automatic.some((p) => p.zones.includes(zone.id))) continue;
    const message = `no policy names elastic zone ${zone.id}: when it dies its shards stay with it until a person pops them back`;
    report.warn(['automatic'], 'no-return', message);
  }
}

function checkTimes(doc: FleetDoc, report: Report): void {
  if (doc.leaseMs < 3 * doc.beatMs) {
    report.error(['leaseMs'], 'lease', 'a single lost word would end the lease', {
      found: `leaseMs: ${doc.leaseMs}, beatMs: ${doc.beatMs}`,
      expected: 'leaseMs at least three times beatMs',
    });
  }
  const { catchUp } = doc;
  if ('timeoutMs' in catchUp && catchUp.timeoutMs >= doc.freeze.maxMs) {
    report.error(['catchUp'], 'catch-up', 'a freeze would be over before its check may answer', {
      found: `timeoutMs: ${catchUp.timeoutMs}, freeze.maxMs: ${doc.freeze.maxMs}`,
      expected: 'timeoutMs below freeze.maxMs',
    });
  }
  if (doc.freeze.budgetMs < doc.freeze.maxMs) {
    report.error(['freeze', 'budgetMs'], 'freeze-budget', 'a single freeze may use up the budget', {
      found: `budgetMs: ${doc.freeze.budgetMs}, maxMs: ${doc.freeze.maxMs}`,
      expected: 'budgetMs at least maxMs',
    });
  }
}

function storeOf({ store }: FleetDoc): StoreSettings {
  if (store.redis === undefined) return { kind: 'file', directory: store.file ?? '' };
  const { tls, addresses, ...redis } = store.redis;
  return {
    kind: 'redis',
    mode: redis.mode,
    addresses: addresses.map((text) => toAddress(text)),
    sentinelName: redis.sentinelName ?? null,
    username: redis.username ?? null,
    passwordFile: redis.passwordFile ?? null,
    sentinelPasswordFile: redis.sentinelPasswordFile ?? null,
    tls:
      tls === undefined
        ? null
        : {
            caFile: tls.caFile ?? null,
            certFile: tls.certFile ?? null,
            keyFile: tls.keyFile ?? null,
            serverName: tls.serverName ?? null,
          },
    prefix: redis.prefix,
    replicas: redis.replicas,
  };
}
