/** What `check` says of the admin listener and its tokens. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/shell/config/load.ts';
import { referenceWith } from '../../support/config.ts';

const OPEN = ['idc: hz1, address: "127.0.0.1:', 'idc: hz1, address: "0.0.0.0:'] as const;
const SECRET = 'a-secret-of-some-forty-characters-012345';
const gateWith = (tokens: string, ...more: (readonly [string, string])[]): string =>
  referenceWith({ 'gate.yaml': [['  tokens: []', `  tokens: [${tokens}]`], ...more] });
const withTls = (tls: string) =>
  ['${ZONEGATE_PORTS:-18}091" }', `\${ZONEGATE_PORTS:-18}091", tls: ${tls} }`] as const;
const token = (more: string): string => `{ id: ops, role: write, ${more} }`;

function judged(directory: string): string[] {
  const loaded = loadConfig(directory, {});
  const issues = loaded.ok ? loaded.value.warnings : loaded.error;
  return issues
    .filter((i) => i.file.endsWith('gate.yaml') && !(i.code === 'demo-key' && i.path[0] === 'keys'))
    .map((i) => `${i.severity} ${i.code} ${i.path.join('.')}`);
}

describe('an admin listener off loopback', () => {
  it('needs tokens or client certificates', () => {
    expect(judged(gateWith('', OPEN))).toEqual(['error admin-address admin.0.address']);
    const tls = gateWith('', OPEN, withTls('{ certFile: a.crt, keyFile: a.key }'));
    for (const file of ['a.crt', 'a.key']) writeFileSync(join(tls, file), 'x');
    expect(judged(tls)).toEqual(['error admin-address admin.0.address']);
    const mutual = gateWith(
      '',
      OPEN,
      withTls('{ certFile: a.crt, keyFile: a.key, clientCaFile: a.crt }'),
    );
    for (const file of ['a.crt', 'a.key']) writeFileSync(join(mutual, file), 'x');
    expect(judged(mutual)).toEqual([]);
  });

  it('with tokens and no TLS is warned of', () => {
    expect(judged(gateWith(token(`secret: ${SECRET}`), OPEN))).toEqual([
      'warning admin-plain admin.0.address',
    ]);
  });

  it('names a certificate that is not there', () => {
    expect(judged(gateWith('', withTls('{ certFile: no.crt, keyFile: no.key }')))).toEqual([
      'error secret-file admin.0.tls.certFile',
      'error secret-file admin.0.tls.keyFile',
    ]);
  });
});

describe('tokens', () => {
  it('may stand in files', () => {
    const directory = gateWith(token('secretFile: ops.secret'));
    expect(judged(directory)).toContain('error secret-file control.tokens.0.secretFile');
    writeFileSync(join(directory, 'ops.secret'), `${SECRET}\n`);
    expect(judged(directory)).toEqual([]);
    const loaded = loadConfig(directory, {});
    expect(loaded.ok && loaded.value.snapshot.gate.control.tokens).toEqual([
      { id: 'ops', role: 'write', secret: SECRET },
    ]);
    writeFileSync(join(directory, 'ops.secret'), 'short');
    expect(judged(directory)).toEqual(['error bad-value control.tokens.0.secret']);
  });

  it('are told when they are short, doubled, demo, or without a role', () => {
    expect(judged(gateWith(token('secret: short')))).toEqual([
      'error bad-value control.tokens.0.secret',
    ]);
    expect(judged(gateWith(token(`secret: ${SECRET}, secretFile: x`)))).toEqual([
      'error bad-value control.tokens.0',
    ]);
    expect(judged(gateWith(token('secret: demo-only-token-0123456789abcdefghij')))).toEqual([
      'warning demo-key control.tokens.0',
    ]);
    const twice = `{ id: ops, role: read, secret: ${SECRET} }`;
    expect(judged(gateWith(`${twice}, ${twice}`))).toEqual([
      'error duplicate-key-id control.tokens.1.id',
    ]);
    expect(judged(gateWith(`{ id: ops, secret: ${SECRET} }`))).toHaveLength(1);
  });
});
