/**
 * Ways in which bodies are known to slip past firewalls. Each must end in one of two: rules see the
 * attack, or the body is ambiguous and refused.
 */
import { describe, expect, it } from 'vitest';
import { type BodyReading, splitCookies, splitQuery } from '../../../src/waf/body/index.ts';
import { faultOf, reading } from './reading.ts';

const ATTACK = '<script>';
const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data; boundary=B';
const CD = 'Content-Disposition: form-data; name="a"';
const part = (head: string, content: string): string => `--B\r\n${head}\r\n\r\n${content}\r\n`;
const form = (head: string, content = ATTACK): string => `${part(head, content)}--B--\r\n`;

/** Everything that rules look at. */
const seen = ({ args, files, partHeaders, xml, rest }: BodyReading): string =>
  [
    ...args.flatMap((a) => [a.name, a.value]),
    ...files.flatMap((f) => [f.field, f.filename]),
    ...partHeaders.map((h) => h.value),
    ...(xml?.text ?? []),
    ...(xml?.attributes ?? []),
    rest,
  ].join('\n');

describe('rules see', () => {
  it.each([
    ['a repeated name', FORM, `a=1&a=${ATTACK}`],
    ['an attack behind a semicolon', FORM, `a=1;b=${ATTACK}`],
    ['plus and %20', FORM, 'a=%3Cscript%3E+%20'],
    ['an attack in a name', FORM, `${ATTACK}=1`],
    ['NUL before it', FORM, `a=%00${ATTACK}`],
    ['escapes of JSON', 'application/json', '{"a":"\\u003cscript\\u003e"}'],
    ['NUL in JSON', 'application/json', `{"a":"\\u0000${ATTACK}"}`],
    ['a key of JSON', 'application/json', `{"${ATTACK}":{}}`],
    ['a duplicate key, first', 'application/json', `{"a":"${ATTACK}","a":1}`],
    ['a duplicate key, last', 'application/json', `{"a":1,"a":"${ATTACK}"}`],
    ['a mark before JSON', 'application/json', `\u00ef\u00bb\u00bf{"a":"${ATTACK}"}`],
    ['what follows JSON', 'application/json', `{} ${ATTACK}`],
    ['JSON with comments', 'application/json', `{/**/"a":"${ATTACK}"}`],
    ['JSON of another dialect', 'application/vnd.x+json', `{a:'${ATTACK}'}`],
    ['a form announced as JSON', 'application/json', `a=${ATTACK}`],
    ['CDATA', 'text/xml', `<a><![CDATA[${ATTACK}]]></a>`],
    ['text cut by CDATA', 'text/xml', '<a>&lt;scr<![CDATA[ipt>]]></a>'],
    ['text cut by a comment', 'text/xml', '<a>&lt;scr<!---->ipt&gt;</a>'],
    ['an attribute of XML', 'text/xml', '<a b="&#x3C;script&#62;"/>'],
    ['the first of several parts', MULTIPART, part(CD, ATTACK) + form(CD, '1')],
    ['the head of the first part', MULTIPART, part(`${CD}\r\nX: ${ATTACK}`, '1') + form(CD, '1')],
    ['the head of a middle part', MULTIPART, form(CD, `1\r\n${part(`X: ${ATTACK}`, '1')}--B--`)],
    ['a preamble', MULTIPART, `${ATTACK}\r\n${form(CD, '1')}`],
    ['an epilogue', MULTIPART, form(CD, '1') + ATTACK],
    ['an open end', MULTIPART, `--B\r\n${CD}\r\n\r\n${ATTACK}`],
    ['LF-only lines', MULTIPART, form(CD).replaceAll('\r\n', '\n')],
    ['header folding', MULTIPART, form(`${CD};\r\n x=${ATTACK}`, '1')],
    ['an encoded file name', MULTIPART, form(`${CD}; filename*=utf-8''%3Cscript%3E`, '1')],
    ['an escaped file name', MULTIPART, form(`${CD}; filename="x\\"${ATTACK}"`, '1')],
    ['a part with filename* alone', MULTIPART, form(`${CD}; filename*=utf-8''x`)],
    ['an empty file name', MULTIPART, form(`${CD}; filename=""`)],
    ['no boundary that fits', MULTIPART, form(CD).replaceAll('--B', '--C')],
  ])('%s', (_, type, body) => {
    expect(seen(reading(type, body))).toContain(ATTACK);
  });

  it('two cookies of one name, and both parts of a quoted one', () => {
    const { items } = splitCookies(`a=1; a=${ATTACK}; b="x; ${ATTACK}"`, 9);
    expect(items.filter((c) => `${c.name}=${c.value}`.includes(ATTACK))).toHaveLength(2);
  });

  it('each of a query’s arguments, decoded once', () => {
    const { items } = splitQuery('a=1&a=%3Cscript%3E&b=%253Cscript%253E', 9);
    expect(items.map((a) => a.value)).toEqual(['1', ATTACK, '%3Cscript%3E']);
  });
});

describe('refused as ambiguous', () => {
  it.each([
    ['a duplicate key', 'application/json', '{"a":1,"a":2}'],
    ['JSON nested without end', 'application/json', '['.repeat(1000)],
    ['more arguments than are looked at', FORM, 'a&'.repeat(2000)],
    ['a value longer than is looked at', FORM, `a=${'x'.repeat(70_000)}${ATTACK}`],
    ['JSON in UTF-16', 'application/json', Buffer.from('{}', 'utf16le').toString('latin1')],
    ['JSON in UTF-7', 'application/json; charset=utf-7', '{}'],
    ['EBCDIC', `${FORM}; charset=ibm037`, 'a=1'],
    ['two types', 'application/json, text/xml', '{}'],
    ['two charsets', `${FORM}; charset=utf-8; charset=utf-8`, 'a=1'],
    ['XML with entities', 'text/xml', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['XML that reads files', 'text/xml', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
    ['XML in UTF-7', 'text/xml', '<?xml version="1.0" encoding="UTF-7"?><a>+ADw-</a>'],
    ['two boundaries', `${MULTIPART}; boundary=C`, form(CD)],
    ['a continued boundary', 'multipart/form-data; boundary*0=B; boundary*1=C', form(CD)],
    ['a boundary with blanks', 'multipart/form-data; boundary= B', form(CD)],
    ['a boundary like another', MULTIPART, form(CD, '1\r\n--BC\r\n')],
    ['no final boundary', MULTIPART, part(CD, '1')],
    ['LF-only lines', MULTIPART, form(CD).replaceAll('\r\n', '\n')],
    ['header folding', MULTIPART, form(`${CD};\r\n x=y`)],
    ['two dispositions', MULTIPART, form(`${CD}\r\nContent-Disposition: form-data; name="b"`)],
    ['two names', MULTIPART, form(`${CD}; name=b`)],
    ['two file names', MULTIPART, form(`${CD}; filename=x; filename*=utf-8''y`)],
    ['a quoted quote', MULTIPART, form(`${CD}; filename="x\\".php"`)],
    ['a part in base64', MULTIPART, form(`${CD}\r\nContent-Transfer-Encoding: base64`)],
    ['a part in UTF-7', MULTIPART, form(`${CD}\r\nContent-Type: text/plain; charset=utf-7`)],
    ['all parts in UTF-7', MULTIPART, form(CD.replace('"a"', '_charset_'), 'utf-7')],
    ['a form in a part', MULTIPART, form(`${CD}\r\nContent-Type: multipart/mixed; boundary=C`)],
  ])('%s', (_, type, body) => {
    expect(faultOf(reading(type, body))).toMatch(/!$/);
  });
});

describe('a strange charset', () => {
  it('is no fault of a body that nothing reads; an uncertain type is', () => {
    expect(faultOf(reading('text/csv; charset=windows-1251', 'x'))).toBe('');
    expect(faultOf(reading('text/csv, application/json', '{}'))).toBe('content-type-list!');
  });
});
