/** Lists of clients, their files, and what a reload keeps. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainConfig } from '../../support/config.ts';
import { plainGate, type RunningGate } from '../../support/gate.ts';
import { zonegate } from '../../support/process.ts';
import { from, get, rate, SAID, sampleOf, statuses, TRUSTED } from '../../support/rated-gate.ts';
import { until } from '../../support/until.ts';
import { Origin } from '../../support/wire.ts';

const LISTS = `lists:
  friends: { kind: allow, entries: [192.0.2.9], ${SAID} }
  bots: { kind: deny, file: bots.txt, ${SAID} }
  watched: { kind: deny, entries: [203.0.113.0/24], mode: count, ${SAID} }`;

const listed = (origin: Origin, bots: string): Promise<RunningGate> =>
  plainGate([origin], {
    gate: TRUSTED,
    rates: `${rate('action: { kind: reject }')}\n${LISTS}`,
    prepare: (directory) => writeFileSync(join(directory, 'bots.txt'), bots),
  });

describe('a client on a list', () => {
  it('is denied, let through ahead of rates and deny lists, or only counted', async () => {
    const origin = await Origin.start();
    const gate = await listed(origin, '192.0.2.0/24 # all of them\n');
    const { status, text } = await get(gate, '/', from('192.0.2.1'));
    expect([status, JSON.parse(text)]).toMatchObject([
      403,
      { type: 'urn:zonegate:problem:rate-denied' },
    ]);
    expect(await statuses(gate, 4, from('192.0.2.9'))).toEqual([200, 200, 200, 200]);
    expect(await statuses(gate, 3, from('203.0.113.1'))).toEqual([200, 200, 429]);
    const metrics = await gate.metrics();
    const hits = (list: string, kind: string, what: string) =>
      sampleOf(
        metrics,
        `zonegate_rate_list_hits_total{list="${list}",kind="${kind}",what="${what}"}`,
      );
    expect([hits('bots', 'deny', 'hit'), hits('friends', 'allow', 'hit')]).toEqual([1, 4]);
    expect(hits('watched', 'deny', 'counted')).toBe(3);
  });

  it('that has changed on disk is denied without a reload; a broken file changes nothing', async () => {
    const origin = await Origin.start();
    const gate = await listed(origin, '192.0.2.1\n');
    const bots = join(gate.directory, 'bots.txt');
    const denied = async (ip: string) => (await statuses(gate, 1, from(ip)))[0] === 403;
    expect(await denied('192.0.2.1')).toBe(true);
    writeFileSync(bots, '198.51.100.7\n198.51.100.8\n');
    await until('the new list', () => denied('198.51.100.7'), 8000);
    expect(await denied('192.0.2.1')).toBe(false);
    writeFileSync(bots, 'nobody knows what this is, and it is long\n');
    gate.gate.reload('test');
    await until('the look', async () => await denied('198.51.100.8'), 8000);
    expect(await denied('198.51.100.7')).toBe(true);
  });
});

describe('a reload', () => {
  const publish = async (gate: RunningGate, edit: (text: string) => string): Promise<void> => {
    const file = join(gate.directory, 'all.yaml');
    const digest = async () => /config="(\w+)"/.exec(await gate.metrics())?.[1];
    const before = await digest();
    writeFileSync(file, edit(readFileSync(file, 'utf8')));
    gate.gate.reload('test');
    await until('the new configuration', async () => (await digest()) !== before);
  };

  it('keeps what was counted, under another limit too', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { rates: rate('action: { kind: reject }') });
    expect(await statuses(gate, 3)).toEqual([200, 200, 429]);
    await publish(gate, (text) => text.replace('limit: 2', 'limit: 4'));
    expect(await statuses(gate, 3)).toEqual([200, 200, 429]);
  });

  it('may bring the first rate, and take the last one away', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin]);
    expect(await statuses(gate, 3)).toEqual([200, 200, 200]);
    const document = `\n---\napiVersion: zonegate/v1\nkind: Rates\n${rate('action: { kind: reject }')}\n`;
    await publish(gate, (text) => text + document);
    expect(await statuses(gate, 3)).toEqual([200, 200, 429]);
    await publish(gate, (text) => text.replace(document, '\n'));
    expect(await statuses(gate, 3)).toEqual([200, 200, 200]);
  });
});

describe('zonegate check', () => {
  const checked = (rates: string, file: string | null) => {
    const directory = plainConfig({ listen: 1, origins: [2], rates });
    if (file !== null) writeFileSync(join(directory, 'bots.txt'), file);
    const { code, err } = zonegate(['check', '-c', directory]);
    return { code, err };
  };

  it('shows what is wrong with list files, by line', () => {
    expect(checked(LISTS, '192.0.2.1\n')).toMatchObject({ code: 0 });
    const broken = checked(LISTS, '192.0.2.1\n192.0.2.256\n');
    expect(broken.code).toBe(78);
    expect(broken.err).toMatch(/bots\.txt:2:1: error: .*192\.0\.2\.256.*rate-list/);
    expect(checked(LISTS, null).err).toMatch(/bots\.txt:1:1: error: .*rate-file/);
  });

  it('warns where counts are to be shared and there is no Redis, and of names that do not exist', () => {
    const { code, err } = checked(rate('action: { kind: reject }, scope: fleet'), null);
    expect([code, err]).toEqual([0, expect.stringContaining('(not-shared)')]);
    const unknown = checked(rate('action: { kind: reject }, match: { apps: [nay] }'), null);
    expect([unknown.code, unknown.err]).toEqual([78, expect.stringContaining('nay')]);
  });
});
