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

table('lowercase', [
  ['SeLeCT', 'select'],
  ['done', 'done'],
  ['A\xc0\xdeZ', 'a\xc0\xdez'], // bytes above 0x7f are no letters
]);
table('uppercase', [
  ['SeLeCT', 'SELECT'],
  ['a\xb5\xdf\xe0\xffz', 'A\xb5\xdf\xe0\xffZ'],
]);

table('compressWhitespace', [
  ['a  b\t\r\n\v\fc', 'a b c'],
  ['a b', 'a b'],
  ['a\tb', 'a b'],
  ['a\xa0\xa0 b', 'a b'],
  ['  ', ' '],
]);
table('removeWhitespace', [
  [' a b\t\r\n\v\fc\xa0', 'abc'],
  ['a\xc2\xa0b\xc2\xb4\xa0', 'ab\xc2\xb4'],
  ['abc', 'abc'],
  ['\xe9', '\xe9'],
]);
table('trim', [
  [' \t\n\v\f\r a b \t', 'a b'],
  ['   ', ''],
  ['\xa0a', '\xa0a'],
]);
table('trimLeft', [[' \ta b ', 'a b ']]);
table('trimRight', [[' a b\n ', ' a b']]);
table('removeNulls', [['\0a\0\0b\0', 'ab']]);
table('replaceNulls', [['\0a\0b', ' a b']]);

table('replaceComments', [
  ['un/**/ion /* x */ select', 'un ion   select'],
  ['a/* open', 'a '],
  ['a/*/b', 'a '],
  ['a*/b', 'a*/b'],
  ['/*a*//*b*/', '  '],
]);
table('removeComments', [
  ['un/**/ion<!-- x -->all', 'unionall'],
  ['a -- rest', 'a '],
  ['a # rest', 'a '],
  ['a/* open', 'a '],
  ['a/* -- # */b', 'ab'],
  ['a-b<!-c', 'a-b<!-c'],
  ['/**//**/', ''],
]);
table('removeCommentsChar', [
  ['un/**/ion', 'union'],
  ['/* x */', ' x '],
  ['<!-- x -->y--#', ' x y'],
  ['-->', ''],
  ['/-<!-', '/-<!-'],
  ['//**', '/*'], // one pass
]);

table('cmdLine', [
  ['C^OM\\MAN"D\'', 'command'],
  ['a,;\t\r\n b', 'a b'],
  ['cat  /etc/passwd', 'cat/etc/passwd'],
  ['net ,(x)', 'net(x)'],
  ['done', 'done'],
  ['a b', 'a b'],
  ['/bin/cat', '/bin/cat'],
  [' /', '/'],
  ['"\' \'"', ' '],
  ['\xc0', '\xc0'],
]);

table('normalizePath', [
  ['/etc/passwd', '/etc/passwd'],
  ['/etc//./passwd', '/etc/passwd'],
  ['/a/b/../../../etc', '/etc'], // not above the root
  ['../../etc', '../../etc'],
  ['a/../../etc', '../etc'],
  ['../a/../..', '../..'],
  ['./a', 'a'],
  ['a/./', 'a/'],
  ['a/..', ''],
  ['a/../', ''],
  ['.', ''],
  ['..', '..'],
  ['../', '../'],
  ['/', '/'],
  ['//', '/'],
  ['/.', ''],
  ['/../', '/'],
  ['/a/..', ''],
  ['/a/../', '/'],
  ['a/b/', 'a/b/'],
  ['/.../..a/.b', '/.../..a/.b'],
  ['/a...//b', '/a.../b'],
  ['a\\..\\b', 'a\\..\\b'],
]);
table('normalizePathWin', [
  ['\\a\\.\\b', '/a/b'],
  ['c:\\x\\..\\y', 'c:/y'],
  ['..\\../etc', '../../etc'],
  ['/etc//passwd', '/etc/passwd'],
]);
