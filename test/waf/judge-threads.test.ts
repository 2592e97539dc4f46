/** A judgement that goes on in a thread knows all that the head has left. */
import { describe, expect, it } from 'vitest';
import { Judgement, NO_ORDERS } from '../../src/waf/judge.ts';
import { inputOf } from './engine/engine.ts';
import { policyOf, type Sent, shown } from './policies.ts';

const native = {
  own: [{ id: 1, when: { field: 'args', op: 'contains', value: 'evil' }, action: 'block' }],
};
const EVIL: Sent = { query: 'q=evil' };
const DOUBTFUL: Sent = {
  headers: [['Content-Type', 'application/json']],
  body: '{"a":1,"a":2}',
};

describe('a judgement that goes on in a thread', () => {
  const resumed = (policy: ReturnType<typeof policyOf>, { body = '', ...parts }: Sent): string => {
    const first = new Judgement(policy, inputOf(parts), NO_ORDERS);
    first.head();
    const there = new Judgement(policy, inputOf(parts), NO_ORDERS);
    there.restore(structuredClone(first.save()));
    there.body(body, false);
    return shown(first.restore(structuredClone(there.save())));
  };
  it('refuses what it would have refused here', () => {
    expect(resumed(policyOf({ native }), EVIL)).toBe('waf-rule 403 1');
    expect(resumed(policyOf({ native }), DOUBTFUL)).toBe('waf-ambiguous-body 400 0');
    for (const action of ['drop', 'deny,status:418']) {
      const own = `SecRule ARGS "@contains evil" "id:6,phase:2,${action}"`;
      expect(resumed(policyOf({ seclang: { own } }), EVIL)).toBe(
        action === 'drop' ? 'drop 6' : 'waf-rule 418 6',
      );
    }
  });

  it('reads the body as a rule of the head has said', () => {
    const seclang = {
      own: `SecAction "id:5,phase:1,nolog,pass,ctl:requestBodyProcessor=URLENCODED,ctl:forceRequestBodyVariable=On"
SecRule ARGS:a "@contains evil" "id:6,phase:2,deny"`,
    };
    const headers = [['Content-Type', 'image/png']] as const;
    expect(resumed(policyOf({ seclang }), { headers, body: 'a=evil' })).toBe('waf-rule 403 6');
    const raw = {
      own: `SecAction "id:5,phase:1,nolog,pass,ctl:forceRequestBodyVariable=On"
SecRule REQUEST_BODY "@contains evil" "id:6,phase:2,deny"`,
    };
    expect(resumed(policyOf({ seclang: raw }), { headers, body: 'a=evil' })).toBe('waf-rule 403 6');
  });

  it('knows that the request is allowed', () => {
    const seclang = {
      own: `SecRule ARGS:t "@rx ." "id:5,phase:1,nolog,allow:request"
SecRule ARGS "@contains evil" "id:6,phase:2,deny"`,
    };
    expect(resumed(policyOf({ seclang }), { query: 't=1&q=evil' })).toBe('pass');
    expect(resumed(policyOf({ seclang }), EVIL)).toBe('waf-rule 403 6');
  });

  it('knows what rules have taken out', () => {
    const seclang = {
      own: `SecRule ARGS:t "@rx ." "id:5,phase:1,nolog,pass,ctl:ruleRemoveById=6"
SecRule ARGS:u "@rx ." "id:7,phase:1,nolog,pass,ctl:ruleRemoveTargetById=6;ARGS:q"
SecRule ARGS "@contains evil" "id:6,phase:2,deny"`,
    };
    expect(resumed(policyOf({ seclang }), { query: 't=1&q=evil' })).toBe('pass');
    expect(resumed(policyOf({ seclang }), { query: 'u=1&q=evil' })).toBe('pass');
    expect(resumed(policyOf({ seclang }), { query: 'u=1&r=evil' })).toBe('waf-rule 403 6');
  });
});
