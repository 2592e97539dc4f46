/** What a policy makes of rules: modes, bodies that are in doubt, thresholds, budgets, shadows, orders. */
import { describe, expect, it } from 'vitest';
import { Judgement, NO_ORDERS } from '../../src/waf/judge.ts';
import { inputOf } from './engine/engine.ts';
import { hitIds, judge, policyOf, type Sent, shown, verdict } from './policies.ts';

const evil = { field: 'args', op: 'contains', value: 'evil' };
const block = { id: 1, when: evil, action: 'block' };
const native = { own: [block] };
const EVIL: Sent = { query: 'q=evil' };
const JSON_TYPE = [['Content-Type', 'application/json']] as const;
const DOUBTFUL: Sent = { headers: JSON_TYPE, body: '{"a":1,"a":2}' };

describe('a mode', () => {
  it.each([
    ['block', null, 'waf-rule 403 1'],
    ['detect', null, 'pass'],
    ['block', 'detect', 'pass'],
    ['detect', 'block', 'waf-rule 403 1'],
  ] as const)('%s, ordered %s: %s', (mode, ordered, becomes) => {
    const policy = policyOf({ native }, { mode });
    expect(verdict(policy, EVIL, { orders: { mode: ordered } })).toBe(becomes);
    const { judgement } = judge(policy, EVIL, { orders: { mode: ordered } });
    // What would have happened is told in either.
    expect([shown(judgement.ruling), judgement.hits.map((h) => h.id)]).toEqual([
      'waf-rule 403 1',
      [1],
    ]);
    expect(judgement.blocks).toBe(becomes !== 'pass');
  });

  it('detect judges on behind a rule that would have refused, in its phase and the next', () => {
    const rules = [
      { id: 1, phase: 'head', when: evil, action: 'block' },
      { id: 2, phase: 'head', when: evil, action: 'count' },
      { id: 3, when: evil, action: { score: 9 } },
    ];
    const policy = policyOf({ native: { own: rules } }, { mode: 'detect' });
    const { judgement } = judge(policy, EVIL);
    expect(judgement.hits.map((h) => h.id)).toEqual([1, 2, 3]);
    expect(shown(judgement.ruling)).toBe('waf-rule 403 1');
    expect(hitIds(policyOf({ native: { own: rules } }), EVIL)).toEqual([1]);
  });

  it('is not what a rule says of one request: ctl:ruleEngine', () => {
    const seclang = (engine: string) => ({
      own: `SecRule ARGS:t "@rx ." "id:5,phase:1,nolog,pass,ctl:ruleEngine=${engine}"
SecRule ARGS "@contains evil" "id:6,phase:2,deny,status:418"
SecRule ARGS "@contains evil" "id:7,phase:2,pass"`,
    });
    const told = (engine: string, query: string) => {
      const { judgement, ruling } = judge(policyOf({ seclang: seclang(engine) }), { query });
      return [shown(ruling), judgement.hits.map((h) => h.id), judgement.blocks];
    };
    expect(told('Off', 'q=evil')).toEqual(['waf-rule 418 6', [6], true]);
    expect(told('Off', 'q=evil&t=1')).toEqual(['pass', [], false]);
    expect(told('DetectionOnly', 'q=evil&t=1')).toEqual(['pass', [6, 7], false]);
  });
});

describe('a body', () => {
  it('that reads in two ways is refused, unless a rule lets the request pass', () => {
    expect(verdict(policyOf({ native }), DOUBTFUL)).toBe('waf-ambiguous-body 400 0');
    expect(verdict(policyOf({ native }, { mode: 'detect' }), DOUBTFUL)).toBe('pass');
    const allow = { id: 2, when: { field: 'uid', op: 'exists' }, action: 'allow' };
    const allowing = policyOf({ native: { own: [block, allow] } });
    expect(verdict(allowing, { ...DOUBTFUL, uid: 'ann' })).toBe('pass');
    expect(verdict(allowing, DOUBTFUL)).toBe('waf-ambiguous-body 400 0');
  });

  it('with two types is in doubt, whichever of them a reader takes', () => {
    const headers = [['Content-Type', 'image/png'], ...JSON_TYPE] as const;
    expect(verdict(policyOf({ native }), { headers, body: '{"a":"evil"}' })).toBe(
      'waf-ambiguous-body 400 0',
    );
  });

  it('that goes on beyond what is seen can be told from one that is not there', () => {
    const when = { field: 'bodyTruncated', op: 'eq', value: 1 };
    const policy = policyOf({ native: { own: [{ id: 1, when, action: 'count' }] } });
    expect(hitIds(policy, {}, { truncated: true })).toEqual([1]);
    expect(hitIds(policy, { body: 'a=1' }, { truncated: true })).toEqual([1]);
    expect(hitIds(policy, { body: 'a=1' })).toEqual([]);
    expect(hitIds(policy)).toEqual([]);
  });

  it('is not asked for once the head has decided', () => {
    const wants = (action: string | object, query: string) => {
      const policy = policyOf({ native: { own: [{ id: 1, phase: 'head', when: evil, action }] } });
      const judgement = new Judgement(policy, inputOf({ query }), NO_ORDERS);
      judgement.head();
      return judgement.wantsBody;
    };
    expect(wants('allow', 'q=evil')).toBe(false);
    expect(wants('block', 'q=evil')).toBe(false);
    expect(wants({ score: 9 }, 'q=evil')).toBe(true);
    expect(wants('allow', 'q=good')).toBe(true);
  });
});

describe('a score', () => {
  const crs = `SecRule ARGS "@contains bad" "id:11,phase:2,pass,setvar:tx.blocking_inbound_anomaly_score=+3"`;
  const own = [{ id: 1, when: evil, action: { score: 2 } }];
  it.each([
    [5, 'q=evil', 'pass'],
    [2, 'q=evil', 'waf-score 403 0'],
    // Of native rules with that of the Core Rule Set; what this alone comes to is its own business.
    [5, 'q=evil+bad', 'waf-score 403 0'],
    [3, 'q=bad', 'pass'],
  ])('at the threshold %i, %s: %s', (inbound, query, becomes) => {
    const policy = policyOf({ native: { own }, seclang: { crs } }, { thresholds: { inbound } });
    expect(verdict(policy, { query })).toBe(becomes);
  });
});

describe('a budget', () => {
  const over = { isOver: () => true };
  const many = { query: Array.from({ length: 200 }, (_, i) => `a${i}=x`).join('&') };
  it.each([
    ['block', 'waf-over-budget 503 0', false],
    ['pass', 'pass', false],
  ])('that is over half-way, %s: %s', (onOverBudget, becomes, wants) => {
    const { judgement, ruling } = judge(policyOf({ native }, { onOverBudget }), many, {
      watch: over,
    });
    expect([shown(ruling), judgement.overBudget, judgement.wantsBody]).toEqual([
      becomes,
      true,
      wants,
    ]);
  });

  it('that is over is so for good: nothing is judged behind', () => {
    const rules = [
      block,
      {
        id: 2,
        phase: 'answer-head',
        when: { field: 'status', op: 'ge', value: 200 },
        action: 'block',
      },
    ];
    const policy = policyOf({ native: { own: rules } }, { onOverBudget: 'pass' });
    const { judgement } = judge(policy, many, { watch: over });
    const head = { status: 200, protocol: 'HTTP/1.1', headers: [] };
    expect(shown(judgement.answerHead(head))).toBe('pass');
    expect(shown(judge(policy, {}).judgement.answerHead(head))).toBe('waf-rule 403 2');
  });

  it('nobody judged: as if it were over', () => {
    const asked = (more: object) => {
      const judgement = new Judgement(policyOf({ native }, more), inputOf(), NO_ORDERS);
      judgement.head();
      return shown(judgement.notJudged());
    };
    expect(asked({})).toBe('waf-not-judged 503 0');
    expect(asked({ onOverBudget: 'pass' })).toBe('pass');
    expect(asked({ mode: 'detect' })).toBe('pass');
  });
});

describe('a shadow', () => {
  const beside = [
    { id: 8, phase: 'head', when: evil, action: 'allow' },
    { id: 9, phase: 'head', when: evil, action: 'block', labels: ['l'] },
  ];
  const rules = { native: { own: [{ id: 2, when: evil, action: { score: 1 } }], beside } };
  const shadowed = policyOf(rules, { ruleSets: ['own'], shadow: { ruleSets: ['beside'] } });

  it('is counted, and changes nothing', () => {
    const { judgement, ruling } = judge(shadowed, EVIL);
    expect(shown(ruling)).toBe('pass');
    expect(judgement.hits.map((h) => h.id)).toEqual([2]);
    expect([judgement.score, judgement.labels]).toEqual([1, []]);
    const blocked = policyOf(
      { native: { own: [block], beside } },
      { ruleSets: ['own'], shadow: { ruleSets: ['beside'] } },
    );
    expect(verdict(blocked, EVIL)).toBe('waf-rule 403 1');
  });

  it('is told of what it would have refused, and of what comes behind', () => {
    const refusing = policyOf(
      {
        native: {
          own: [{ id: 2, when: evil, action: 'count' }],
          beside: [block, { id: 3, when: evil, action: 'count' }],
        },
      },
      { ruleSets: ['own'], shadow: { ruleSets: ['beside'] } },
    );
    expect(judge(refusing, EVIL).judgement.shadowHits.map((h) => h.id)).toEqual([1, 3]);
  });

  it('has its time beside the request’s', () => {
    let apart = 0;
    let inside = false;
    const watch = {
      isOver: () => inside,
      apart: (run: () => void) => {
        apart++;
        inside = true;
        run();
        inside = false;
      },
    };
    const query = `${Array.from({ length: 200 }, (_, i) => `a${i}=x`).join('&')}&q=evil`;
    const { judgement, ruling } = judge(shadowed, { query }, { watch });
    expect([shown(ruling), judgement.overBudget, apart]).toEqual(['pass', false, 2]);
    expect(judgement.shadowHits).toEqual([]);
  });
});

describe('an order', () => {
  it('takes a rule out for this request', () => {
    const policy = policyOf({ native });
    expect(verdict(policy, EVIL, { orders: { rulesOff: new Set([1]) } })).toBe('pass');
    expect(verdict(policy, EVIL, { orders: { rulesOff: new Set([2]) } })).toBe('waf-rule 403 1');
  });
});

describe('an exclusion', () => {
  const two = [
    block,
    { id: 2, when: { field: 'headers', op: 'contains', value: 'evil' }, action: 'block' },
  ];
  const policy = (exclusion: object, nowMs = 0) =>
    policyOf(
      { native: { own: two } },
      { exclusions: [{ owner: 'ann', reason: 'r', ...exclusion }] },
      nowMs,
    );
  it.each([
    [{ rule: 1 }, 'pass'],
    [{ rule: 2 }, 'waf-rule 403 1'],
    [{ rule: '1-2' }, 'pass'],
    [{ rule: 1, target: 'arg:q' }, 'pass'],
    [{ rule: 1, target: 'arg:r' }, 'waf-rule 403 1'],
    [{ rule: 1, target: 'headers' }, 'waf-rule 403 1'],
    [{ rule: 1, expires: '1970-01-01T00:00:01Z' }, 'pass'],
  ])('%j: %s', (exclusion, becomes) => expect(verdict(policy(exclusion), EVIL)).toBe(becomes));

  it('ends', () => {
    const ending = { rule: 1, expires: '1970-01-01T00:00:01Z' };
    expect(policy(ending).program.nextExpiryAtMs).toBe(1000);
    expect(verdict(policy(ending, 1000), EVIL)).toBe('waf-rule 403 1');
  });
});
