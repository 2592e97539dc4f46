/** What rules do, as an operator reads it: SecLang on the left, what becomes of requests on the right. */
import { describe, expect, it } from 'vitest';
import { source } from '../seclang/read.ts';
import { inputOf, judged, programOf } from './engine.ts';

type Sent = Parameters<typeof inputOf>[0] & { readonly body?: string };

const of = (text: string, { body = '', ...parts }: Sent = {}) => {
  const program = programOf(source(text).steps);
  return judged(program, inputOf(parts), body, false);
};
const ids = (text: string, sent: Sent = {}): number[] => of(text, sent).hits.map((h) => h.id);
const tx = (text: string, sent: Sent = {}): Record<string, string> =>
  Object.fromEntries(of(text, sent).tx);

describe('a chain', () => {
  const CHAIN = `SecRule ARGS:a "@rx ^f" "id:1,phase:1,pass,chain,setvar:tx.first=+1"
SecRule ARGS:b "@streq 2" "setvar:tx.second=+1"`;
  it.each([
    ['a=foo&b=2', [1], { first: '1', second: '1' }],
    // What a link sets is set even where the chain then fails.
    ['a=foo&b=3', [], { first: '1' }],
    ['a=x&b=2', [], {}],
    // Once for every value that matches.
    ['a=f&a=fo&b=2', [1], { first: '2', second: '1' }],
    ['', [], {}],
  ])('%s: %j', (query, hits, set) => {
    expect(ids(CHAIN, { query })).toEqual(hits);
    expect(tx(CHAIN, { query })).toEqual(set);
  });

  it('looks at what the link before has matched, transformed', () => {
    const rule = `SecRule ARGS "@rx foo" "id:1,phase:1,pass,t:lowercase,chain"
SecRule MATCHED_VARS "@streq foo" "chain,setvar:tx.one=+1"
SecRule MATCHED_VAR_NAME "@rx ." "capture"`;
    expect(tx(rule, { query: 'a=FOO&b=foo&c=food' })).toEqual({ one: '2', 0: 'A' });
  });

  it('compares with what the link before has matched', () => {
    const rule = `SecRule REQUEST_HEADERS:Origin "@rx ." "id:1,phase:1,deny,chain"
SecRule REQUEST_HEADERS:Host "!@streq %{MATCHED_VAR}"`;
    const headers = (host: string) => [['Origin', 'a.example'] as const, ['Host', host] as const];
    expect(ids(rule, { headers: headers('b.example') })).toEqual([1]);
    expect(ids(rule, { headers: headers('a.example') })).toEqual([]);
  });

  it('knows nothing of what the rule before has matched', () => {
    const rules = `SecRule ARGS "@rx foo" "id:1,phase:1,pass"
SecRule MATCHED_VARS|MATCHED_VAR "@rx ." "id:2,phase:1,pass"`;
    expect(ids(rules, { query: 'a=foo' })).toEqual([1]);
  });
});

describe('an operator', () => {
  it.each([
    ['ARGS:a "@rx x"', 'a=x', true],
    ['ARGS:A "@rx x"', 'a=x', true],
    ['ARGS:a "!@rx x"', 'a=y', true],
    ['ARGS:a "!@rx x"', 'a=x', false],
    // Of values that are not there nothing is said, negated or not.
    ['ARGS:a "!@rx x"', 'b=1', false],
    ['ARGS:a "!@eq 1"', '', false],
    ['&ARGS:a "@eq 0"', 'b=1', true],
    ['&ARGS "@gt 1"', 'a=1&b=2', true],
    ['&ARGS|!ARGS:b "@eq 1"', 'a=1&b=2', true],
    // What is not looked at is not missed.
    ['&ARGS:a|!ARGS:a "@eq 0"', '', false],
    ['ARGS|!ARGS:a "@rx x"', 'a=x', false],
    ['ARGS|!ARGS:/^a/ "@rx x"', 'ab=x', false],
    ['ARGS|!ARGS:/^a/ "@rx x"', 'b=x', true],
    ['ARGS:/^a/ "@rx x"', 'ab=x', true],
    ['ARGS_NAMES "@streq a"', 'a=x', true],
    ['REQUEST_HEADERS:X-Odd "@rx x"', '', true],
    ['REQUEST_HEADERS:/^x-/ "@rx x"', '', true],
    ['REQUEST_HEADERS_NAMES "@streq X-ODD"', '', true],
    ['REQUEST_COOKIES:c "@streq \\"1\\""', '', true],
    ['REQUEST_COOKIES:d "@streq 2"', '', true],
    ['REQUEST_COOKIES_NAMES "@streq c"', '', true],
    ['TX:never "@eq 0"', '', false],
    ['&TX:never "@eq 0"', '', true],
  ])('%s, %j: %s', (rule, query, hits) => {
    const headers = [
      ['X-ODD', 'x'],
      ['Cookie', 'c="1"'],
      ['COOKIE', 'd=2'],
    ] as const;
    expect(ids(`SecRule ${rule} "id:1,phase:1,pass"`, { query, headers })).toEqual(hits ? [1] : []);
  });

  it('sees a value after each transformation that changes it, if it asks: multiMatch', () => {
    const rule = (operator: string, more = '') =>
      `SecRule ARGS "${operator}" "id:1,phase:1,pass,t:none,t:urlDecodeUni,t:lowercase,capture${more}"`;
    const query = 'a=%2546OO';
    expect(tx(rule('@rx ^%46'), { query })).toEqual({});
    expect(tx(rule('@rx ^%46', ',multiMatch'), { query })).toEqual({ 0: '%46' });
    expect(tx(rule('@rx FO(O)', ',multiMatch'), { query })).toEqual({ 0: 'FOO', 1: 'O' });
    expect(ids(rule('@streq FOO', ',multiMatch'), { query })).toEqual([1]);
    expect(ids(rule('!@rx foo', ',multiMatch'), { query })).toEqual([1]);
    expect(ids(rule('!@rx foo'), { query })).toEqual([]);
  });

  it('answers for requests of any names', () => {
    const rule = 'SecRule ARGS|ARGS_NAMES "@streq evil" "id:1,phase:2,pass"';
    const headers = [['Content-Type', 'application/json']] as const;
    for (const body of ['{"__proto__":"evil"}', '{"constructor":{"__proto__":["evil"]}}'])
      expect(ids(rule, { headers, body }), body).toEqual([1]);
    expect(ids(rule, { query: '__proto__=evil' })).toEqual([1]);
  });
});

describe('a variable that rules set', () => {
  it.each([
    ['setvar:tx.a=1', { a: '1' }],
    ['setvar:tx.a', { a: '1' }],
    ['setvar:tx.A=x,setvar:tx.a=%{tx.a}y', { a: 'xy' }],
    ['setvar:tx.a=+5,setvar:tx.a=-2', { a: '3' }],
    ['setvar:tx.a=5,setvar:tx.b=+%{tx.a}', { a: '5', b: '5' }],
    ['setvar:tx.a=12abc,setvar:tx.a=+1', { a: '13' }],
    ['setvar:tx.a=abc,setvar:tx.a=+1', { a: '1' }],
    ['setvar:tx.a=1,setvar:!tx.a', {}],
    ['setvar:tx.a=7,setvar:!tx.a,setvar:tx.a=+1', { a: '1' }],
    ['setvar:tx.n=b,setvar:tx.x_%{tx.n}=1', { n: 'b', x_b: '1' }],
    ["setvar:'tx.m=%{REQUEST_METHOD} %{REQUEST_HEADERS.host}'", { m: 'POST shop' }],
  ])('%s', (actions, set) => {
    const headers = [['HOST', 'shop']] as const;
    expect(tx(`SecAction "id:1,phase:1,nolog,pass,${actions}"`, { headers })).toEqual(set);
    // Not worked out beforehand, it comes to the same.
    const asked = `SecRule REQUEST_METHOD "@rx ." "id:1,phase:1,nolog,pass,${actions}"`;
    expect(tx(asked, { headers })).toEqual(set);
  });

  it('is worked out beforehand only as often as it would be set', () => {
    const twice = `SecAction "id:1,phase:1,nolog,pass,setvar:tx.a=1,setvar:tx.b=1"
SecRule TX:a|TX:b "@eq 1" "id:2,phase:1,nolog,pass,setvar:tx.n=+1"`;
    expect(tx(twice)).toEqual({ a: '1', b: '1', n: '2' });
  });

  it('is not worked out of what an earlier link has just changed', () => {
    const chain = `SecAction "id:1,phase:1,nolog,pass,setvar:tx.a=0,chain"
SecRule TX:a "@eq 0" "setvar:tx.n=+1"`;
    expect(tx(chain)).toEqual({ a: '0', n: '1' });
  });

  it('holds groups 0 to 9 of the last match that captures', () => {
    const rules = `SecRule ARGS:a "@rx (b)(x)?(c)" "id:1,phase:1,pass,capture,setvar:tx.got=%{tx.0}-%{tx.3}"
SecRule ARGS:b "@rx z" "id:2,phase:1,pass,capture"`;
    expect(tx(rules, { query: 'a=abc' })).toEqual({ 0: 'bc', 1: 'b', 2: '', 3: 'c', got: 'bc-c' });
    expect(tx(rules, { query: 'a=abc&b=z' })).toEqual({ 0: 'z', got: 'bc-c' });
  });

  it('is the policy’s where the policy sets it, under whatever name a rule knows it', () => {
    const rules = `SecAction "id:1,phase:1,nolog,pass,setvar:tx.limit=9"
SecRule ARGS_NAMES "@rx ." "id:2,phase:1,nolog,pass,setvar:tx.%{MATCHED_VAR}=9"`;
    const program = programOf(source(rules).steps, new Map([['limit', '5']]));
    const { tx: set } = judged(program, inputOf({ query: 'limit=1&other=1' }), '', false);
    expect(Object.fromEntries(set)).toEqual({ limit: '5', other: '9' });
  });
});
