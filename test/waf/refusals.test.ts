/** What is refused of a request's form alone, and how it is told, in both modes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { scratch } from '../support/config.ts';
import { plainGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { Origin, respond } from '../support/wire.ts';
import { send } from './crs/send.ts';

const EVENT = z.object({ rule: z.int(), action: z.string(), message: z.string() });

async function gateWith(mode: 'detect' | 'block') {
  const origin = await Origin.start(respond('ok'));
  const audit = join(scratch(), 'audit.log');
  const gate = await plainGate([origin.port], {
    firewall: `default: p
audit: { to: ${audit} }
ruleSets:
  own:
    rules:
      - { id: 1, phase: head, when: { field: path, op: startsWith, value: /internal }, action: block, owner: us }
policies:
  p: { mode: ${mode}, ruleSets: [own], body: { inspectBytes: 1024 } }`,
  });
  const ask = async (head: string, body = ''): Promise<number> => {
    const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
    const text = `${head}Host: a.example\r\nConnection: close\r\n${length}\r\n${body}`;
    const reply = await send({ host: '127.0.0.1', port: gate.port }, Buffer.from(text), 10_000);
    return reply.kind === 'answer' ? reply.status : 0;
  };
  const events = (): z.infer<typeof EVENT>[] => {
    const lines = readFileSync(audit, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => EVENT.parse(JSON.parse(line)));
  };
  return { ask, events, gate };
}

const JSON_POST = 'POST /a HTTP/1.1\r\nContent-Type: application/json\r\n';
const TWICE = '{"a":1,"a":2}';
const LONG = JSON.stringify({ a: 'x'.repeat(2000) });

describe('a native rule on path', () => {
  it.each([
    ...['/internal', '//internal', '/./internal', '/x/../internal', '/%2e/internal'],
    ...['/x/%2e%2e/internal', '/%69nternal', '/internal/a?b=c'],
  ])('sees %s as the application may', async (target) => {
    const { ask } = await gateWith('block');
    expect(await ask(`GET ${target} HTTP/1.1\r\n`)).toBe(403);
  });

  it('lets others pass', async () => {
    const { ask } = await gateWith('block');
    expect(await ask('GET /x/internal HTTP/1.1\r\n')).toBe(200);
  });
});

describe('a body that is refused as such', () => {
  it('is refused in mode block, told by an event of rule 0, and counted by its code', async () => {
    const { ask, events, gate } = await gateWith('block');
    expect(await ask(JSON_POST, LONG)).toBe(413);
    expect(await ask(JSON_POST, TWICE)).toBe(400);
    expect(await ask(`${JSON_POST}Content-Encoding: br\r\n`, TWICE)).toBe(415);
    await until('events', () => events().length === 3);
    expect(events().map((e) => `${e.rule} ${e.action} ${e.message.split(',')[0]}`)).toEqual([
      '0 block waf-body-too-long',
      '0 block waf-ambiguous-body: json-duplicate-key',
      '0 block waf-content-coding',
    ]);
    const metrics = await gate.metrics();
    for (const code of ['waf-body-too-long', 'waf-ambiguous-body', 'waf-content-coding'])
      expect(metrics).toContain(`zonegate_waf_refusals_total{code="${code}"} 1`);
    expect(metrics).toContain('zonegate_waf_requests_total{policy="p",verdict="block"} 3');
  });

  it('is let pass in mode detect, and told the same way', async () => {
    const { ask, events, gate } = await gateWith('detect');
    expect(await ask(JSON_POST, LONG)).toBe(200);
    expect(await ask(JSON_POST, TWICE)).toBe(200);
    await until('events', () => events().length === 2);
    expect(events().map((e) => `${e.rule} ${e.action}`)).toEqual(['0 detect', '0 detect']);
    expect(await gate.metrics()).toContain(
      'zonegate_waf_requests_total{policy="p",verdict="detect"} 2',
    );
  });
});
