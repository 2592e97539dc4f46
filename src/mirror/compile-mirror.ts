/** Rules of the Mirror document → plain tables. */
import { toEndpointSource } from '../model/endpoints.ts';
import type { Report } from '../model/issue.ts';
import type { CompareRule, MirrorRule, MirrorSettings, MirrorTarget } from './index.ts';
import type { MirrorDoc, MirrorRuleDoc } from './mirror-schema.ts';

/** What proves who somebody is: a copy has no business with it. */
const CREDENTIALS: readonly string[] = [
  ...['authorization', 'cookie', 'x-api-key', 'x-auth-token', 'x-csrf-token', 'x-xsrf-token'],
];

/** Meant for the gate alone, or a promise that a copy does not keep. */
const NEVER = ['expect', 'connection', 'te'] as const;

export function compileMirror(doc: MirrorDoc, report: Report): MirrorSettings {
  const seen = new Set<string>();
  doc.rules.forEach(({ name }, i) => {
    if (seen.has(name))
      report.error(['rules', i, 'name'], 'duplicate-name', `there are two rules ${name}`, {
        found: name,
        expected: 'each rule once',
      });
    seen.add(name);
  });
  return Object.freeze({ bufferBytes: doc.bufferBytes, rules: doc.rules.map(compileRule) });
}

function compileRule(doc: MirrorRuleDoc): MirrorRule {
  const { match, headers } = doc;
  const host = match.host?.toLowerCase() ?? null;
  // A load test acts for nobody.
  const keeps = doc.credentials === 'keep' && !('stress' in doc.to);
  const dropped = keeps ? [] : CREDENTIALS;
  const set = Object.entries(headers.set);
  const removes = [...NEVER, ...dropped, ...headers.remove, ...set.map(([name]) => name)];
  return Object.freeze({
    name: doc.name,
    match: {
      host: host?.startsWith('*.') === true ? host.slice(1) : host,
      path: (match.path ?? '').replace(/\/+$/, ''),
      zone: match.zone ?? null,
      zoneType: match.zoneType ?? null,
      app: match.app ?? null,
      methods: match.methods,
      header:
        match.header === undefined
          ? null
          : {
              name: match.header.name.toLowerCase(),
              value: match.header.value ?? null,
              prefix: match.header.prefix ?? null,
            },
    },
    percent: doc.percent,
    by: doc.by,
    to: targetOf(doc.to),
    removes: new Set(removes.map((name) => name.toLowerCase())),
    adds: set.map(([name, value]) => `${name}: ${value}\r\n`).join(''),
    host: doc.host === 'keep' ? null : doc.host,
    limits: doc.limits,
    timeoutMs: doc.timeoutMs,
    copies: doc.copies,
    compare: doc.compare === undefined ? null : compareOf(doc.compare),
  });
}

function targetOf(to: MirrorRuleDoc['to']): MirrorTarget {
  if ('addresses' in to) return { kind: 'addresses', source: toEndpointSource(to.addresses) };
  if ('stress' in to) return { kind: 'scene', scene: to.stress };
  return { kind: 'group', zone: to.zone, group: to.group };
}

const compareOf = ({
  noisePercent,
  ...doc
}: NonNullable<MirrorRuleDoc['compare']>): CompareRule => ({
  ...doc,
  headers: doc.headers.map((name) => name.toLowerCase()),
  noiseShare: noisePercent / 100,
});
