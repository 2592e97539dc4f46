/** Challenges, answered as a browser, a script or neither would. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainGate } from '../../support/gate.ts';
import { mmdb } from '../../support/mmdb-writer.ts';
import {
  from,
  get,
  type HasPort,
  rate,
  SAID,
  sampleOf,
  statuses,
  TRUSTED,
} from '../../support/rated-gate.ts';
import { Origin } from '../../support/wire.ts';

const REDIRECT = rate('action: { kind: challenge }');
const cookieIn = (headers: Headers): string => headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';

/** Follows where it is sent, with or without what it is given. */
async function visit(
  gate: HasPort,
  path: string,
  headers: Record<string, string>,
  keeps: boolean,
): Promise<{ readonly statuses: number[]; readonly cookie: string; readonly path: string }> {
  const found: number[] = [];
  let cookie = '';
  let at = path;
  for (let hop = 0; hop < 5; hop++) {
    const jar = cookie === '' ? {} : { Cookie: cookie };
    const { status, headers: got } = await get(gate, at, { ...headers, ...jar });
    found.push(status);
    if (keeps && cookieIn(got) !== '') cookie = cookieIn(got);
    const to = got.get('location');
    if (to === null) break;
    at = to;
  }
  return { statuses: found, cookie, path: at };
}

describe('a redirect', () => {
  it('lets whoever keeps a cookie go on, at the address that he asked for', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { gate: TRUSTED, rates: REDIRECT });
    const client = from('192.0.2.1');
    expect(await statuses(gate, 2, client)).toEqual([200, 200]);
    const found = await visit(gate, '/shop?q=1', client, true);
    expect([found.statuses, found.path]).toEqual([[302, 302, 200], '/shop?q=1']);
    expect(await statuses(gate, 3, { ...client, Cookie: found.cookie })).toEqual([200, 200, 200]);
    expect(origin.requests.at(-1)).not.toContain('ldc-check');
    const metrics = await gate.metrics();
    expect(sampleOf(metrics, 'zonegate_rate_returns_total{cookie="kept"}')).toBe(1);
    expect(sampleOf(metrics, 'zonegate_gate_answers_total{code="rate-challenge"}')).toBe(2);
  });

  it('ends where no cookie is kept', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { gate: TRUSTED, rates: REDIRECT });
    const client = from('192.0.2.1');
    await statuses(gate, 2, client);
    expect((await visit(gate, '/', client, false)).statuses).toEqual([302, 403]);
    expect(origin.requests).toHaveLength(2);
  });

  it('is for one network: elsewhere its cookie proves nothing', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { gate: TRUSTED, rates: REDIRECT });
    await statuses(gate, 2, from('192.0.2.1'));
    const { cookie } = await visit(gate, '/', from('192.0.2.1'), true);
    const thief = from('198.51.100.1', { Cookie: cookie });
    expect(await statuses(gate, 3, thief)).toEqual([200, 200, 302]);
    const neighbour = from('192.0.2.99', { Cookie: cookie });
    expect(await statuses(gate, 3, neighbour)).toEqual([200, 200, 200]);
  });

  it('says Secure where the client came by https, and only there', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { gate: TRUSTED, rates: REDIRECT });
    const asked = async (client: Record<string, string>): Promise<string> => {
      await statuses(gate, 2, client);
      return (await get(gate, '/', client)).headers.getSetCookie()[0] ?? '';
    };
    expect(await asked(from('192.0.2.1'))).not.toMatch(/; Secure/);
    const https = from('192.0.2.2', { 'x-forwarded-proto': 'https' });
    expect(await asked(https)).toMatch(/; Secure/);
  });

  it('is not for a POST, which comes back later', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { rates: REDIRECT });
    await statuses(gate, 2);
    const { status, headers } = await get(gate, '/', {}, 'POST');
    expect([status, headers.get('retry-after') !== null]).toEqual([429, true]);
  });
});

describe('a script', () => {
  it('lets whoever does its work go on', async () => {
    const origin = await Origin.start();
    const rates = rate('action: { kind: challenge, mode: script, bits: 8 }');
    const gate = await plainGate([origin], { rates });
    const browser = { Accept: 'text/html', 'Sec-Fetch-Dest': 'document' };
    await statuses(gate, 2, browser);
    const { status, headers, text } = await get(gate, '/', browser);
    expect([status, headers.get('content-type')]).toEqual([429, 'text/html; charset=utf-8']);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    const token = /v1\.s8\.[\w.-]+/.exec(text)?.[0] ?? '';
    const solved = solve(token);
    const wrong = `LDC_PROOF=${token}.${solved + 1}`;
    expect(await statuses(gate, 1, { ...browser, Cookie: wrong })).toEqual([429]);
    const right = `LDC_PROOF=${token}.${solved}`;
    expect(await statuses(gate, 2, { ...browser, Cookie: right })).toEqual([200, 200]);
  });
});

/** The least number whose hash begins with eight zero bits, and whose successor's does not. */
function solve(token: string): number {
  const fits = (n: number): boolean =>
    createHash('sha256').update(`${token}.${n}`).digest()[0] === 0;
  for (let n = 0; ; n++) if (fits(n) && !fits(n + 1)) return n;
}

describe('a rule of the firewall that asks for a challenge', () => {
  const FIREWALL = `default: main
audit: { to: off }
ruleSets:
  own:
    rules:
      - { id: 1, when: { field: path, op: startsWith, value: /odd }, action: challenge, owner: ann }
      - { id: 2, when: { field: arg:q, op: equals, value: bad }, action: block, owner: ann }
policies: { main: { mode: block, ruleSets: [own] } }`;

  it.each([
    ['', 'no Rates document'],
    [
      `rates: { r: { by: [ip], limit: 1000, windowS: 60, action: { kind: challenge }, ${SAID} } }`,
      'one',
    ],
  ])('sends the client round, and lets him through that rule only', async (rates) => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { gate: TRUSTED, firewall: FIREWALL, rates });
    const client = from('192.0.2.1');
    expect(await statuses(gate, 1, client)).toEqual([200]);
    expect((await visit(gate, '/odd', client, false)).statuses).toEqual([302, 403]);
    const found = await visit(gate, '/odd?a=1', client, true);
    expect([found.statuses, found.path]).toEqual([[302, 302, 200], '/odd?a=1']);
    const cleared = { ...client, Cookie: found.cookie };
    expect(await statuses(gate, 1, cleared, '/odd?q=bad')).toEqual([403]);
    const stolen = from('198.51.100.1', { Cookie: found.cookie });
    expect(await statuses(gate, 1, stolen, '/odd')).toEqual([302]);
  });

  it('knows the uid that somebody trusted has said, and the country', async () => {
    const origin = await Origin.start();
    const database = mmdb({ '192.0.2.0/24': { country: { iso_code: 'FR' } } });
    const gate = await plainGate([origin], {
      gate: TRUSTED,
      prepare: (directory) => writeFileSync(join(directory, 'geo.mmdb'), database),
      rates: 'countryDatabase: geo.mmdb',
      routes:
        'identities: { user: [{ header: X-User-Id, trust: [external] }, { query: uid }] }\n' +
        'routes: [{ host: "*", zone: gzone, app: any, identity: user }]',
      firewall: FIREWALL.replace(
        '{ field: arg:q, op: equals, value: bad }',
        '{ any: [{ field: uid, op: equals, value: "2088000000000680" }, { field: country, op: equals, value: FR }] }',
      ),
    });
    const uid = '2088000000000680';
    expect(await statuses(gate, 1, { 'X-User-Id': uid })).toEqual([403]);
    expect(await statuses(gate, 1, {}, `/?uid=${uid}`)).toEqual([200]);
    expect(await statuses(gate, 1, from('192.0.2.7'))).toEqual([403]);
    expect(await statuses(gate, 1, from('198.51.100.7'))).toEqual([200]);
  });
});
