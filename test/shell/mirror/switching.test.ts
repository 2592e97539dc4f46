/** Orders on the board: another percentage at once, without a reload, and back by itself. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { plainGate } from '../../support/gate.ts';
import { mirrorDocument, withMirrors } from '../../support/mirror.ts';
import { until } from '../../support/until.ts';
import { Origin, RawClient, respond } from '../../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

it('a rule is switched on, off and back over the control API, and its time runs out', async () => {
  const origin = await Origin.start(respond('real'));
  const target = await Origin.start();
  const gate = withMirrors(
    await plainGate([origin], {
      prepare: (directory) => {
        const fleet =
          'apiVersion: zonegate/v1\nkind: Fleet\nstore: { file: board }\nstateDir: state\ncatchUp: { by: none }\n';
        writeFileSync(join(directory, 'fleet.yaml'), fleet);
        const to = `to: { addresses: ["127.0.0.1:${target.port}"] }`;
        const rules = `  - { name: m, percent: 0, ${to} }`;
        writeFileSync(join(directory, 'mirror.yaml'), mirrorDocument(rules));
      },
    }),
  );
  const give = async (c: object, query = ''): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${gate.admin}/v1/commands${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'ann', reason: 'because', ...c }),
    });
    return answer.text();
  };
  const ask = () => new RawClient(gate.port).send(GET).sees('real');
  const drawn = async (): Promise<number> => (await gate.rule()).drawn;

  await ask();
  expect(await drawn()).toBe(0);
  expect(await give({ do: 'mirror', rule: 'm', percent: 100 }, '?dry-run=1')).toContain(
    'mirror m 100 %',
  );
  expect(await give({ do: 'mirror', rule: 'm', percent: 100 })).toContain('"stored"');
  await ask();
  expect(await drawn()).toBe(1);
  expect(await gate.rule()).toMatchObject({ percent: 100, declaredPercent: 0 });
  expect(await give({ do: 'mirror', rule: 'n', percent: 1 })).toContain(
    'no rule of mirroring is called n',
  );
  expect(await give({ do: 'mirror', rule: 'm', percent: 101 })).toContain('percent');
  await give({ do: 'mirror', rule: 'm', percent: 0 });
  await ask();
  expect(await drawn()).toBe(1);
  expect(await give({ do: 'unmirror', rule: 'm' })).toContain('"stored"');
  expect(await give({ do: 'unmirror', rule: 'm' })).toContain('says nothing of the rule');
  await give({ do: 'mirror', rule: 'm', percent: 100, forS: 1 });
  await ask();
  expect(await drawn()).toBe(2);
  await until('its time to be over', async () => (await gate.rule()).percent === 0);
  await ask();
  expect(await drawn()).toBe(2);
  const audit = await (await fetch(`http://127.0.0.1:${gate.admin}/v1/audit`)).text();
  expect(audit).toContain('mirror m 100 %');
  expect(audit).toContain('has expired');
});
