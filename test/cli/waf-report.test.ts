/** `zonegate waf report`: events counted, and exclusions that hold. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Told } from '../../src/cli/waf/told-text.ts';
import { auditLine } from '../../src/waf/audit.ts';
import { run } from '../support/command.ts';
import { CRS, CRS_ABSENT, crsIsThere } from '../support/crs.ts';
import { firewallConfig, HOUSE, withExclusions } from '../support/firewall-config.ts';
import { auditedRequest, hitOf } from '../support/waf-events.ts';
import { FORM, fileOf, get, post, SQLI, told } from '../support/waf-told.ts';

describe('waf report', () => {
  const events = (...lines: string[]): string => fileOf(`${lines.join('')}{"an":"access line"}\n`);
  const event = (
    more: Parameters<typeof hitOf>[0],
    client = '192.0.2.7',
    timestampMs = auditedRequest.timestampMs,
  ) =>
    auditLine(
      { ...auditedRequest, client, timestampMs },
      { hit: hitOf(more), action: 'count', score: 5 },
      'redacted',
    );

  it('counts by rule, route and target; clients, actions and samples', async () => {
    const many = Array.from({ length: 40 }, (_, i) => event({}, `192.0.2.${i % 20}`));
    const file = events(...many, event({ id: 941100, target: 'REQUEST_COOKIES:x' }));
    const { code, out } = await run('waf', 'report', file, '--json');
    const report = JSON.parse(out) as {
      events: number;
      others: number;
      rows: Record<string, unknown>[];
    };
    expect([code, report.events, report.others, report.rows.length]).toEqual([0, 41, 1, 2]);
    expect(report.rows[0]).toMatchObject({
      ...{ rule: 942100, route: 'shop.example/search', policy: 'shop', target: 'ARGS:comment' },
      ...{ count: 40, actions: { count: 40 }, samples: ["1' or 1=1"] },
    });
    expect(Math.abs(Number(report.rows[0]!.clients) - 20)).toBeLessThan(3);
    const text = (await run('waf', 'report', file, '--min', '2')).out;
    expect(text).toContain('942100  SQL Injection\n  at ARGS:comment, route shop.example/search');
    expect(text).not.toContain('941100');
  });

  it('writes exclusions that say who and why, and end', async () => {
    const { out } = await run('waf', 'report', events(event({})), '--json');
    const { rows } = JSON.parse(out) as { rows: { exclusion: string }[] };
    expect(parse(rows[0]!.exclusion)).toEqual([
      {
        rule: 942100,
        target: 'arg:comment',
        owner: 'you',
        reason: 'hits: 1, clients: about 1, on shop.example/search; found harmless',
        expires: '2036-04-01T03:04:05Z',
      },
    ]);
  });

  it('has none for rules that add up, and says where one is wide', async () => {
    const file = events(
      event({ id: 949110, target: 'TX:blocking_inbound_anomaly_score' }),
      event({ id: 920220, target: 'REQUEST_BASENAME' }),
      event({ id: 942100, target: 'ARGS' }),
    );
    const { out } = await run('waf', 'report', file);
    expect(out).toMatch(/949110[^-]*it adds up what other rules find/);
    expect(out).toMatch(/920220[\s\S]*the exclusion is of the whole rule/);
    expect(out).toMatch(/942100[\s\S]*target: args[\s\S]*of the whole list/);
  });

  it('leaves out what is older, and what is no event', async () => {
    const now = Date.now();
    const file = events(event({}, 'a', now - 7_200_000), event({}, 'b', now - 60_000));
    writeFileSync(file, `${readFileSync(file, 'utf8')}not json "waf"\n${'x'.repeat(3_000_000)}\n`);
    appendFileSync(file, event({}, 'c', now));
    const { out } = await run('waf', 'report', file, '--since', '1h', '--json');
    expect(JSON.parse(out)).toMatchObject({ events: 2, others: 3 });
  });

  it('holds no more than so many rows, and says what it may miss', async () => {
    const file = events(event({ target: 'ARGS:often' }), event({ target: 'ARGS:often' }));
    for (let i = 0; i < 21_000; i += 1000)
      appendFileSync(
        file,
        Array.from({ length: 1000 }, (_, k) => event({ target: `ARGS:${i + k}` })).join(''),
      );
    const { out } = await run('waf', 'report', file, '--json', '--top', '1');
    const report = JSON.parse(out) as { mayMiss: number; more: number; rows: object[] };
    expect(report.mayMiss).toBe(1);
    expect(report.more).toBeLessThan(20_000);
    expect(report.rows[0]).toMatchObject({ target: 'ARGS:often', count: 2 });
  });

  it.each([
    ['--since', 'yesterday'],
    ['--min', '0'],
  ])('%s %s is a mistake', async (...more) => {
    expect((await run('waf', 'report', events(event({})), ...more)).code).toBe(2);
  });
});

describe('from a request to its exclusion', () => {
  /** Events as the gate would write them for the request, then the report of these, then the request again. */
  async function pasted(
    firewall: Parameters<typeof firewallConfig>[0],
    request: string,
  ): Promise<Told & { code: number | null }> {
    const { rules } = await told(firewallConfig(firewall), request, '--full');
    const lines = rules.flatMap((r) =>
      r.quiet || r.id >= 949_000
        ? []
        : r.matched.map(({ target, value }) =>
            auditLine(
              auditedRequest,
              { hit: hitOf({ id: r.id, target, value }), action: 'count', score: 5 },
              'redacted',
            ),
          ),
    );
    expect(lines.length).toBeGreaterThan(0);
    const { out } = await run('waf', 'report', fileOf(lines.join('')), '--json');
    const { rows } = JSON.parse(out) as { rows: { exclusion: string }[] };
    const exclusions = rows.flatMap((row) => parse(row.exclusion) as object[]);
    return told(firewallConfig(withExclusions(firewall, exclusions)), request);
  }

  it('native rules: what is pasted makes the request pass', async () => {
    const after = await pasted(HOUSE, get(`/search?q=${SQLI}&r=%3Cscript%3Ealert(1)%3C/script%3E`));
    expect([after.code, after.refused]).toEqual([0, false]);
    expect(after.heldBack.map((h) => h.rule).sort()).toEqual([12, 13]);
  });

  it.skipIf(!crsIsThere)(
    `CRS: the same${CRS_ABSENT}`,
    async () => {
      const crs = { ruleSets: { crs: { seclang: [CRS] } }, use: ['crs'] };
      const request = post(
        FORM,
        `comment=${SQLI}&k%C3%BC=%3Cscript%3Ealert(1)%3C/script%3E`,
        'Cookie: x=<script>alert(1)</script>\r\nUser-Agent: a\r\nAccept: */*\r\n',
      );
      const before = await told(firewallConfig(crs), request);
      expect(before.refused).toBe(true);
      expect(before.rules.find((r) => r.id === 942100)).toMatchObject({
        adds: { inbound_anomaly_score_pl1: 5, sql_injection_score: 5 },
        place: expect.stringMatching(/942-[^:]+\.conf:\d+$/) as string,
      });
      const after = await pasted(crs, request);
      expect([after.code, after.score.found]).toEqual([0, 0]);
    },
    30_000,
  );
});
