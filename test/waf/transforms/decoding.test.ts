import { describe, expect, it } from 'vitest';
import type { TransformName } from '../../../src/waf/ir.ts';
import { TRANSFORM } from '../../../src/waf/transforms/index.ts';

type Row = readonly [value: string, expected: string];

function table(name: TransformName, rows: readonly Row[]): void {
  describe(name, () => {
    it.each(rows)('%j becomes %j', (value, expected) => {
      expect(TRANSFORM[name].apply(value)).toBe(expected);
    });
  });
}

table('urlDecode', [
  ['', ''],
  ['a+b%20c', 'a b c'],
  ['%3Cscript%3e', '<script>'],
  ['%00%ff', '\0\xff'],
  ['%2541', '%41'], // once, not twice
  ['100%', '100%'],
  ['%4', '%4'],
  ['%zz%4g%%41', '%zz%4g%A'],
  ['%u0041', '%u0041'],
]);

table('urlDecodeUni', [
  ['%3Cscript%3e', '<script>'],
  ['a+b', 'a b'],
  ['%u003cscript%U003E', '<script>'],
  ['%uff1cscript%uFF1e', '<script>'], // full width
  ['%uff01%uff5e', '!~'],
  ['%uff5f', '\x5f'], // just beyond: the low byte
  ['%u2215etc%u2216x%u2044', '/etc\\x/'], // look-alikes of slashes
  ['%u2018or%u2019%u02b9%u201c', "'or''\""],
  ['%u0131%u0101%u00e9%u2102', 'iaeC'],
  ['%u2329img%u232a%u3008%u3009', '<img><>'],
  ['%u00a0%u3000%u2003', '   '],
  ['%u0000', '\0'],
  ['%u4e2d', '\x2d'], // no look-alike: the low byte
  ['%u00d7', '\xd7'],
  ['%u12', '%u12'],
  ['%u004', '%u004'],
  ['%u00zz%41', '%u00zzA'],
  ['%u%u0041', '%uA'],
]);

table('htmlEntityDecode', [
  ['&lt;b&gt;', '<b>'],
  ['&LT&Gt', '<>'],
  ['&quot;&amp;', '"&'],
  ['&nbsp;', '\xa0'],
  ['&amp;lt;', '&lt;'], // once, not twice
  ['&#60;&#060&#x3c;&#X3C', '<<<<'],
  ['&#x3cscript', '<script'], // digits end where they end
  ['&#x0000000000000000000000000000003c;', '<'],
  ['&#316;', '<'], // 256 + 60: the low byte
  ['&#xff1c;', '\x1c'],
  ['&#99999999999999999999999;', '\xff'],
  ['&#xfffffffffffffffffffff3c;', '\xff'],
  ['&apos;&ltx;&l;', '&apos;&ltx;&l;'],
  ['&#;&#x;&#xg&;&', '&#;&#x;&#xg&;&'],
  ['a & b', 'a & b'],
]);

table('jsDecode', [
  ['\\u003cscript\\u003E', '<script>'],
  ['\\uff1c', '<'],
  ['\\u4e2d', '\x2d'],
  ['\\x3c\\x3E', '<>'],
  ['\\74\\076\\0', '<>\0'],
  ['\\377\\400', '\xff\x200'], // beyond a byte: two digits, and the third stays
  ['\\8', '8'],
  ['\\a\\b\\f\\n\\r\\t\\v', '\x07\b\f\n\r\t\v'],
  ['\\\'\\"\\\\\\?', '\'"\\?'],
  ['\\j\\u12\\xg1', 'ju12xg1'],
  ['end\\', 'end\\'],
]);

table('cssDecode', [
  ['\\3c', '<'],
  ['\\00003c script', '<script'], // one white space ends it
  ['\\3c  x', '< x'],
  ['\\3C\nx', '<x'],
  ['ja\\vascript', 'javascript'],
  ['ja\\\nvascript', 'javascript'], // a line goes on
  ['\\6A\\61\\76\\61', 'java'],
  ['\\ff1c', '<'],
  ['\\0ff1c\\00ff1c', '<<'],
  ['\\1ff1c\\10ff1c', '\x1c\x1c'], // beyond U+FFFF
  ['\\0000611', 'a1'], // six digits at most
  ['\\41f', '\x1f'],
  ['\\9', '\t'],
  ['\\\\', '\\'],
  ['end\\', 'end'],
]);

table('escapeSeqDecode', [
  ['\\a\\b\\f\\n\\r\\t\\v', '\x07\b\f\n\r\t\v'],
  ['\\?\\\\\\\'\\"', '?\\\'"'],
  ['\\x41\\X42', 'AB'],
  ['\\101\\60\\0', 'A0\0'],
  ['\\777', '\xff'],
  ['\\8\\z\\xg', '8zxg'],
  ['end\\', 'end\\'],
]);

table('utf8toUnicode', [
  ['plain', 'plain'],
  ['\xc3\xa9', '%u00e9'],
  ['a\xe4\xb8\xadb', 'a%u4e2db'],
  ['\xef\xbc\x9c', '%uff1c'],
  ['\xf0\x9f\x98\x80', '%u1f600'],
  ['\xc0\xafx', '%u002f\xc0x'], // overlong: the first byte stays as a sign of it
  ['\xe0\x80\xaf', '%u002f\xe0'],
  ['\xed\xa0\x80', '%ud800\xed'], // a surrogate
  ['scr\xc0ipt\xe2\x82', 'script\x82'], // what begins a character that does not come is dropped
  ['\x80\xbf\xf8\xff', '\x80\xbf\xf8\xff'],
  ['\xf5\x80\x80\x80', '\xf5%u140000'],
  ['a\0b', 'ab'],
]);

table('base64Decode', [
  ['', ''],
  ['aGVsbG8=', 'hello'],
  ['aGVsbG8', 'hello'],
  ['aGVsbG8=aGVs', 'hello'], // padding is the end
  ['aGV!sbG8=', 'he'],
  ['!', ''],
  ['a', ''],
  ['AP/+', '\0\xff\xfe'],
]);

table('base64DecodeExt', [
  ['aGV!s bG\n8=', 'hello'],
  ['aGVs=bG8=', 'hello'],
  ['AP_-', '\0\xff\xfe'],
  ['P.HNjcmlwdD4=', '<script>'],
]);

table('hexDecode', [
  ['414243', 'ABC'],
  ['fF00', '\xff\0'],
  ['414', 'A'],
  ['', ''],
]);
table('hexEncode', [
  ['AB\0\xff', '414200ff'],
  ['', ''],
]);
table('sqlHexDecode', [
  ['select 0x414243', 'select ABC'],
  ['0X41', 'A'],
  ['0x414', 'A4'],
  ['0xg 0x4 0x', '0xg 0x4 0x'],
  ['00x41 1', '0A 1'],
]);
table('urlEncode', [
  ['a b*c', 'a+b*c'],
  ['<é>'.replace('é', '\xe9'), '%3c%e9%3e'],
  ['-_.~', '%2d%5f%2e%7e'],
]);

describe('digests', () => {
  const hex = (value: string) => TRANSFORM.hexEncode.apply(value);

  it('are raw bytes', () => {
    expect(TRANSFORM.sha1.apply('abc')).toHaveLength(20);
    expect(hex(TRANSFORM.sha1.apply('abc'))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
    expect(TRANSFORM.md5.apply('')).toHaveLength(16);
    expect(hex(TRANSFORM.md5.apply(''))).toBe('d41d8cd98f00b204e9800998ecf8427e');
  });

  it('are of bytes, not of UTF-8', () => {
    expect(hex(TRANSFORM.md5.apply('\xff'))).toBe('00594fd4f42ba43fc1ca0427a0576295');
  });

  it('length counts bytes', () => {
    expect(TRANSFORM.length.apply('')).toBe('0');
    expect(TRANSFORM.length.apply('\xc3\xa9')).toBe('2');
  });
});
