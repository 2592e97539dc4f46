/** What is written of a hit, and what is not. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AUDIT_VALUES, type AuditValues, auditLine } from '../../src/waf/audit.ts';
import type { Hit } from '../../src/waf/engine/hit.ts';

const HIT: Hit = {
  ...{ id: 942100, phase: 2, msg: 'SQL', data: 'quoted evil', severity: 'CRITICAL', paranoia: 1 },
  ...{
    tags: ['attack-sqli', 'OWASP_CRS'],
    target: 'ARGS:q',
    value: 'evil',
    disposition: 'block',
    log: true,
  },
};
const REQUEST = {
  ...{ timestampMs: 1, requestId: 'r', client: '192.0.2.1', method: 'GET', host: 'shop.example' },
  ...{
    path: '/',
    route: 'shop',
    zone: 'RZ01',
    idc: 'one',
    policy: 'p',
    mode: 'block',
    headers: [],
  },
};
const EVENT = z.object({ value: z.string().optional(), data: z.string().optional() });
const line = (hit: Partial<Hit>, values: AuditValues = 'redacted'): z.infer<typeof EVENT> =>
  EVENT.parse(
    JSON.parse(auditLine(REQUEST, { hit: { ...HIT, ...hit }, action: 'block', score: 5 }, values)),
  );
const value = (target: string, text: string): string | undefined =>
  line({ target, value: text }).value;

describe('an audit event', () => {
  it('is one line that names the rule and the request', () => {
    const text = auditLine(
      REQUEST,
      { hit: { ...HIT, value: 'a\nb' }, action: 'detect', score: 5 },
      'full',
    );
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(JSON.parse(text)).toMatchObject({
      ...{ event: 'waf', rule: 942100, policy: 'p', action: 'detect', score: 5, request_id: 'r' },
      ...{ target: 'ARGS:q', value: 'a\nb', data: 'quoted evil', tags: ['attack-sqli'] },
    });
  });

  it('quotes of a request only as much as is asked for', () => {
    expect(AUDIT_VALUES.map((v) => [v, line({}, v).value, line({}, v).data])).toEqual([
      ['redacted', 'evil', undefined],
      ['none', undefined, undefined],
      ['full', 'evil', 'quoted evil'],
    ]);
  });

  it.each([
    ['ARGS:password', 'hunter2', '(7 bytes)'],
    ['ARGS:user[PassWord]', 'hunter2', '(7 bytes)'],
    ['REQUEST_HEADERS:Authorization', 'Basic YTpi', '(10 bytes)'],
    ['REQUEST_COOKIES:sid', 'abc', '(3 bytes)'],
    ['ARGS:json.card.cvv', '123', '(3 bytes)'],
    ['ARGS:q', "1' or 1=1", "1' or 1=1"],
    ['ARGS:q', 'in 2024', 'in 2024'],
    ['ARGS:q', '4111111111111111', '4111************'],
    ['ARGS:q', '4111 1111 1111 1111', '4111 **** **** ****'],
    ['ARGS:q', '4111-1111-1111-1111x5', '4111-****-****-****x5'],
    ['ARGS:q', '10.20.30.40', '10.20.30.40'],
    ['ARGS:q', 'x'.repeat(201), `${'x'.repeat(200)}… (201 bytes)`],
    ['QUERY_STRING', 'a=1&password=hunter2&b=2', 'a=1&password=***&b=2'],
    ['REQUEST_LINE', 'GET /?api_key=abc HTTP/1.1', 'GET /?api_key=*** HTTP/1.1'],
    [
      'REQUEST_BODY',
      '{"user":"ann","password": "hunter 2","n":1}',
      '{"user":"ann","password": "***","n":1}',
    ],
    ['REQUEST_BODY', 'token=abc', 'token=***'],
    ['REQUEST_BODY', 'token', 'token'],
    ['MULTIPART_PART_HEADERS:f', 'Authorization: Basic YTpi', 'Authorization: ***'],
  ])('of %s, %j is %j', (target, text, shown) => expect(value(target, text)).toBe(shown));
});
