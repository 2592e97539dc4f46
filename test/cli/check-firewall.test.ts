/** What `zonegate check` says of a firewall. */
import { describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { firewallConfig, HOUSE, withExclusions } from '../support/firewall-config.ts';

describe('check', () => {
  const summaryOf = async (config: string, ...more: string[]) =>
    run('check', '-c', config, ...more);

  it('tells rule sets, rules by phase, cost, routes and what never hits', async () => {
    const { code, out } = await summaryOf(firewallConfig(HOUSE));
    expect(code).toBe(0);
    expect(out).toContain('rule set house: 5 rules\n');
    expect(out).toMatch(
      /policy shop: mode detect, 3 rules \(1\+2\+0\+0\+0 by phase\), cost \d+ units; shop\.example\/search/,
    );
    expect(out).toContain('never hit: 1 of answers’ bodies, 1 expired');
  });

  it('tells each by its place, and as JSON', async () => {
    const config = firewallConfig(HOUSE);
    expect((await summaryOf(config, '--verbose')).out).toMatch(
      / {4}15 expired \S+firewall\.yaml:\d+/,
    );
    const { summary } = JSON.parse((await summaryOf(config, '--json')).out) as {
      summary: { firewall: { policies: { never: Record<string, { rule: number }[]> }[] } };
    };
    expect(summary.firewall.policies[0]!.never.expired!.map((r) => r.rule)).toEqual([15]);
    const risky = {
      ...HOUSE,
      ruleSets: {
        house: {
          rules: [
            {
              id: 5,
              owner: 'a',
              action: 'block',
              when: { field: 'args', op: 'matches', value: '(a+)+b' },
            },
          ],
        },
      },
    };
    const told = await summaryOf(firewallConfig(risky), '--verbose');
    expect(told.out).toMatch(/1 pattern for the linear engine where values are long/);
    expect(told.out).toMatch(/ {4}5 \w+ above \d+ bytes \S+firewall\.yaml:\d+/);
  });

  it('warns of exclusions that fit nothing, are over or nearly, and of policies that nobody uses', async () => {
    const soon = new Date(Date.now() + 5 * 86_400_000).toISOString();
    const config = firewallConfig(
      withExclusions(HOUSE, [
        { rule: 99, owner: 'a', reason: 'b' },
        { rule: 12, owner: 'a', reason: 'b', expires: '2020-01-01T00:00:00Z' },
        { rule: 13, target: 'arg:x', owner: 'a', reason: 'b', expires: soon },
      ]),
      { spare: { ruleSets: ['house'] } },
    );
    const { code, err } = await summaryOf(config);
    expect(code).toBe(0);
    for (const word of [
      'exclusion-unused',
      'exclusion-expired',
      'exclusion-expiring',
      'policy-unused',
    ])
      expect(err.split(`(${word})`).length, word).toBe(2);
  });

  it('holds a policy to its cost', async () => {
    const { code, err } = await summaryOf(firewallConfig({ ...HOUSE, maxCostUnits: 1 }));
    expect([code, err]).toEqual([78, expect.stringContaining('cost more than it allows')]);
    expect((await summaryOf(firewallConfig({ ...HOUSE, maxCostUnits: 1000 }))).code).toBe(0);
  });
});
