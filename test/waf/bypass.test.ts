/** Ways around the firewall, each tried at a running gate with the Core Rule Set at paranoia level 1. */
import { describe, expect, it } from 'vitest';
import { crsAbsent } from '../../bench/candidates/crs.ts';
import { until } from '../support/until.ts';
import { Origin, RawClient, respond } from '../support/wire.ts';
import {
  CODINGS,
  ENCODINGS,
  FRAMING,
  HEADERS,
  JSONS,
  LONG,
  MULTIPARTS,
  PARAMETERS,
  PATHS,
  type Row,
  SQLI,
  TYPES,
} from './bypass/rows.ts';
import { escaped, FORM, get, post } from './bypass/shapes.ts';
import { trial } from './bypass/trial.ts';
import { crsGate } from './crs/crs-gate.ts';
import { send } from './crs/send.ts';

const absent = crsAbsent();
if (absent !== null) console.warn(`skipped: ${absent}`);

/** What a shop would allow: more types than the rule set does by itself. */
const policy = (body: string): string => `
    mode: block
    body: { ${body} }
    budgetMs: 2000
    variables:
      restricted_headers_basic: '/proxy/ /lock-token/ /content-range/ /if/ /x-http-method-override/'
      allowed_methods: GET HEAD POST OPTIONS PUT PATCH DELETE
      allowed_request_content_type: '|application/x-www-form-urlencoded| |multipart/form-data| |text/xml| |application/json| |application/vnd.api+json| |text/json| |text/plain|'`;

const SECTIONS: readonly (readonly [string, readonly Row[]])[] = [
  ['encodings', ENCODINGS],
  ['parameters', PARAMETERS],
  ['multipart', MULTIPARTS],
  ['JSON', JSONS],
  ['content types', TYPES],
  ['framing and methods', FRAMING],
  ['content codings', CODINGS],
  ['header fields', HEADERS],
  ['paths', PATHS],
  ['long bodies', LONG],
];

const LONG_BUT_HARMLESS = Buffer.from(post(FORM, `a=${'text+'.repeat(3000)}`), 'latin1');

describe.skipIf(absent !== null)('no way around the firewall', () => {
  it.each(SECTIONS)('by %s', { timeout: 120_000 }, async (_, rows) => {
    const origin = await Origin.start(respond('ok'));
    const gate = await crsGate(origin.port, policy(''));
    // Threads compile the rules after the start; what is too long for the loop waits for them.
    await until(
      'threads to judge',
      async () => {
        const reply = await send(gate.address, LONG_BUT_HARMLESS, 20_000);
        return reply.kind === 'answer' && reply.status === 200;
      },
      60_000,
    );
    const wrong: string[] = [];
    for (const row of rows) wrong.push(...(await trial(gate, origin, row)));
    expect(wrong).toEqual([]);
  });

  it('is tried by enough of them', () => {
    const count = SECTIONS.reduce((sum, [, rows]) => sum + rows.length, 0);
    expect(count).toBeGreaterThanOrEqual(200);
    for (const [, rows] of SECTIONS)
      expect(new Set(rows.map((r) => r.name)).size).toBe(rows.length);
  });
});

const PADDING = 'a=some+text&'.repeat(400);
const ATTACK = `q=${escaped(SQLI)}`;

describe.skipIf(absent !== null)('a body that is longer than may be judged', () => {
  it.each([
    ['is refused, whatever is in it', 'reject', `${PADDING}q=1`, 413, 0],
    ['is refused, with an attack behind', 'reject', PADDING + ATTACK, 413, 0],
    ['is judged by its first part', 'prefix', `${ATTACK}&${PADDING}`, 403, 0],
    ['goes on where its first part is harmless', 'prefix', PADDING, 200, 1],
    ['goes on unseen where the policy says so', 'pass', ATTACK + PADDING, 200, 1],
  ])('%s (%s)', async (_, overLimit, body, status, requests) => {
    const origin = await Origin.start(respond('ok'));
    const gate = await crsGate(origin.port, policy(`inspectBytes: 4096, overLimit: ${overLimit}`));
    const reply = await send(gate.address, Buffer.from(post(FORM, body), 'latin1'), 8000);
    expect(reply).toMatchObject({ kind: 'answer', status });
    expect(origin.requests.filter((r) => r.endsWith(body))).toHaveLength(requests);
    expect(origin.requests).toHaveLength(requests);
  });

  it.each(['reject', 'prefix', 'pass'])(
    'one of just that length is judged (%s)',
    async (overLimit) => {
      const origin = await Origin.start(respond('ok'));
      const gate = await crsGate(
        origin.port,
        policy(`inspectBytes: 4096, overLimit: ${overLimit}`),
      );
      const body = `${'x'.repeat(4096 - ATTACK.length - 1)}&${ATTACK}`;
      const reply = await send(gate.address, Buffer.from(post(FORM, body), 'latin1'), 8000);
      expect(reply).toMatchObject({ kind: 'answer', status: 403 });
      expect(origin.requests).toEqual([]);
    },
  );
});

describe.skipIf(absent !== null)('an attack that does not come alone', () => {
  it('ends at the gate where it follows on a harmless request, and that goes on', async () => {
    const origin = await Origin.start(respond('ok'));
    const { port } = await crsGate(origin.port, policy(''));
    const client = new RawClient(port);
    client.send(get('/one') + get(`/?${ATTACK}`) + get('/two'));
    await client.sees(/200 OK[\s\S]*403 Forbidden[\s\S]*\b(?:200 OK|connection: close)/i);
    expect(origin.requests.filter((r) => r.includes('UNION'))).toEqual([]);
    expect(origin.requests[0]).toContain('GET /one ');
  });

  it('ends at the gate behind a harmless form, in the same packet', async () => {
    const origin = await Origin.start(respond('ok'));
    const { port } = await crsGate(origin.port, policy(''));
    const client = new RawClient(port);
    client.send(post(FORM, 'q=blue') + post(FORM, ATTACK));
    await client.sees(/200 OK[\s\S]*403 Forbidden/);
    expect(origin.requests).toHaveLength(1);
    expect(origin.streams.join('')).not.toContain('UNION');
  });

  it('ends at the gate when it comes byte by byte', async () => {
    const origin = await Origin.start(respond('ok'));
    const { port } = await crsGate(origin.port, policy(''));
    const client = new RawClient(port);
    for (const byte of post(FORM, ATTACK)) {
      client.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.sees('403 Forbidden');
    expect(origin.streams.join('')).toBe('');
  });

  it('is asked for where the client waits to be, and refused then', async () => {
    const origin = await Origin.start(respond('ok'));
    const { port } = await crsGate(origin.port, policy(''));
    const client = new RawClient(port);
    const request = post(FORM, ATTACK, 'Expect: 100-continue\r\n');
    const head = request.indexOf('\r\n\r\n') + 4;
    client.send(request.slice(0, head));
    await client.sees('100 Continue');
    client.send(request.slice(head));
    await client.sees('403 Forbidden');
    expect(origin.streams.join('')).toBe('');
  });
});
