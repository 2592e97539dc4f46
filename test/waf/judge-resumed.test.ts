/** A judgement that is continued elsewhere says what it would have said in one place. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Report } from '../../src/model/issue.ts';
import { compileFirewall, type Firewall } from '../../src/waf/compile-firewall.ts';
import type { RequestInput } from '../../src/waf/engine/input.ts';
import { firewallSchema } from '../../src/waf/firewall-schema.ts';
import { Forge } from '../../src/waf/forge.ts';
import { Judgement, NO_ORDERS, type Orders } from '../../src/waf/judge.ts';

const owner = 'a';
const rules = [
  {
    id: 1,
    phase: 'head',
    owner,
    action: 'count',
    labels: ['seen'],
    when: { field: 'headers', op: 'xss' },
  },
  { id: 2, phase: 'head', owner, action: { score: 3 }, when: { field: 'queryArgs', op: 'sqli' } },
  { id: 3, owner, action: { score: 3 }, when: { field: 'bodyArgs', op: 'sqli' } },
  {
    id: 4,
    owner,
    action: 'block',
    when: { all: [{ field: 'args', op: 'xss' }, { not: { label: 'seen' } }] },
  },
  {
    id: 5,
    owner,
    action: 'count',
    labels: ['both'],
    when: { all: [{ label: 'seen' }, { field: 'bodyBytes', op: 'gt', value: 20 }] },
  },
  { id: 6, phase: 'head', owner, action: 'allow', when: { field: 'queryArg:go', op: 'exists' } },
];

/** As each thread does: for itself. */
function compiled(): Firewall {
  const doc = firewallSchema.parse({
    ...{ apiVersion: 'zonegate/v1', kind: 'Firewall', ruleSets: { own: { rules } } },
    policies: { p: { mode: 'block', ruleSets: ['own'], shadow: { ruleSets: ['own'] } } },
  });
  const recipe = { doc, texts: new Map(), nowMs: 0, digest: '' };
  const compiler = { forge: new Forge(), report: new Report(), faults: [], file: '' };
  return compileFirewall(recipe, compiler)!;
}
const here = compiled().policies.get('p')!;
const there = compiled().policies.get('p')!;

const VALUES = ['shoes', "1' or 1=1-- ", '<script>alert(1)</script>', ''];
const BODIES = VALUES.flatMap((v) => [`a=${v}`, `{"a":${JSON.stringify(v)}}`, `{"a":1,"a":2}`]);
const request = fc.record({
  query: fc.constantFrom('', ...VALUES.map((v) => `q=${encodeURIComponent(v)}`), 'go=1'),
  header: fc.constantFrom(...VALUES),
  body: fc.constantFrom(...BODIES),
  truncated: fc.boolean(),
  mode: fc.constantFrom<Orders['mode']>('block', 'detect'),
});

const inputOf = (query: string, header: string, body: string): RequestInput => ({
  ...{ method: 'POST', target: `/?${query}`, path: '/', query, protocol: 'HTTP/1.1' },
  headers: [
    ['Host', 'shop.example'],
    ['X-Note', header],
    [
      'Content-Type',
      body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded',
    ],
  ],
  ...{ remote: '192.0.2.1', requestId: '1', app: 'shop', zone: 'RZ01', uid: '', country: '' },
  ...{ dice: 0, receivedAtMs: 0 },
});

const seen = ({ ruling, hits, shadowHits, labels, score, fault }: Judgement): object => ({
  ...{ ruling, hits, shadowHits, labels, score, fault },
});

describe('a judgement', () => {
  it('is the same in one piece and continued by another thread', () => {
    const said = new Set<string>();
    fc.assert(
      fc.property(request, ({ query, header, body, truncated, mode }) => {
        const orders = { ...NO_ORDERS, mode };
        const input = inputOf(query, header, body);
        const whole = new Judgement(here, input, orders);
        const first = new Judgement(here, input, orders);
        expect(first.head()).toEqual(whole.head());
        const ruling = whole.body(body, truncated);
        const sent = structuredClone({ input, orders, state: first.save() });
        const worker = new Judgement(there, sent.input, sent.orders);
        worker.restore(sent.state);
        worker.body(body, truncated);
        expect(first.restore(structuredClone(worker.save()))).toEqual(ruling);
        expect(seen(first)).toEqual(seen(whole));
        said.add('code' in ruling ? ruling.code : ruling.kind);
      }),
      { numRuns: 500 },
    );
    expect([...said].sort()).toEqual(['pass', 'waf-ambiguous-body', 'waf-rule', 'waf-score']);
  });
});
