/** What must hold of every judgement, whatever the request: tried with requests made by chance. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Report } from '../../src/model/issue.ts';
import { compileFirewall, type Firewall } from '../../src/waf/compile-firewall.ts';
import type { RequestInput } from '../../src/waf/engine/input.ts';
import { firewallSchema } from '../../src/waf/firewall-schema.ts';
import { Forge } from '../../src/waf/forge.ts';
import { Judgement, NO_ORDERS, type Orders } from '../../src/waf/judge.ts';
import type { Policy } from '../../src/waf/policy.ts';

/** Each of the things that a head may leave for the body to go on with: TX, labels, controls, allow. */
const RULES = `
SecRule REQUEST_HEADERS:X-Reader "@streq json" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:X-Reader "@streq xml" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:X-Reader "@streq raw" "id:3,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On"
SecRule ARGS_GET:trust "@streq request" "id:4,phase:1,allow:request,nolog"
SecRule ARGS_GET:trust "@streq all" "id:5,phase:1,allow,nolog"
SecRule ARGS_GET:trust "@streq phase" "id:6,phase:1,allow:phase,nolog"
SecRule ARGS_GET:trust "@streq off" "id:7,phase:1,pass,nolog,ctl:ruleEngine=Off"
SecRule ARGS_GET:trust "@streq detect" "id:8,phase:1,pass,nolog,ctl:ruleEngine=DetectionOnly"
SecRule ARGS_GET:skip "@streq rule" "id:9,phase:1,pass,nolog,ctl:ruleRemoveById=22"
SecRule ARGS_GET:skip "@streq target" "id:10,phase:1,pass,nolog,ctl:ruleRemoveTargetById=22;ARGS:a"
SecRule ARGS_GET "@contains bad" "id:11,phase:1,pass,log,msg:'%{MATCHED_VAR}',setvar:'tx.score=+2',setvar:'tx.seen_%{MATCHED_VAR_NAME}=1'"
SecRule ARGS_GET:kill "@streq head" "id:12,phase:1,deny,status:405,log"
SecRule REQUEST_BODY "@contains bad" "id:21,phase:2,pass,log,setvar:'tx.score=+1'"
SecRule ARGS "@contains bad" "id:22,phase:2,pass,log,msg:'%{MATCHED_VAR_NAME}',setvar:'tx.score=+3'"
SecRule XML:/* "@contains bad" "id:23,phase:2,pass,log,setvar:'tx.score=+3'"
SecRule ARGS_POST:kill "@streq deny" "id:24,phase:2,deny,status:406,log"
SecRule ARGS_POST:kill "@streq drop" "id:25,phase:2,drop,log"
SecRule ARGS_POST:trust "@streq request" "id:26,phase:2,allow:request,nolog"
SecRule ARGS_POST:trust "@streq all" "id:27,phase:2,allow,nolog"
SecRule REQBODY_ERROR "@eq 1" "id:28,phase:2,pass,log,msg:'%{REQBODY_ERROR_MSG}'"
SecRule TX:/^seen_/ "@unconditionalMatch" "id:29,phase:2,pass,log,msg:'%{MATCHED_VAR_NAME}'"
SecRule TX:score "@ge 5" "id:30,phase:2,deny,status:403,log"
SecRule RESPONSE_STATUS "@streq 500" "id:31,phase:3,pass,log,chain"
SecRule TX:score "@ge 3" "setvar:'tx.score=+1'"
SecRule RESPONSE_STATUS "@streq 418" "id:32,phase:3,deny,status:502,log"
SecRule TX:score "@ge 4" "id:33,phase:5,pass,log,msg:'%{TX.score}'"
`;
const NATIVE = [
  {
    id: 101,
    when: { field: 'query', op: 'contains', value: 'lab' },
    phase: 'head',
    action: 'count',
    labels: ['odd'],
    owner: 'x',
  },
  {
    id: 102,
    when: { all: [{ label: 'odd' }, { field: 'bodyBytes', op: 'gt', value: 20 }] },
    action: { score: 5 },
    labels: ['both'],
    owner: 'x',
  },
  {
    id: 103,
    when: { field: 'bodyArg:page', op: 'equals', value: 'x' },
    action: 'challenge',
    owner: 'x',
  },
];

interface Edit {
  readonly mode?: string;
  readonly exclusions?: readonly object[];
}

function firewall(edit: Edit = {}): Firewall {
  const policy = {
    mode: 'block',
    ruleSets: ['sec', 'own'],
    answers: { bodies: true },
    shadow: { ruleSets: ['own'] },
    ...edit,
  };
  const doc = firewallSchema.parse({
    apiVersion: 'zonegate/v1',
    kind: 'Firewall',
    ruleSets: { sec: { seclang: ['rules.conf'] }, own: { rules: NATIVE } },
    policies: { p: policy },
  });
  const files = [{ file: 'rules.conf', text: RULES }];
  const texts = new Map([['sec', { files, data: new Map<string, string>(), digest: 'd' }]]);
  const report = new Report();
  const faults: { message: string }[] = [];
  const made = compileFirewall(
    { doc, texts, nowMs: 0, digest: '' },
    { forge: new Forge(), report, faults: faults as never, file: 'f' },
  );
  if (made === null) throw new Error(JSON.stringify([faults, report]));
  return made;
}
const policyOf = (edit: Edit = {}): Policy => firewall(edit).policies.get('p')!;

interface Case {
  readonly request: RequestInput;
  readonly body: string | null;
  readonly truncated: boolean;
  readonly status: number;
  readonly orders: Orders;
}

const word = fc.constantFrom(
  'bad',
  'good',
  'deny',
  'drop',
  'request',
  'all',
  'phase',
  'off',
  'detect',
  'rule',
  'target',
  'head',
  'x',
  '%62ad',
  'lab',
);
const name = fc.constantFrom('a', 'b', 'trust', 'kill', 'skip', 'page');
const pairs = fc
  .array(fc.tuple(name, word), { maxLength: 4 })
  .map((all) => all.map(([n, v]) => `${n}=${v}`).join('&'));
const body = fc.oneof(
  pairs,
  fc
    .array(fc.tuple(name, word), { maxLength: 3 })
    .map((all) => JSON.stringify(Object.fromEntries(all))),
  word.map((w) => `<a>${w}</a>`),
  fc.constant('{"a":1,"a":2}'),
  fc.string({ maxLength: 30, unit: 'binary-ascii' }),
);
const TYPES = [
  'application/x-www-form-urlencoded',
  'application/json',
  'text/xml',
  'text/csv',
  'text/plain',
  '',
];
const cases: fc.Arbitrary<Case> = fc
  .record({
    query: pairs,
    type: fc.constantFrom(...TYPES),
    reader: fc.constantFrom('', 'json', 'xml', 'raw'),
    body: fc.option(body),
    truncated: fc.boolean(),
    status: fc.constantFrom(200, 418, 500),
    orders: fc.constantFrom<Orders>(
      NO_ORDERS,
      { mode: 'detect', rulesOff: null },
      { mode: null, rulesOff: new Set([22, 30]) },
    ),
  })
  .map(({ query, type, reader, ...rest }) => ({
    ...rest,
    request: {
      ...{ method: 'POST', target: `/?${query}`, path: '/', query, protocol: 'HTTP/1.1' },
      headers: [
        ['Host', 'a.test'],
        ...(type === '' ? [] : [['Content-Type', type] as const]),
        ...(reader === '' ? [] : [['X-Reader', reader] as const]),
      ] as const,
      ...{ remote: '192.0.2.1', requestId: '1', app: 'any', zone: 'z', uid: '', country: '' },
      ...{ dice: 0.5, receivedAtMs: 0 },
    },
  }));

/** All that is told or done of a request. */
function whole(policy: Policy, one: Case, judgeBody: (head: Judgement) => void): unknown {
  const judgement = new Judgement(policy, one.request, one.orders);
  const steps: unknown[] = [judgement.head()];
  judgeBody(judgement);
  steps.push(judgement.ruling);
  const head = { status: one.status, protocol: 'HTTP/1.1', headers: [] };
  steps.push(judgement.answerHead(head), judgement.answerBody(head, 'text'));
  judgement.finish();
  const { hits, shadowHits, labels, ruling, fault, score, answerScore } = judgement;
  return { steps, hits, shadowHits, labels, ruling, fault, score, answerScore };
}

describe('a judgement', () => {
  const policy = policyOf();

  it('is the same whether its body is judged at once or by another thread', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const atOnce = whole(policy, one, (j) => void j.body(one.body, one.truncated));
        const handedOver = whole(policy, one, (j) => {
          const away = new Judgement(policy, one.request, one.orders);
          away.restore(structuredClone(j.save()));
          away.body(one.body, one.truncated);
          j.restore(structuredClone(away.save()));
        });
        expect(handedOver).toEqual(atOnce);
      }),
      { numRuns: 3000 },
    );
  });

  it('never refuses in mode detect, and finds the same until the first reason to', () => {
    const detect = policyOf({ mode: 'detect' });
    fc.assert(
      fc.property(cases, (one) => {
        const told = new Judgement(detect, one.request, NO_ORDERS);
        const blocks = new Judgement(policy, one.request, NO_ORDERS);
        expect(told.head()).toEqual({ kind: 'pass' });
        blocks.head();
        expect(told.body(one.body, one.truncated)).toEqual({ kind: 'pass' });
        blocks.body(one.body, one.truncated);
        const head = { status: one.status, protocol: 'HTTP/1.1', headers: [] };
        expect(told.answerHead(head)).toEqual({ kind: 'pass' });
        expect(told.answerBody(head, 'bad')).toEqual({ kind: 'pass' });
        if (blocks.ruling.kind !== 'pass') expect(told.ruling).toEqual(blocks.ruling);
        expect(told.hits.slice(0, blocks.hits.length)).toEqual(blocks.hits);
      }),
      { numRuns: 1000 },
    );
  });
});

const of = (what: object): object => ({ owner: 'shop', reason: 'tried', ...what });
const EXCLUSIONS = [
  of({ rule: 22, target: 'arg:a' }),
  of({ rule: '21-23', target: 'args' }),
  of({ rule: 11 }),
  of({ rule: 22, target: 'bodyArg:b' }),
  of({ rule: 30 }),
];

describe('exclusions', () => {
  it('mean the same in any order', () => {
    fc.assert(
      fc.property(
        fc.subarray(EXCLUSIONS),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.array(cases, { minLength: 20, maxLength: 20 }),
        (some, dice, many) => {
          const shuffled = some
            .map((e) => [dice.next().value, e] as const)
            .sort((a, b) => a[0] - b[0])
            .map(([, e]) => e);
          const one = policyOf({ exclusions: some });
          const other = policyOf({ exclusions: shuffled });
          for (const request of many) {
            const judge = (j: Judgement): void => void j.body(request.body, request.truncated);
            expect(whole(other, request, judge)).toEqual(whole(one, request, judge));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('take a rule out altogether, in every phase', () => {
    const out = policyOf({ exclusions: [of({ rule: '10-33' }), of({ rule: '101-103' })] });
    let hits = 0;
    fc.assert(
      fc.property(cases, (one) => {
        const judgement = new Judgement(out, one.request, one.orders);
        judgement.head();
        judgement.body(one.body, one.truncated);
        expect(judgement.hits).toEqual([]);
        expect(judgement.labels).toEqual([]);
        const full = new Judgement(policyOf0, one.request, one.orders);
        full.head();
        full.body(one.body, one.truncated);
        hits += full.hits.length;
      }),
      { numRuns: 1000 },
    );
    expect(hits).toBeGreaterThan(200);
  });
});
const policyOf0 = policyOf();
