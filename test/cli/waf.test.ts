/** `zonegate waf test`: a verdict explained. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { REFERENCE } from '../support/config.ts';
import { firewallConfig, HOUSE, withExclusions } from '../support/firewall-config.ts';
import { FORM, fileOf, get, post, SQLI, told } from '../support/waf-told.ts';

describe('waf test', () => {
  it('explains a verdict: rule, message, place, value, points, score, and what mode block would do', async () => {
    const config = firewallConfig(HOUSE);
    const { code, out } = await run('waf', 'test', '-c', config, fileOf(get(`/search?q=${SQLI}`)));
    expect(code).toBe(1);
    expect(out).toMatch(/route shop\.example\/search, app shop, policy shop, mode detect/);
    expect(out).toMatch(/phase 2 {2}12 +SQL in the query\n +matched +ARGS_GET:q = "1' or 1=1-- "/);
    expect(out).toContain('adds     5 to zonegate_score');
    const line = readFileSync(join(config, 'firewall.yaml'), 'utf8').split('\n');
    const at = line.findIndex((l) => l.includes('id: 12')) + 1;
    expect(out).toContain(`firewall.yaml:${at}\n`);
    expect(out).toContain('score   5, refused at 5');
    expect(out).toContain('in mode block it is refused: 403 waf-score');
  });

  it('ends with 0 for what passes', async () => {
    const { code, rules, refused } = await told(firewallConfig(HOUSE), get('/search?q=shoes'));
    expect([code, rules, refused]).toEqual([0, [], false]);
  });

  it('hides secrets, unless asked not to', async () => {
    const config = firewallConfig(HOUSE);
    const request = get(`/search?password=${SQLI}`);
    expect((await told(config, request)).rules[0]!.matched[0]!.value).toBe('(12 bytes)');
    expect((await told(config, request, '--full')).rules[0]!.matched[0]!.value).toBe(
      "1' or 1=1-- ",
    );
  });

  it('never sends control bytes to a terminal', async () => {
    const request = get('/search?q=%3Cscript%3E%1b[31m%9b%3C/script%3E');
    const { out } = await run('waf', 'test', '-c', firewallConfig(HOUSE), fileOf(request));
    expect(out).toContain('\\u001b[31m');
    expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  });

  it('takes LF in the head, a body as it stands, by its length, or by chunks', async () => {
    const config = firewallConfig(HOUSE);
    const body = 'c=<script>alert(1)</script>';
    for (const request of [
      post(FORM, body).replaceAll('\r\n', '\n'),
      post(FORM, `${body}\n\n`, `Content-Length: ${body.length}\r\n`),
      post(
        FORM,
        `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
        'Transfer-Encoding: chunked\r\n',
      ),
    ]) {
      const { rules, at } = await told(config, request);
      expect(rules.map((r) => [r.id, r.matched[0]!.value])).toEqual([[13, body.slice(2)]]);
      expect(at).toBe('body');
    }
  });

  it('names faults of bodies, and refuses ambiguous ones', async () => {
    const json = await told(firewallConfig(HOUSE), post('application/json', '{"a":1,"a":2}'));
    expect(json.bodyFault).toMatchObject({ code: 'json-duplicate-key', ambiguous: true });
    expect([json.code, json.verdict]).toEqual([1, { status: 400, code: 'waf-ambiguous-body' }]);
  });

  it('says when a body is longer than is inspected, and inflates coded ones', async () => {
    const config = firewallConfig({ ...HOUSE, body: { inspectBytes: 1024, overLimit: 'reject' } });
    const long = await told(config, post(FORM, `a=${'x'.repeat(2000)}`));
    expect([long.truncated, long.verdict.code]).toEqual([true, 'waf-body-too-long']);
    const coded = await told(config, post(FORM, 'no gzip', 'Content-Encoding: gzip\r\n'));
    expect(coded.verdict).toEqual({ status: 400, code: 'waf-content-coding' });
  });

  it('judges an answer, if it is given one', async () => {
    const answer = fileOf('HTTP/1.1 500 Oops\nContent-Type: text/html\n\nORA-00942: no such table');
    const config = firewallConfig({ ...HOUSE, answers: { bodies: true } });
    const { rules, at, verdict } = await told(config, get('/search'), '--answer', answer);
    expect([rules.map((r) => r.id), at]).toEqual([[14], 'answer-body']);
    expect(verdict).toEqual({ status: 502, code: 'waf-answer' });
  });

  it('tells labels, and rules that are for some applications only', async () => {
    const config = firewallConfig(HOUSE);
    expect((await told(config, get('/search', 'x-tester: ann\r\n'))).labels).toEqual(['tester']);
    const other = await told(config, get('/catalog', 'x-tester: ann\r\n'), '--policy', 'shop');
    expect([other.app, other.labels]).toEqual(['catalog', []]);
  });

  it('tells what exclusions have left out, and whose they are', async () => {
    const config = firewallConfig(
      withExclusions(HOUSE, [
        { rule: 12, target: 'queryArg:q', owner: 'ann', reason: 'a quiz about SQL' },
      ]),
    );
    const { code, rules, heldBack } = await told(config, get(`/search?q=${SQLI}`));
    expect([code, rules]).toEqual([0, []]);
    expect(heldBack).toEqual([
      { rule: 12, target: 'ARGS_GET:q', owner: 'ann', reason: 'a quiz about SQL' },
    ]);
    expect((await told(config, get(`/search?r=${SQLI}`))).heldBack).toEqual([]);
  });

  it('tells where a shadow differs', async () => {
    const config = firewallConfig({ ...HOUSE, shadow: { ruleSets: ['next'] } });
    const { shadow } = await told(config, get(`/search?q=${SQLI}`));
    expect(shadow).toEqual({ only: [21], missing: [12] });
  });

  it('stops where the gate would: bytes it refuses, no route, no firewall', async () => {
    const config = firewallConfig(HOUSE);
    const bad = await run(
      'waf',
      'test',
      '-c',
      config,
      fileOf('GET /a b HTTP/1.1\r\nHost: h\r\n\r\n'),
    );
    expect([bad.code, bad.out]).toEqual([1, expect.stringContaining('400 bad-request-line')]);
    const lost = await run(
      'waf',
      'test',
      '-c',
      config,
      fileOf('GET / HTTP/1.1\nHost: no.example\n\n'),
    );
    expect([lost.code, lost.out]).toEqual([1, expect.stringContaining('421 route-host-unknown')]);
    const free = await run('waf', 'test', '-c', config, fileOf(get('/config')));
    expect([free.code, free.out]).toEqual([0, expect.stringContaining('has no firewall')]);
  });

  it.each([
    [['--policy', 'shopp'], 'Did you mean shop?'],
    [['--client', 'nobody'], '--client is an IP address'],
    [['--answer', '/nowhere'], "can't read /nowhere"],
  ])('%j is a mistake of usage', async (more, says) => {
    const done = await run('waf', 'test', '-c', REFERENCE, fileOf(get('/search')), ...more);
    expect([done.code, done.err]).toEqual([2, expect.stringContaining(says)]);
  });
});
