/** The firewall's switches from the command line: given, shown, taken back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { serveControl } from '../support/control.ts';
import { StandInDesk } from '../support/desk-stand-in.ts';
import { firewallConfig, withFirewall } from '../support/firewall.ts';
import { fleet } from '../support/fleet-commands.ts';

const guarded = () => fleet(new StandInDesk(withFirewall()));

describe('zonegate firewall', () => {
  it('gives orders in the words of the control API', async () => {
    const { desk, give } = await guarded();
    const words: [string, object][] = [
      ['firewall mode guard detect --for 30m', { policy: 'guard', mode: 'detect', forS: 1800 }],
      ['firewall mode * block', { do: 'waf-mode', policy: '*', mode: 'block' }],
      ['firewall as-declared guard', { do: 'waf-as-declared', policy: 'guard' }],
      ['firewall as-declared *', { do: 'waf-as-declared', policy: '*' }],
      ['firewall mode guard off --override firewall-open', { overrides: ['firewall-open'] }],
      ['firewall rule-off 101 --for 1d', { do: 'waf-rule-off', rule: 101, forS: 86_400 }],
      ['firewall rule-on 101', { do: 'waf-rule-on', rule: 101 }],
      ['firewall exempt 192.0.2.0/24 --for 2h', { network: '192.0.2.0/24', forS: 7200 }],
      ['firewall unexempt 192.0.2.0/24', { do: 'waf-unexempt', network: '192.0.2.0/24' }],
    ];
    for (const [line, expected] of words) {
      const { code, err } = await give(...line.split(' '));
      expect([line, code, err]).toEqual([line, 0, expect.stringContaining('firewall ')]);
      expect(desk.given.at(-1)).toMatchObject(expected);
    }
    expect(desk.board.switches).toHaveLength(1);
  });

  it('shows modes, declared and in force, and what is out, with who and why', async () => {
    const { give, look } = await guarded();
    const plain = await look('firewall', 'status');
    expect(plain.out).toBe('guard: block, 2 rules\nwatch: detect, 3 rules\nidle: off, 2 rules\n');
    await give('firewall', 'mode', 'guard', 'detect', '--for', '30m');
    await give('firewall', 'rule-off', '200');
    await give('firewall', 'exempt', '2001:DB8::/32');
    const { out } = await look('firewall', 'status');
    expect(out).toMatch(
      /^guard: detect \(declared block\), 2 rules\n {2}s1 firewall policy guard /,
    );
    expect(out).toMatch(/guard detect until \S+ \(in .*\); by ann .*: a test\nwatch: detect, 3/);
    expect(out).toMatch(
      /\nrule 200: out of watch\n {2}s2 firewall rule 200 off; by ann .*: a test\n/,
    );
    expect(out).toMatch(
      /\n2001:db8::\/32: not judged\n {2}s3 firewall not for 2001:db8::\/32; by /,
    );
    const whole = (await look('status')).out;
    for (const text of [
      's1 firewall policy guard detect until',
      's2 firewall rule 200 off; by ann',
    ])
      expect(whole).toContain(text);
    expect(JSON.parse((await look('firewall', 'status', '--json')).out)).toMatchObject({
      policies: [
        { policy: 'guard', declaredMode: 'block', mode: 'detect', order: { by: 'ann' } },
        {},
        {},
      ],
      rulesOff: [{ rule: 200, policies: ['watch'], order: { id: 's2', untilMs: null } }],
      networksOut: [{ network: '2001:db8::/32', order: { reason: 'a test' } }],
    });
  });

  it.each([
    ['firewall mode guard off', 1, 'would pass: the same with --for'],
    ['firewall mode gard block', 1, 'one of guard, watch, idle'],
    ['firewall exempt 0.0.0.0/0', 1, 'that is turning the firewall off'],
    ['firewall rule-off 942100', 1, 'no policy has a rule 942100'],
    ['firewall rule-on 101', 1, 'rule 101 is not off'],
    ['firewall mode guard on', 2, 'mode'],
    ['firewall rule-off sqli', 2, 'the rule’s id is a number'],
    ['firewall exempt here', 2, 'network'],
  ])('%s ends with %i', async (line, code, text) => {
    const { desk, give } = await guarded();
    const done = await give(...line.split(' '));
    expect([done.code, done.err]).toEqual([code, expect.stringContaining(text)]);
    expect(desk.board.epoch).toBe(0);
  });

  it('changes nothing in a dry run, and asks for a reason otherwise', async () => {
    const { desk, look } = await guarded();
    const mode = ['firewall', 'mode', 'guard', 'off', '--for', '5m'];
    const dry = await look(...mode, '--dry-run');
    expect([dry.code, dry.out]).toEqual([0, expect.stringContaining('firewall policy guard off')]);
    const silent = await look(...mode);
    expect([silent.code, silent.err]).toEqual([2, expect.stringContaining('--reason')]);
    expect(desk.board.epoch).toBe(0);
  });

  it('says so where no firewall is declared', async () => {
    const { give, look } = await fleet();
    expect((await look('firewall', 'status')).out).toBe('no Firewall document is declared\n');
    const { code, err } = await give('firewall', 'mode', '*', 'block');
    expect([code, err]).toEqual([1, expect.stringContaining('a Firewall document')]);
  });

  it('shows the gate’s own without a fleet, too', async () => {
    const { url } = await serveControl({ desk: null });
    const { code, out } = await run('firewall', 'status', '--admin', url);
    expect([code, out]).toEqual([0, 'no Firewall document is declared\n']);
  });

  it('stands in the trail', async () => {
    const { give, look } = await guarded();
    await give('firewall', 'mode', 'watch', 'block');
    await give('firewall', 'mode', 'watch', 'detect', '--for', '1h');
    expect((await look('audit')).out).toContain('firewall policy watch detect, instead of block');
  });

  it('has its help', async () => {
    for (const word of ['', 'mode', 'as-declared', 'rule-off', 'rule-on', 'exempt', 'unexempt']) {
      const words = ['firewall', ...(word === '' ? [] : [word])];
      const { code, out } = await run(...words, '--help');
      expect([word, code, out]).toEqual([
        word,
        0,
        expect.stringContaining(`zonegate ${words.join(' ')}`),
      ]);
    }
  });
});

it('explain says which policy judges a request, in which mode under a board', async () => {
  const { desk, give } = await guarded();
  await give('firewall', 'mode', 'guard', 'detect', '--for', '30m');
  await give('firewall', 'exempt', '192.0.2.0/24');
  const directory = firewallConfig();
  const file = join(directory, 'board.json');
  writeFileSync(file, JSON.stringify(desk.board));
  const ask = async (...more: string[]) =>
    (await run('explain', '-c', directory, '--idc', 'hz1', ...more, 'http://shop.example/catalog'))
      .out;
  expect(await ask()).toContain('judged  by the policy guard, mode block\n');
  expect(await ask('--board', file)).toContain(
    'judged  by the policy guard, mode detect (declared block)\n',
  );
  expect(await ask('--board', file, '--client', '192.0.2.9')).toContain(
    'mode off (declared block)',
  );
});
