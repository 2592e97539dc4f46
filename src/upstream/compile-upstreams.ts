import type { AppId } from '../model/ids.ts';
import type { DocPath, Report } from '../model/issue.ts';
import { toAddress } from '../model/schema.ts';
import type { UpstreamPolicies, UpstreamPolicy } from './index.ts';
import { BUILT_IN, type PolicyDoc, type Sections, type UpstreamsDoc } from './upstreams-schema.ts';

/** @param doc null: nothing is declared, and the built-in policy holds for all */
export function compileUpstreams(doc: UpstreamsDoc | null, report: Report): UpstreamPolicies {
  const byDefault = merge(doc?.default ?? {}, {});
  const apps = new Map<string, UpstreamPolicy>();
  for (const [app, differs] of Object.entries(doc?.apps ?? {})) {
    const policy = merge(doc?.default ?? {}, differs);
    apps.set(app, policy);
    checkPolicy(policy, differs, ['apps', app], report);
  }
  const peers = merge(doc?.default ?? {}, { probe: 'off', ...doc?.peers });
  checkPolicy(byDefault, doc?.default ?? {}, ['default'], report);
  checkPolicy(peers, doc?.peers ?? {}, ['peers'], report);
  return {
    resolvers: (doc?.resolvers ?? []).map(toAddress),
    peers,
    of: (app: AppId) => apps.get(app) ?? byDefault,
  };
}

/** A section that is given replaces the whole section. */
function merge(base: PolicyDoc, differs: PolicyDoc): UpstreamPolicy {
  const section = <K extends keyof PolicyDoc>(key: K): Sections[K] =>
    (differs[key] ?? base[key] ?? BUILT_IN[key]) as Sections[K];
  return Object.freeze({
    balance: section('balance'),
    probe: orNull(section('probe')),
    outliers: orNull(section('outliers')),
    endpoint: section('endpoint'),
    zone: section('zone'),
    queueMs: section('queueMs'),
    retries: orNull(section('retries')),
    hedge: orNull(section('hedge')),
    adaptive: orNull(section('adaptive')),
  });
}

const orNull = <T>(section: T | 'off'): T | null => (section === 'off' ? null : section);

/** What would never fire, or never end, is said before it matters, where it was written. */
function checkPolicy(
  policy: UpstreamPolicy,
  written: PolicyDoc,
  path: DocPath,
  report: Report,
): void {
  const { probe, outliers, hedge, retries } = policy;
  const error = (at: string[], message: string, found: string, expected: string): void =>
    report.error([...path, ...at], 'upstream-policy', message, { found, expected });
  if (written.probe !== undefined && probe !== null && probe.timeoutMs >= probe.intervalMs) {
    error(
      ['probe', 'timeoutMs'],
      'a probe would still run when the next one is due',
      `timeoutMs: ${probe.timeoutMs}, intervalMs: ${probe.intervalMs}`,
      'timeoutMs below intervalMs',
    );
  }
  const { ejectMs = 0, maxEjectMs = 0 } = outliers ?? {};
  if (written.outliers !== undefined && ejectMs > maxEjectMs) {
    error(
      ['outliers', 'ejectMs'],
      'the first ejection would be longer than the longest',
      `ejectMs: ${ejectMs}, maxEjectMs: ${maxEjectMs}`,
      'ejectMs not above maxEjectMs',
    );
  }
  const writtenHere = written.hedge !== undefined || written.retries !== undefined;
  if (writtenHere && hedge !== null && retries === null) {
    error(
      ['hedge'],
      'a hedged request is a repeated one, and there is no budget for it',
      'retries: off',
      'retries',
    );
  }
}
