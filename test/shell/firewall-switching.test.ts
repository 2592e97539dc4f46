/** Orders to the firewall over a gate's control API: in force without a reload, and back by themselves. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type FirewallAnswer, firewallAnswer } from '../../src/shell/control/firewall-answers.ts';
import { FIREWALL } from '../support/firewall.ts';
import { plainGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { Origin, respond } from '../support/wire.ts';

const FLEET = `apiVersion: zonegate/v1
kind: Fleet
store: { file: board }
stateDir: state
catchUp: { by: none }
`;

it('a policy is switched and goes back, and the gate shows both', async () => {
  const gate = await plainGate([await Origin.start(respond('real'))], {
    prepare: (directory) => {
      writeFileSync(join(directory, 'fleet.yaml'), FLEET);
      writeFileSync(join(directory, 'firewall.yaml'), FIREWALL);
    },
  });
  const base = `http://127.0.0.1:${gate.admin}`;
  const give = async (c: object, query = ''): Promise<string> => {
    const answer = await fetch(`${base}/v1/commands${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'ann', reason: 'because', ...c }),
    });
    return answer.text();
  };
  const shown = async (): Promise<FirewallAnswer> =>
    firewallAnswer.parse(await (await fetch(`${base}/v1/firewall`)).json());
  const guard = async () => (await shown()).policies.find((p) => p.policy === 'guard');

  expect(await guard()).toMatchObject({ mode: 'block', order: null });
  const detect = { do: 'waf-mode', policy: 'guard', mode: 'detect' };
  expect(await give(detect)).toContain('firewall-open');
  expect(await give({ ...detect, forS: 60 }, '?dry-run=1')).toContain(
    'firewall policy guard detect',
  );
  expect(await guard()).toMatchObject({ mode: 'block' });
  expect(await give({ ...detect, forS: 60 })).toContain('"stored"');
  expect(await guard()).toMatchObject({
    mode: 'detect',
    declaredMode: 'block',
    order: { by: 'ann' },
  });
  expect(await give({ do: 'waf-rule-off', rule: 101, forS: 60 })).toContain('"stored"');
  expect((await shown()).rulesOff).toMatchObject([
    { rule: 101, policies: ['guard', 'watch', 'idle'] },
  ]);
  expect(await give({ ...detect, mode: 'off', forS: 1 })).toContain('instead of detect');
  await until('its time to be over', async () => (await guard())?.mode === 'block');
  const audit = await (await fetch(`${base}/v1/audit`)).text();
  expect(audit).toContain('firewall policy guard off, instead of detect');
  expect(audit).toContain('has expired');
  expect(audit).toContain('refused: firewall-open');
});
