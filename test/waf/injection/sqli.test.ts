import { describe, expect, it } from 'vitest';
import { detectSqli } from '../../../src/waf/injection/index.ts';

/** By what makes each an attack; the print is what the table says of it. */
const ATTACKS: Readonly<Record<string, readonly string[]>> = {
  'a condition that is always true': [
    '1 or 1=1',
    '-1 OR 5*5=25',
    "' or ''='",
    "x' and 'x' like 'x",
    "-7' or '1'='1",
    '-7" or "1"="2',
    "x' or 1=1 limit 1 -- -+",
    '1) or (1=1',
    '1)) or ((1=1',
    '1 or true',
    '1 or 1 between 0 and 2',
    '1 or 1 in (1,2)',
    '1 && 1=1',
    '1 xor 1=1',
    '1 or not 1=2',
    'id=1 or 1=1',
    '@x or 1=1',
  ],
  'the same in other spellings': [
    '1/**/or/**/1=1',
    '1\x0bor\x0b1=1',
    '1\xa0or\xa01=1',
    '1\xc2\xa0or\xc2\xa01=1',
    '1\r\nor\t1=1',
    '1 or+1=~-+1',
    '1 or 0x31=0x31',
    '1 or 0b1=1',
    '1 or 1e0=.1e1',
    "1 or N'a'=E'a'",
    "1 or q'[it's]'=q'{a}'",
    "1 or _utf8'a'=x'61'",
    '1 or $$a$$=$tag$a$tag$',
    '1 or `id`=`id`',
    '1 or [id]=[id]',
    '1 or @@version=@@version',
    "1 or binary 'a' collate utf8_bin='a'",
    '1/*!50000or*/1=1',
    '1 or 1.e(1)=1',
    '1or 1=1',
    '1 -- x\nor 1=1',
    "1' #x\nor '1'='1",
    "\\' or 1=1 -- ",
    '1 or 1=1;\x00',
  ],
  'union and subquery': [
    '1 union select 1,2,3 from users',
    "x') UNION ALL select NULL --",
    "24' union all select 1,2 from a/b",
    '1 union(select 1)',
    '1/*!50000union*//*!50000select*/1',
    "1 union select {d '2010-01-01'},1",
    '1 union distinct select`a`from`b`',
    '1e0union select 2',
    '1 and (select 1 from x)=1',
    "x'||(select extractvalue(1,concat(0x7e,version())))||'",
    '(select(0)from(select(sleep(15)))v)',
    "a' and email = all (select email)--",
    "a' and substring((select x from y where z = 'w'), 1, 1) > 'm",
    '2 div 1 intersect select 1',
    'limit 1,1 union select 1',
  ],
  'time and side effects': [
    'sleep(20)',
    "2010-01-01'+sleep(20.to_i)+'",
    'me@example.org" sleep(10.to_i) "',
    'if(now()=sysdate(),sleep(12),0)',
    "0'XOR(if(now()=sysdate(),sleep(15),0))XOR'Z",
    "x')waitfor delay'5:0:20'--",
    "1;waitfor delay '0:0:5'--",
    "x'||pg_sleep(10)--",
    '1 rlike sleep(5)',
    "1 and dbms_pipe.receive_message('a',5)=1",
    '1 and benchmark(1000000,md5(1))',
    'load_file(0x2f)',
    '"a@example.org"\')) and (select*from(select(sleep(5)))x) --',
  ],
  'further statements': [
    '1; drop table users',
    "x'; exec master..xp_cmdshell 'ping x'--",
    "x';shutdown--",
    '1;insert into x values(1)',
    '1;update x set a=1',
    "1;declare @q varchar(99);set @q='x'",
    "x', '4', '2');delete from users;--",
    "1;if(1=1) waitfor delay '0:0:1'",
    '1;select pg_sleep(5)',
  ],
  'the end of the statement': [
    "admin'--",
    "admin'-- -",
    "admin' #",
    "admin'/*",
    "admin';--",
    '1 order by 10--',
    "' having 1=1--",
    "x' group by a having 1=1 --",
    '1 procedure analyse(1,1)',
    "x' into outfile '/tmp/x' --",
    "1 limit 1 into dumpfile '/x'",
    "x' or 'a",
    "'='",
    '" | type %SystemDrive%\\config.ini | "',
  ],
};

const ORDINARY: Readonly<Record<string, readonly string[]>> = {
  'prose with apostrophes': [
    "O'Brien and sons",
    "it's nice and don't you like it",
    "the dogs' and cats' home",
    "boys' and girls' club",
    "rock 'n' roll",
    "bob's or alice's",
    "is this your parents' or yours?",
    "L'union fait la force, c'est s\xc3\xbbr",
    '5\' 10" tall',
    "don't drop the table; it's Anna's",
    "'yes' or 'no'",
    'He said "select one" and left',
    '"Die Union von Europa"',
    "He's 42 and she's 41",
  ],
  "prose with SQL's words": [
    'select your union',
    'drop me a line; thanks',
    'Please select from the list below or update your order',
    'union select committee',
    'having fun',
    'having pain!',
    'mother or daughter',
    'Group by age, order by name',
    'create table for two',
    'insert coin into slot',
    'Delete (Trashcan)',
    'Update: After the meeting...',
    'Where is the case? Like, in between.',
    'Not all who wander are lost -- Tolkien',
    'sleep is good',
    'European Union select few members',
    'We sleep (a lot) and eat',
  ],
  'names, searches, filters': [
    'Union Square 5',
    'SQL Server 2019 (Standard)',
    'MySQL 8.0 vs. PostgreSQL 16',
    'Select Comfort, Inc.',
    'AT&T',
    'C# and C++',
    '1 and 2',
    '5 or 6 days',
    'cats or dogs -birds',
    '"exact phrase" or other',
    'status = open and type = bug',
    'status in (open, closed) order by date',
    'price > 10 and price < 20',
    "name eq 'x'",
    'a,b,-c',
    'title:foo AND year:2020',
  ],
  'numbers and marks': [
    '2024-01-31T10:30:00Z',
    '+49 (0) 30 12-34',
    '$19.99',
    '1+1=2',
    '1, 2, 3',
    '1-2',
    '10.0.0.1/8',
    '50%',
    '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    'SGVsbG8gV29ybGQ+/x==',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMe--KKF2QT4',
    'W/"0815"',
    '!@#$%^&*()',
    '-------------------',
    '(((((())))))',
    '...',
    '*',
    '',
    "'",
    '"',
    "''",
  ],
  'formats and code': [
    '{"a":"b or c","d":[1,2,3],"e":null}',
    "{'a': 'b', 'c': 1}",
    '["a","b"]',
    'a,"b, c",3',
    'https://example.com/a?select=b&from=c#d',
    '/a/b/24 union all select 1,2,3 from aa/bar',
    '/foo/*/bar/*/baz',
    'C:\\Program Files\\x',
    'if (a == 1 && b != 2) { return; }',
    'foo || true',
    "const x = 'a' + b + 'c';",
    'print("hello")',
    'round(3.5)',
    'max(a, b)',
    'time.sleep(5)',
    "sed 's/a/b/g'",
    '/* a comment */',
    '/*! jQuery v3.1 */',
    '# Title\n\n- **a** or `b`\n- c > d',
    '<a href="/x">it\'s</a>',
    'a < b and c > d',
    'Mozilla/5.0 (X11; Linux x86_64; rv:1) Gecko/20100101 Firefox/1',
    'me@example.com; you@example.org',
    "Dear Anna,\n\nI can't come; it's late.\n\nRegards,\nBob O'Neil",
  ],
};

describe('a value that is an injection into SQL', () => {
  for (const [kind, values] of Object.entries(ATTACKS)) {
    it.each(values)(`${kind}: %j`, (value) => {
      expect(detectSqli(value)).toMatch(/^\S{1,5}$/);
    });
  }

  it('is named by its print', () => {
    expect(detectSqli("x' or 1=1")).toBe('q&t');
    expect(detectSqli('1 union select 1')).toBe('1UE1');
  });

  it('is found behind any padding', () => {
    const pad = 100_000;
    expect(detectSqli(`${'a'.repeat(pad)}' or 1=1`)).toBe('q&t');
    expect(detectSqli(`${' '.repeat(pad)}1 or 1=1`)).toBe('1&t');
    expect(detectSqli(`1${'/*a*/'.repeat(pad / 5)}or 1=1`)).toBe('1&t');
    expect(detectSqli(`1${'+1'.repeat(pad / 2)} or 1=1`)).toBe('1&t');
    expect(detectSqli(`1 or 1${'+1'.repeat(pad / 2)}=1`)).toBe('1&t');
  });
});

describe('a value that is none', () => {
  for (const [kind, values] of Object.entries(ORDINARY)) {
    it.each(values)(`${kind}: %j`, (value) => {
      expect(detectSqli(value)).toBeNull();
    });
  }
});
