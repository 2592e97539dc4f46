/** How rules lead on to rules: skips, controls, ends of phases. SecLang on the left, what becomes of it on the right. */
import { describe, expect, it } from 'vitest';
import { Transaction } from '../../../src/waf/engine/transaction.ts';
import type { Phase } from '../../../src/waf/ir.ts';
import { source } from '../seclang/read.ts';
import { inputOf, judged, programOf, txOf } from './engine.ts';

type Sent = Parameters<typeof inputOf>[0] & { readonly body?: string };

const of = (text: string, { body = '', ...parts }: Sent = {}) => {
  const program = programOf(source(text).steps);
  return judged(program, inputOf(parts), body, false);
};
const ids = (text: string, sent: Sent = {}): number[] => of(text, sent).hits.map((h) => h.id);

describe('a skip', () => {
  const RULES = `SecRule ARGS:skip "@streq 1" "id:1,phase:1,nolog,pass,skipAfter:END"
SecRule ARGS "@rx ." "id:2,phase:1,pass"
SecRule ARGS "@rx ." "id:3,phase:2,pass"
SecMarker END
SecRule ARGS "@rx ." "id:4,phase:1,pass"`;
  it('goes to its marker, in its phase alone', () => {
    expect(ids(RULES, { query: 'skip=1' })).toEqual([4, 3]);
    expect(ids(RULES, { query: 'skip=0' })).toEqual([2, 4, 3]);
  });

  it('takes no refusal with it that stands in the same rule', () => {
    const rules = `SecAction "id:1,phase:1,nolog,deny,skipAfter:END"
SecMarker END`;
    expect(of(rules).outcomes).toEqual(['deny 1', 'pass']);
  });

  it('that is taken out at run time does not skip', () => {
    const rules = `SecRule ARGS:a "@rx ." "id:1,phase:1,nolog,pass,ctl:ruleRemoveById=2"
SecAction "id:2,phase:1,nolog,pass,skipAfter:END"
SecRule ARGS "@rx ." "id:3,phase:1,pass"
SecMarker END`;
    expect(ids(rules, { query: 'a=1' })).toEqual([3]);
    expect(ids(rules, { query: 'b=1' })).toEqual([]);
  });
});

describe('a variable whose name only a request knows', () => {
  it('is not taken for one that is never set', () => {
    const rules = `SecRule ARGS:a "@rx ." "id:1,phase:1,nolog,pass,setvar:tx.is_%{MATCHED_VAR}=1"
SecRule TX:is_evil "@eq 1" "id:2,phase:1,pass"
SecRule &TX:is_evil "@eq 0" "id:3,phase:2,pass"`;
    expect(ids(rules, { query: 'a=EVIL' })).toEqual([2]);
    expect(ids(rules, { query: 'a=good' })).toEqual([3]);
  });
});

describe('a control', () => {
  const rules = (
    control: string,
  ) => `SecRule ARGS:off "@rx ." "id:1,phase:1,nolog,pass,ctl:${control}"
SecRule ARGS "@rx foo" "id:2,phase:1,pass,tag:T,msg:'M'"
SecRule ARGS|ARGS_NAMES "@rx foo" "id:3,phase:2,pass,tag:U,msg:'N'"`;
  it.each([
    ['ruleRemoveById=2', [3]],
    ['ruleRemoveById=2-3', []],
    ['ruleRemoveByTag=T', [3]],
    ['ruleRemoveByMsg=N', [2]],
    ['ruleRemoveTargetById=2;ARGS:a', [3]],
    ['ruleRemoveTargetById=2;ARGS:b', [2, 3]],
    ['ruleRemoveTargetById=3;ARGS', [2]],
    ['ruleRemoveTargetById=3;ARGS_NAMES', [2, 3]],
    ['ruleRemoveTargetByTag=U;ARGS:/^A/', [2, 3]],
    ['ruleRemoveTargetByTag=U;ARGS:/^a/', [2]],
    ['ruleRemoveTargetByMsg=M;ARGS', [3]],
    ['auditEngine=Off', [2, 3]],
  ])('%s', (control, left) => {
    expect(ids(rules(control), { query: 'a=foo' })).toEqual([2, 3]);
    expect(ids(rules(control), { query: 'a=foo&off=1' })).toEqual(left);
  });

  it('several take out what each of them takes out', () => {
    const several = `SecRule ARGS:offa "@rx ." "id:1,phase:1,nolog,pass,ctl:ruleRemoveTargetById=9;ARGS:a"
SecRule ARGS:offb "@rx ." "id:2,phase:1,nolog,pass,ctl:ruleRemoveTargetById=9;ARGS:b"
SecRule ARGS "@rx foo" "id:9,phase:1,pass"`;
    expect(ids(several, { query: 'a=foo&b=foo&offa=1' })).toEqual([9]);
    expect(ids(several, { query: 'a=foo&b=foo&offb=1' })).toEqual([9]);
    expect(ids(several, { query: 'a=foo&b=foo&offa=1&offb=1' })).toEqual([]);
    expect(ids(several, { query: 'a=foo&b=foo&c=foo&offa=1&offb=1' })).toEqual([9]);
  });

  it('more of them than can be carried out are a mistake, not left out', () => {
    const controls = Array.from({ length: 7 }, (_, i) => `ctl:ruleRemoveTargetById=2;ARGS:a${i}`);
    const many = `SecAction "id:1,phase:1,nolog,pass,${controls.join(',')}"
SecRule ARGS "@rx x" "id:2,phase:1,pass"`;
    expect(() => programOf(source(many).steps)).toThrow('more than 6 controls');
  });

  it('chooses how a body is read, and shows it raw', () => {
    const asked = `SecRule ARGS:j "@rx ." "id:1,phase:1,nolog,pass,ctl:requestBodyProcessor=JSON"
SecRule ARGS:raw "@rx ." "id:2,phase:1,nolog,pass,ctl:forceRequestBodyVariable=On"
SecRule ARGS:json.a "@streq evil" "id:3,phase:2,pass"
SecRule REQUEST_BODY "@contains evil" "id:4,phase:2,pass"
SecRule ARGS:late "@rx ." "id:5,phase:2,nolog,pass,ctl:forceRequestBodyVariable=On"
SecRule REQUEST_BODY "@contains evil" "id:6,phase:2,pass"`;
    const body = '{"a":"evil"}';
    const headers = [['Content-Type', 'image/png']] as const;
    expect(ids(asked, { headers, body })).toEqual([]);
    expect(ids(asked, { headers, body, query: 'j=1' })).toEqual([3]);
    expect(ids(asked, { headers, body, query: 'raw=1' })).toEqual([4, 6]);
    expect(ids(asked, { headers, body, query: 'late=1' })).toEqual([6]);
  });
});

describe('the end of a phase', () => {
  const rules = (action: string) => `SecRule ARGS:a "@rx ." "id:1,phase:1,nolog,${action}"
SecAction "id:2,phase:1,pass,setvar:tx.behind=1"
SecRule ARGS:a "@rx ." "id:3,phase:2,pass"`;
  const run = (action: string, enforces: boolean) => {
    const {
      hits,
      outcomes,
      tx: set,
    } = judged(programOf(source(rules(action)).steps), inputOf({ query: 'a=1' }), '', enforces);
    return { hits: hits.map((h) => h.id), outcomes, behind: Object.fromEntries(set).behind };
  };
  it.each([
    ['deny', true, [1], ['deny 1']],
    ['deny,status:418', true, [1], ['deny 1']],
    ['drop', true, [1], ['drop 1']],
    // Told, and the rest is judged as if nothing had happened.
    ['deny', false, [1, 2, 3], ['deny 1', 'pass']],
    ['deny,ctl:ruleEngine=DetectionOnly', true, [1, 2], ['deny 1']],
    ['allow:phase', true, [3], ['pass', 'pass']],
  ])('%s, enforced: %s', (action, enforces, hits, outcomes) => {
    expect(run(action, enforces)).toMatchObject({ hits, outcomes });
  });

  it('comes before what stands behind it, even if that depends on nothing', () => {
    expect(run('allow:phase', true).behind).toBeUndefined();
    const quiet = rules('allow:phase').replace('"id:2,phase:1,pass', '"id:2,phase:1,nolog,pass');
    const { tx: set } = judged(programOf(source(quiet).steps), inputOf({ query: 'a=1' }), '', true);
    expect(Object.fromEntries(set).behind).toBeUndefined();
  });
});

describe('a request', () => {
  it('is told about no more than 200 hits, and judged on', () => {
    const rules = Array.from({ length: 250 }, (_, i) => `SecAction "id:${i + 1},phase:1,pass"`);
    const { hits, outcomes } = of(`${rules.join('\n')}\nSecAction "id:999,phase:1,deny"`);
    expect(hits).toHaveLength(200);
    expect(outcomes[0]).toBe('deny 999');
  });

  it('has an answer only once it is there, and its body later', () => {
    const program = programOf(
      source(`SecRule RESPONSE_STATUS "@rx ." "id:1,phase:1,pass"
SecRule RESPONSE_STATUS "@streq 200" "id:3,phase:3,pass"
SecRule RESPONSE_HEADERS:/^x-/ "@rx ." "id:4,phase:3,pass"
SecRule RESPONSE_BODY "@contains secret" "id:5,phase:3,pass"
SecRule RESPONSE_BODY "@contains secret" "id:6,phase:4,pass"
SecRule RESPONSE_BODY "@contains secret" "id:7,phase:5,pass"`).steps,
    );
    const transaction = new Transaction(program, inputOf());
    const head = { status: 200, protocol: 'HTTP/1.1', headers: [['X-A', '1']] as const };
    const run = (phase: Phase) => {
      transaction.hits.length = 0;
      transaction.run(phase);
      return transaction.hits.map((h) => h.id);
    };
    expect([run(1), run(2)]).toEqual([[], []]);
    transaction.variables.answered({ head, body: '' });
    expect(run(3)).toEqual([3, 4]);
    transaction.variables.answered({ head, body: 'a secret' });
    expect([run(4), run(5)]).toEqual([[6], [7]]);
    expect(txOf(transaction)).toEqual([]);
  });
});
