import { describe, expect, it } from 'vitest';
import type { Operator, Target } from '../../../src/waf/ir.ts';
import { parseSecLang } from '../../../src/waf/seclang/index.ts';
import { link } from './read.ts';

const all = { kind: 'all' } as const;
const collection = (name: 'ARGS' | 'TX' | 'REQUEST_COOKIES', more: object = {}): Target => ({
  ...{ kind: 'collection', name, selector: all, count: false },
  ...more,
});
const key = (name: string) => ({ selector: { kind: 'key', key: name } as const });
const regex = (written: string) => ({ selector: { kind: 'regex', source: written } as const });

describe('variables', () => {
  it.each<[string, Target]>([
    ['ARGS', collection('ARGS')],
    ['args', collection('ARGS')],
    ['&ARGS', collection('ARGS', { count: true })],
    ['&TX:Foo', collection('TX', { count: true, ...key('foo') })],
    ['ARGS:X.Filename', collection('ARGS', key('x.filename'))],
    ["ARGS:'a b|c,d'", collection('ARGS', key('a b|c,d'))],
    ['TX:/^a|b/', collection('TX', regex('^a|b'))],
    [String.raw`TX:/a\/b{1,2}/`, collection('TX', regex(String.raw`a\/b{1,2}`))],
    ['TX:/a/b/', collection('TX', regex('a/b'))],
    ["TX:'/a b/'", collection('TX', regex('a b'))],
    ['XML:/*', { kind: 'collection', name: 'XML_TEXT', selector: all, count: false }],
    ['XML://@*', { kind: 'collection', name: 'XML_ATTRIBUTES', selector: all, count: false }],
    ['REQUEST_URI', { kind: 'scalar', name: 'REQUEST_URI' }],
    ['remote_addr', { kind: 'scalar', name: 'REMOTE_ADDR' }],
  ])('%s', (written, target) => {
    expect(link(`SecRule "${written}" x id:1`).targets).toEqual([target]);
  });

  it('are parted by |, with exclusions among them', () => {
    const { targets, exclusions } = link(
      `SecRule "ARGS | !ARGS:foo|XML:/*|!REQUEST_COOKIES:/^_a|b$/|REQUEST_URI|!REQUEST_COOKIES" x id:1`,
    );
    expect(targets.map(({ name }) => name)).toEqual(['ARGS', 'XML_TEXT', 'REQUEST_URI']);
    expect(exclusions).toEqual([
      { name: 'ARGS', ...key('foo') },
      { name: 'REQUEST_COOKIES', ...regex('^_a|b$') },
      { name: 'REQUEST_COOKIES', selector: all },
    ]);
  });
});

describe('operators', () => {
  it.each<[string, Operator]>([
    ['foo', { name: 'rx', pattern: 'foo' }],
    ['@rx  a b ', { name: 'rx', pattern: 'a b ' }],
    [String.raw`@rx \"\\.\d%{2}\%{x}`, { name: 'rx', pattern: String.raw`"\\.\d%{2}\%{x}` }],
    ['@PM  a bc\td ', { name: 'pm', phrases: ['a', 'bc', 'd'], file: null }],
    [
      '@pmf words.data more.data',
      {
        name: 'pm',
        phrases: ['first', ' two words ', 'last', 'more'],
        file: 'words.data more.data',
      },
    ],
    ['@eq 0', { name: 'eq', value: '0' }],
    ['@lt -1', { name: 'lt', value: '-1' }],
    ['@ge %{tx.n}', { name: 'ge', value: [{ name: 'TX', key: 'n' }] }],
    ['@contains  # x', { name: 'contains', value: '# x' }],
    ['@strmatch x', { name: 'contains', value: 'x' }],
    ['@containsWord x', { name: 'containsWord', value: 'x' }],
    [
      '@within a %{REQUEST_HEADERS.Host}%{request_uri}',
      {
        name: 'within',
        value: ['a ', { name: 'REQUEST_HEADERS', key: 'host' }, { name: 'REQUEST_URI', key: '' }],
      },
    ],
    [
      '@validateByteRange 9, 32-126,255',
      {
        name: 'validateByteRange',
        ranges: [
          [9, 9],
          [32, 126],
          [255, 255],
        ],
      },
    ],
    ['@ipMatch 127.0.0.1, ::1,10.0.0.0/8', ip('127.0.0.1', '::1', '10.0.0.0/8')],
    ['@ipMatch 2001:db8::/32,::ffff:1.2.3.4', ip('2001:db8::/32', '::ffff:1.2.3.4')],
    ['@ipMatchFromFile networks.data', ip('10.0.0.0/8', '::1')],
    ['@detectsqli', { name: 'detectSQLi' }],
    ['@unconditionalMatch', { name: 'always' }],
  ])('%s', (written, operator) => {
    expect(link(`SecRule ARGS "${written}" id:1`)).toMatchObject({ operator, negated: false });
  });

  it.each([
    ['!@rx a', 'a'],
    ['!a', 'a'],
    ['! @rx a', 'a'],
  ])('%s is negated', (written, pattern) => {
    const operator = { name: 'rx', pattern };
    expect(link(`SecRule ARGS "${written}" id:1`)).toMatchObject({ operator, negated: true });
  });

  it('a phrase file is asked for with the file that names it', () => {
    const asked: string[] = [];
    parseSecLang([{ file: 'rules/b.conf', text: 'SecRule ARGS "@pmf x" id:1' }], (name, from) => {
      asked.push(`${from} ${name}`);
      return 'x';
    });
    expect(asked).toEqual(['rules/b.conf x']);
  });
});

function ip(...networks: string[]): Operator {
  return { name: 'ipMatch', networks };
}
