/** Documents that can be wrong are checked: catalogues both ways, links, commands, figures’ places. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REASONS } from '../src/decide/catalogue.ts';
import { decide } from '../src/decide/index.ts';
import { factsFrom } from '../src/model/facts.ts';
import type { IdcId } from '../src/model/ids.ts';
import type { Lane } from '../src/model/lane.ts';
import { REFUSAL } from '../src/shell/http1/refusals.ts';
import { accessLine } from '../src/shell/observe/access-line.ts';
import { Counters } from '../src/shell/observe/counters.ts';
import { makeRegistry } from '../src/shell/observe/exposition.ts';
import { FirewallCounters } from '../src/shell/observe/firewall-counters.ts';
import { StressCounters } from '../src/shell/observe/stress-counters.ts';
import { ANSWER, FAULT_INJECTED, OPTIONS_ANSWERED } from '../src/shell/proxy/gate-answer.ts';
import { RequestRecord } from '../src/shell/proxy/record.ts';
import { FIREWALL_ANSWERS } from '../src/wiring/firewall/verdicts.ts';
import { REFERENCE, ROOT, reference, referenceWith } from './support/config.ts';
import { zonegate } from './support/process.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
/** First cells of the table rows under a heading. */
function codesUnder(file: string, heading: string): string[] {
  const section = read(file).split(`\n## ${heading}\n`)[1]?.split('\n## ')[0];
  if (section === undefined) throw new Error(`${file} has no section ${heading}`);
  return [...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map((m) => m[1]!);
}
const documents = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
  { cwd: ROOT, encoding: 'utf8' },
)
  .split('\n')
  .filter((f) => f !== '' && existsSync(join(ROOT, f)));

const FLEET = {
  ...{ epoch: 0, settled: 0, stale: false, neverSynced: false, lost: false, storeUp: true },
  ...{ frozenShards: 0, moves: 0, alarms: [], alarmsNow: 0, gates: 0, stragglers: 0 },
};

describe('docs/reasons.md', () => {
  it('lists every reason, and no other, with the sentence the code gives', () => {
    expect(codesUnder('docs/reasons.md', 'Reasons').sort()).toEqual(
      REASONS.map((r) => r.code).sort(),
    );
    for (const { code, means, room } of REASONS)
      expect(read('docs/reasons.md')).toContain(`| \`${code}\` | ${room} | ${means} |`);
  });

  it('lists every refusal and every answer the gate makes itself', () => {
    expect(codesUnder('docs/reasons.md', 'Refusals').sort()).toEqual(
      Object.values(REFUSAL)
        .map((r) => r.code)
        .sort(),
    );
    expect(codesUnder('docs/reasons.md', 'Upstream failures').sort()).toEqual(
      Object.values(ANSWER)
        .map((a) => a.code)
        .sort(),
    );
    expect(codesUnder('docs/reasons.md', 'Firewall answers').sort()).toEqual(
      FIREWALL_ANSWERS.map((a) => a.code).sort(),
    );
    expect(codesUnder('docs/reasons.md', 'Other answers').sort()).toEqual(
      [FAULT_INJECTED, OPTIONS_ANSWERED].sort(),
    );
    for (const { code, status, means } of Object.values(REFUSAL))
      expect(read('docs/reasons.md')).toContain(`| \`${code}\` | ${status} | ${means} |`);
    for (const { code, status, detail } of [...Object.values(ANSWER), ...FIREWALL_ANSWERS])
      expect(read('docs/reasons.md')).toContain(`| \`${code}\` | ${status} | ${detail} |`);
  });

  it('has codes that are unique', () => {
    const codes = [
      ...REASONS.map((r) => r.code),
      ...Object.values(REFUSAL).map((r) => r.code),
      ...Object.values(ANSWER).map((a) => a.code),
    ];
    expect(new Set(codes).size).toBe(codes.length);
    expect(REASONS.map((r) => r.ordinal).sort((a, b) => a - b)).toEqual(REASONS.map((_, i) => i));
  });
});

describe('docs/observing.md', () => {
  const text = read('docs/observing.md');

  it('lists every metric of a gate, and no other', async () => {
    const gauges = {
      clientConnections: () => 0,
      refusedConnections: () => ({}),
      stragglers: () => ({}),
      releases: () => ({}),
      tunnels: () => 0,
      upstreams: {
        endpoints: () => [],
        loads: () => [],
        probes: () => ({}),
        pressure: () => 0,
        shed: () => ({}),
      },
      stress: { underWay: () => ({}), refused: () => [], cut: () => 0 },
      mirrors: { rules: () => [], bufferBytes: () => 0 },
      firewall: {
        counters: new FirewallCounters(),
        threads: () => 0,
        waiting: () => 0,
        restarts: () => 0,
        auditDropped: () => 0,
        patternTests: () => ({}),
        automataBytes: () => 0,
      },
      rates: {
        status: () => null,
        waiting: () => 0,
        turnedAway: () => 0,
        exchanges: () => ({ done: 0, failed: 0 }),
      },
      repeatedRouting: () => 0,
      logLinesDropped: () => 0,
      epoch: () => 0,
      fleet: () => FLEET,
      digest: () => '',
      lastReload: () => ({ ok: true, successAtMs: 0 }),
    };
    const metrics = await makeRegistry(new Counters(), new StressCounters(), gauges, '0').metrics();
    const names = [...metrics.matchAll(/^# TYPE (zonegate_\w+) /gm)].map((m) => m[1]!);
    expect([...text.matchAll(/^\| `(zonegate_\w+)` \|/gm)].map((m) => m[1]!).sort()).toEqual(
      names.sort(),
    );
  });

  it('lists every field of an access line, and no other', () => {
    const snapshot = reference();
    const decision = decide(
      factsFrom({
        host: 'shop.example',
        path: '/',
        entryIdc: 'hz1' as IdcId,
        receivedAtMs: 0,
        dice: 0,
      }),
      snapshot,
    );
    if (decision.kind !== 'forward') throw new Error('not forwarded');
    const full = {
      hasQuery: true,
      endpoint: 'x',
      gateCode: 'y',
      rate: 'r',
      traceparent: 'z'.repeat(55),
      queuedMs: 1,
      inspectedMs: 1,
      tried: '10.0.0.1:80',
      connectedMs: 1,
      firstByteMs: 1,
    };
    // One request is on one lane.
    const fieldsOn = (kind: Lane['kind']): string[] => {
      const onLane = { ...decision, operator: 'ann', lane: { kind, name: 's' } };
      const record = Object.assign(new RequestRecord(), { ...full, decision: onLane });
      return Object.keys(JSON.parse(accessLine(record, 'hz1')) as object);
    };
    const fields = [...new Set([...fieldsOn('stress'), ...fieldsOn('gray')])];
    const listed = text
      .split('## Access log')[1]!
      .split('\n')
      .filter((l) => l.startsWith('| `'))
      .flatMap((l) => [...l.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map((m) => m[1]!));
    expect(listed.sort()).toEqual(fields.sort());
  });
});

describe('README.md', () => {
  it('shows what explain prints', () => {
    const { out } = zonegate([
      'explain',
      '-c',
      REFERENCE,
      '--idc',
      'hz1',
      'http://shop.example/u/2088000000000680/orders',
    ]);
    expect(read('README.md')).toContain(out);
  });

  it('shows how a mistake is shown', () => {
    const directory = referenceWith({ 'rules.yaml': [['"40-59": RZ03', '"40-59": RZ0E']] });
    const { err } = zonegate(['check', '-c', directory]);
    const shown = err.slice(err.indexOf('rules.yaml:'), err.indexOf('RZ01?') + 5);
    expect(shown).toContain('did you mean');
    expect(read('README.md')).toContain(shown);
  });
});

describe('docs/request.md', () => {
  it('publishes the order of the rooms', () => {
    const rooms = [...read('docs/request.md').matchAll(/^(\d+\. \*\*[a-z-]+)\*\*/gm)].map(
      (m) => m[1]!,
    );
    const known = [
      'peer',
      'stress-tag',
      'loop',
      'route',
      'cookie',
      'uid-router',
      'pin',
      'shard',
      'placement',
      'freeze',
      'release',
      'hop',
      'mirror',
      'cookie-write',
      'lane-cookie',
      'fault',
    ];
    expect(rooms).toEqual(known.map((room, i) => `${i + 1}. **${room}`));
  });
});

describe('commands in the documents', () => {
  const commands = documents.flatMap((file) =>
    [...read(file).matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((m) =>
      m[1]!
        .split('\n')
        .filter((l) =>
          /^(?:npm run -s zonegate --|zonegate) (check|explain|simulate|schema|token|version)\b/.test(
            l,
          ),
        )
        .map((l) => [file, l] as const),
    ),
  );
  it('there are some', () => expect(commands.length).toBeGreaterThan(3));
  it.each(commands)('%s: %s', (_, line) => {
    const text = line
      .replace(/ #.*$/, '')
      .replace(/ [|>] .*$/, '')
      .replace(/^npm run -s zonegate -- |^zonegate /, '');
    const args = [...text.matchAll(/'([^']*)'|(\S+)/g)]
      .map((m) => m[1] ?? m[2]!)
      .map((a) => (a === 'configs/ldc' ? REFERENCE : a));
    const { code, err } = zonegate(args);
    expect(code, err).toBe(0);
  });
});

describe('every document', () => {
  it('links only to what is there', () => {
    const broken = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)]
        .map((m) => m[1]!)
        .filter((to) => !existsSync(join(ROOT, dirname(file), to)))
        .map((to) => `${file} → ${to}`),
    );
    expect(broken).toEqual([]);
  });

  it('names only source files that exist', () => {
    const missing = documents.flatMap((file) =>
      [...read(file).matchAll(/`((?:src|test|bench|scripts|docs|configs)\/[\w./-]+)`/g)]
        .map((m) => m[1]!)
        .filter((path) => !existsSync(join(ROOT, path)))
        .map((path) => `${file}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('each decision has its context, decision and consequences, in under a page', () => {
    for (const file of documents.filter((f) => f.startsWith('docs/decisions/'))) {
      const text = read(file);
      for (const heading of ['Context', 'Decision', 'Consequences'])
        expect(text, file).toContain(`## ${heading}`);
      expect(text.split('\n').length, file).toBeLessThan(60);
    }
  });
});
