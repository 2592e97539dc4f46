import { describe, expect, it } from 'vitest';
import type { Control, SetVar } from '../../../src/waf/ir.ts';
import { parseSecLang } from '../../../src/waf/seclang/index.ts';
import { data, link, rule, rules, source } from './read.ts';

const all = { kind: 'all' } as const;
const key = (name: string) => ({ selector: { kind: 'key', key: name } as const });
const regex = (written: string) => ({ selector: { kind: 'regex', source: written } as const });

describe('a rule', () => {
  it('has everything that its actions say', () => {
    const text = String.raw`
      # a comment
      SecRule ARGS:Name "!@streq %{tx.a}-b" \
        "id:7, phase:1,\
         deny,status:406,\
         msg:'it\'s \"%{MATCHED_VAR}\", so',\
         logdata:%{TX.0},tag:one,tag:'paranoia-level/2',ver:'1',rev:2,accuracy:9,maturity:1,\
         severity:4,t:lowercase,t:none,t:urlDecode,t:normalisePathWin,capture,multiMatch,nolog,\
         setvar:tx.n=+1,ctl:auditEngine=Off,skipAfter:END"
      SecMarker END`;
    expect(rule(text)).toEqual({
      kind: 'rule',
      id: 7,
      phase: 1,
      links: [
        {
          targets: [{ kind: 'collection', name: 'ARGS', ...key('name'), count: false }],
          exclusions: [],
          transforms: ['urlDecode', 'normalizePathWin'],
          operator: { name: 'streq', value: [{ name: 'TX', key: 'a' }, '-b'] },
          negated: true,
          capture: true,
          multiMatch: true,
          setVars: [{ name: 'n', op: 'add', value: '1' }],
          controls: [{ kind: 'audit' }],
        },
      ],
      disposition: { kind: 'deny', status: 406 },
      msg: [`it's "`, { name: 'MATCHED_VAR', key: '' }, '", so'],
      logData: [{ name: 'TX', key: '0' }],
      log: false,
      severity: 'WARNING',
      tags: ['one', 'paranoia-level/2'],
      paranoia: 2,
      skipAfter: 'END',
      labels: [],
      only: null,
      place: { file: 'a.conf', line: 3, column: 7 },
    });
  });

  it('is of phase 2, passes and is logged, when it says nothing of that', () => {
    const { phase, disposition, log, severity, paranoia } = rule('SecRule ARGS x id:1');
    expect({ phase, disposition, log, severity, paranoia }).toEqual({
      phase: 2,
      disposition: { kind: 'pass' },
      log: true,
      severity: null,
      paranoia: 0,
    });
  });

  it.each([
    ['1', 1],
    ['request', 2],
    ['3', 3],
    ['Response', 4],
    ['logging', 5],
  ])('phase:%s is phase %i', (written, phase) => {
    expect(rule(`SecAction "id:1,phase:${written}"`).phase).toBe(phase);
  });

  it.each([
    ['pass', { kind: 'pass' }],
    ['block', { kind: 'block' }],
    ['deny', { kind: 'deny', status: 403 }],
    ['drop', { kind: 'drop' }],
    ['allow', { kind: 'allow', scope: 'all' }],
    ['allow:phase', { kind: 'allow', scope: 'phase' }],
    ["allow:'request'", { kind: 'allow', scope: 'request' }],
    ['block,status:500', { kind: 'block' }],
  ])('%s', (written, disposition) => {
    expect(rule(`SecAction "id:1,${written}"`).disposition).toEqual(disposition);
  });

  it.each([
    ['log', true],
    ['nolog', false],
    ['nolog,auditlog', true],
    ['noauditlog', true],
    ['nolog,log', true],
    ['log,nolog', false],
  ])('%s: a hit makes an event: %s', (written, log) => {
    expect(rule(`SecAction "id:1,${written}"`).log).toBe(log);
  });
});

describe('a chain', () => {
  it('is one rule; each link has its own transformations, variables and controls', () => {
    const { links, disposition } = rule(`
      SecRule ARGS a "id:1,deny,t:lowercase,setvar:tx.a=1,chain"
        # between links
        SecRule TX:1 "@eq 5" "t:length,capture,ctl:ruleEngine=Off,chain"
        SecAction "setvar:tx.b=2"`);
    expect(disposition).toEqual({ kind: 'deny', status: 403 });
    expect(links.map((l) => [l.operator.name, l.transforms, l.setVars.length, l.capture])).toEqual([
      ['rx', ['lowercase'], 1, false],
      ['eq', ['length'], 0, true],
      ['always', [], 1, false],
    ]);
    expect(links[1]!.controls).toEqual([{ kind: 'engine', mode: 'off' }]);
  });
});

describe('setvar', () => {
  it.each<[string, SetVar]>([
    ['tx.a=1', { name: 'a', op: 'set', value: '1' }],
    ['TX.A.b', { name: 'A.b', op: 'set', value: '1' }],
    ['!tx.a', { name: 'a', op: 'unset' }],
    ['tx.a=', { name: 'a', op: 'set', value: '' }],
    ['tx.a=x=y', { name: 'a', op: 'set', value: 'x=y' }],
    ['tx.a=-2', { name: 'a', op: 'subtract', value: '2' }],
    ['tx.a=+%{tx.b}', { name: 'a', op: 'add', value: [{ name: 'TX', key: 'b' }] }],
    [
      'tx.a_%{tx.0}=/%{tx.0}/',
      {
        name: ['a_', { name: 'TX', key: '0' }],
        op: 'set',
        value: ['/', { name: 'TX', key: '0' }, '/'],
      },
    ],
  ])('%s', (written, setVar) => {
    expect(link(`SecAction "id:1,setvar:'${written}'"`).setVars).toEqual([setVar]);
  });
});

describe('ctl', () => {
  const ids = (from: number, to: number) => ({ kind: 'ids', from, to }) as const;
  it.each<[string, Control]>([
    ['ruleRemoveById=5', { kind: 'remove-rules', rules: ids(5, 5) }],
    ['ruleRemoveById=5-9', { kind: 'remove-rules', rules: ids(5, 9) }],
    ['ruleRemoveByTag=a/b', { kind: 'remove-rules', rules: { kind: 'tag', tag: 'a/b' } }],
    ['ruleRemoveByMsg=a (b)', { kind: 'remove-rules', rules: { kind: 'msg', msg: 'a (b)' } }],
    [
      'ruleRemoveTargetById=5-9;ARGS:Foo',
      { kind: 'remove-targets', rules: ids(5, 9), target: { name: 'ARGS', ...key('foo') } },
    ],
    [
      'ruleRemoveTargetByTag=t;REQUEST_FILENAME',
      {
        kind: 'remove-targets',
        rules: { kind: 'tag', tag: 't' },
        target: { name: 'REQUEST_FILENAME', selector: all },
      },
    ],
    [
      'ruleRemoveTargetByMsg=a b;ARGS:/^x/',
      {
        kind: 'remove-targets',
        rules: { kind: 'msg', msg: 'a b' },
        target: { name: 'ARGS', ...regex('^x') },
      },
    ],
    ['ruleEngine=DetectionOnly', { kind: 'engine', mode: 'detect' }],
    ['requestBodyProcessor=XML', { kind: 'body-processor', processor: 'xml' }],
    ['forceRequestBodyVariable=On', { kind: 'force-body-variable' }],
    ['auditLogParts=+E', { kind: 'audit' }],
  ])('%s', (written, control) => {
    expect(link(`SecAction "id:1,ctl:'${written}'"`).controls).toEqual([control]);
  });
});

describe('SecDefaultAction', () => {
  it('holds for the rules of its phase; block is what it says', () => {
    const text = `
      SecDefaultAction "phase:1,nolog,deny,status:409,t:lowercase"
      SecRule ARGS x "id:1,phase:1,block,t:trim"
      SecRule ARGS x "id:2,phase:1,pass,log,t:none,t:trim,chain"
        SecRule ARGS y t:length
      SecRule ARGS x "id:3,phase:1,deny,status:500"
      SecRule ARGS x "id:4,phase:2,block"`;
    expect(
      rules(text).map(({ id, disposition, log, links }) => [
        ...[id, disposition, log],
        links.map((l) => l.transforms),
      ]),
    ).toEqual([
      [1, { kind: 'deny', status: 409 }, false, [['lowercase', 'trim']]],
      [2, { kind: 'pass' }, true, [['trim'], ['lowercase', 'length']]],
      [3, { kind: 'deny', status: 500 }, false, [['lowercase']]],
      [4, { kind: 'block' }, true, [[]]],
    ]);
  });
});

describe('changes of rules above', () => {
  const THREE = `
    SecRule ARGS x "id:1,tag:a,msg:'one, 1',chain"
      SecRule ARGS y
    SecRule ARGS x "id:2,tag:a,tag:b,msg:two"
    SecRule ARGS x "id:30,tag:b,severity:2,nolog"
    `;
  it.each([
    ['SecRuleRemoveById 1', [2, 30]],
    ['SecRuleRemoveById 1 "5-99"', [2]],
    ['SecRuleRemoveById 2-30,1', []],
    ['SecRuleRemoveByTag a', [30]],
    ['SecRuleRemoveByMsg "one, 1"', [2, 30]],
  ])('%s', (directive, left) => {
    expect(rules(THREE + directive).map(({ id }) => id)).toEqual(left);
  });

  it.each([
    ['SecRuleUpdateTargetById 1-9 !ARGS:x', [1, 2]],
    ['SecRuleUpdateTargetById 30 "!ARGS:x"', [30]],
    ['SecRuleUpdateTargetByTag b !ARGS:x', [2, 30]],
    ['SecRuleUpdateTargetByMsg two !ARGS:x', [2]],
  ])('%s', (directive, changed) => {
    const taken = rules(THREE + directive).filter(({ links }) => links[0]!.exclusions.length === 1);
    expect(taken.map(({ id }) => id)).toEqual(changed);
  });

  it('the target of a later link, and new targets', () => {
    const [first] = rules(`${THREE} SecRuleUpdateTargetById 1:1 "REQUEST_URI|!ARGS:z"`);
    expect(first!.links.map((l) => [l.targets.length, l.exclusions.length])).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  it('actions: what is said once is replaced, the rest is added', () => {
    const text = `${THREE} SecRuleUpdateActionById 30 "deny,status:418,severity:CRITICAL,tag:c,t:trim,log"`;
    expect(rules(text)[2]).toMatchObject({
      disposition: { kind: 'deny', status: 418 },
      ...{ severity: 'CRITICAL', tags: ['b', 'c'], log: true },
      links: [{ transforms: ['trim'] }],
    });
  });
});

describe('the text', () => {
  it('goes over continued lines, with any end of line and a byte order mark', () => {
    const text = '\xef\xbb\xbfSecRule ARGS \\\r\n  "a\\\r\nb" \\\n\t"id:1,\\\n  pass"\r\n';
    expect(rule(text)).toMatchObject({
      links: [{ operator: { pattern: 'ab' } }],
      place: { line: 1, column: 4 },
    });
  });

  it('has arguments in double quotes, in single ones, and in none', () => {
    expect(link(`secrule 'ARGS' '@streq a"\\'b' id:1`).operator).toEqual({
      name: 'streq',
      value: `a"'b`,
    });
  });

  it('is the same in one file and in several', () => {
    const read = parseSecLang(
      [
        { file: 'a.conf', text: 'SecAction "id:1,skipAfter:END"' },
        { file: 'b.conf', text: 'SecMarker END\nSecRuleUpdateActionById 1 deny' },
      ],
      data,
    );
    expect(read.ok && read.value.steps).toMatchObject([
      { id: 1, disposition: { kind: 'deny' }, place: { file: 'a.conf' } },
      { kind: 'marker', name: 'END' },
    ]);
  });

  it('may say who wrote it', () => {
    const text = 'SecComponentSignature "a/1"\nSecComponentSignature b\nSecCollectionTimeout 600';
    expect(source(text)).toEqual({ steps: [], signature: 'a/1 b' });
    expect(source('').signature).toBe(null);
  });

  it('may name a persistent collection, which has no effect', () => {
    expect(link('SecAction "id:1,initcol:ip=%{REMOTE_ADDR}"')).toEqual(link('SecAction "id:1"'));
  });
});
