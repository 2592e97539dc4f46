import { describe, expect, it } from 'vitest';
import { faultText, parseSecLang } from '../../../src/waf/seclang/index.ts';
import { data, mistakes } from './read.ts';

describe('a mistake has its place, what was found and what is expected', () => {
  it.each([
    ['SecRules ARGS x id:1', '1:1: unknown directive: found SecRules, expected SecRule?'],
    ['\n  Foo', '2:3: unknown directive: found Foo, expected a directive, such as SecRule'],
    [
      'Include x.conf',
      '1:1: an include: found Include, expected the file itself, listed among the rules',
    ],
    [
      'SecRuleEngine On',
      '1:1: a setting of the engine: found SecRuleEngine, expected mode of the policy',
    ],
    [
      'SecRequestBodyLimit 1',
      '1:1: a setting of the engine: found SecRequestBodyLimit, expected body.inspectBytes of the policy',
    ],
    ['<IfModule x>', '1:1: a section: found <IfModule, expected directives alone'],
    [
      'SecRule ARGS',
      '1:1: too few arguments: found SecRule, expected variables, "operator", "actions"',
    ],
    ['SecMarker a b', '1:13: one argument too many: found b, expected a name'],
    ['SecMarker ""', '1:12: a marker without a name: found nothing, expected a name'],
    [
      'SecRule ARGS "x',
      '1:14: a quote that is not closed: found "x, expected the closing quote, or a backslash at the end of the line',
    ],
    [
      'SecRule ARGS "x \\ \n "id:1"',
      '1:14: a quote that is not closed: found "x \\ , expected a backslash as the very last byte of the line',
    ],
    [
      'SecRule ARGS "x"y id:1',
      '1:17: text behind a closing quote: found y id:1, expected white space, or a backslash in front of a quote inside of the text',
    ],
    ['SecMarker a\\', '1:12: the file ends in a continued line: found \\, expected another line'],
    [
      '# SecMarker a \\\nSecMarker b',
      '1:15: a comment that is continued: found \\, expected no backslash, or # in the next line',
    ],
  ])('%s', (text, fault) => {
    expect(mistakes(text)).toEqual([`a.conf:${fault}`]);
  });
});

describe('in variables', () => {
  it.each([
    ['ARG', '9: unknown variable: found ARG, expected ARGS?'],
    [
      'ARGS|REQUEST_HEADER:X',
      '14: unknown variable: found REQUEST_HEADER, expected REQUEST_HEADERS?',
    ],
    ['QQQQQQ', '9: unknown variable: found QQQQQQ, expected a variable, such as ARGS'],
    ['IP:score', '9: unknown variable: found IP, expected a variable, such as ARGS'],
    ['ARGS|', '14: no variable: found nothing, expected a variable, such as ARGS'],
    ['ARGS:', '14: no name behind the colon: found nothing, expected a name, or /regex/'],
    ['ARGS:/a', '14: a regex that is not closed: found /a, expected / and | or the end'],
    ["ARGS:'a", "14: a quote that is not closed: found 'a, expected '"],
    [
      'ARGS:a,REQUEST_URI',
      '15: text behind a variable: found ,REQUEST_URI, expected | or the end; names with such bytes in quotes',
    ],
    ['!ARGS', '9: nothing to look at: found !ARGS, expected a variable without !'],
    [
      '&REQUEST_URI',
      '9: REQUEST_URI is one value: found &REQUEST_URI, expected a collection behind &',
    ],
    ['REQUEST_URI:a', '20: REQUEST_URI has no parts: found :a, expected | or the end'],
    ['XML', '9: a part of XML: found nothing, expected XML:/* or XML://@*'],
    ['ARGS|XML:/a/b', '14: a part of XML: found :/a/b, expected XML:/* or XML://@*'],
    [
      'ARGS.a',
      '13: text behind a variable: found .a, expected | or the end; names with such bytes in quotes',
    ],
  ])('%s', (variables, fault) => {
    expect(mistakes(`SecRule ${variables} x id:1`)).toEqual([`a.conf:1:${fault}`]);
  });
});

describe('in an operator', () => {
  it.each([
    ['@rz a', '16: unknown operator: found rz, expected rx?'],
    [
      '!@noMatch',
      '17: an operator that this firewall does not have: found noMatch, expected no rule: this one never hits',
    ],
    [
      '@geoLookup',
      '16: an operator that this firewall does not have: found geoLookup, expected the variable COUNTRY',
    ],
    ['', '15: an operator without its argument: found nothing, expected a regex'],
    ['@rx', '18: an operator without its argument: found nothing, expected a regex'],
    ['@rx a%{tx.b}', '20: a variable in a regex: found %{tx.b}, expected plain text, or \\%{'],
    ['@rx-a', '18: text behind the operator: found -a, expected white space'],
    ['@eq one', '19: not a whole number: found one, expected digits, or a variable'],
    ['@eq %{tx.}', '21: TX has many values: found tx., expected TX.name'],
    ['@streq a%{ARG.b}', '25: unknown variable: found ARG, expected ARGS?'],
    ['@streq %{tx.b', '22: a variable that is not closed: found %{tx.b, expected }'],
    [
      '@pm ',
      '19: an operator without its argument: found nothing, expected phrases, parted by white space',
    ],
    ['@pm a |41|', '21: | in a phrase: found |41|, expected phrases without |, or @rx'],
    [
      '@pmFromFile none.data',
      '27: no such file: found none.data, expected a file beside the rules',
    ],
    [
      '@pmf more.data empty.data',
      '30: a file without a phrase: found empty.data, expected a phrase',
    ],
    [
      '@ipMatch 1.2.3.4,1.2.3.400',
      '32: not an address: found 1.2.3.400, expected addresses or networks, parted by commas',
    ],
    [
      '@ipMatch ::1/129',
      '24: not an address: found ::1/129, expected addresses or networks, parted by commas',
    ],
    [
      '@ipMatchF not-networks.data',
      '25: not an address, in not-networks.data: found 10.0.0.0/33, expected an address or a network a line',
    ],
    [
      '@validateByteRange 1,300',
      '36: not a range of bytes: found 300, expected numbers of 0 to 255, such as 9,32-126',
    ],
    [
      '@validateByteRange 9-1',
      '34: not a range of bytes: found 9-1, expected numbers of 0 to 255, such as 9,32-126',
    ],
    ['@detectSQLi x', '27: @detectSQLi takes nothing: found x, expected the end'],
  ])('%s', (operator, fault) => {
    expect(mistakes(`SecRule ARGS "${operator}" id:1`)).toEqual([`a.conf:1:${fault}`]);
  });
});

describe('between directives', () => {
  it.each([
    [
      'SecAction pass',
      '1:1: a rule without an id: found SecAction, expected id:… among its actions',
    ],
    ['SecAction id:0', '1:14: not an id: found 0, expected a number of 1 to 12 digits'],
    [
      'SecAction id:5\n SecAction id:5',
      '2:2: a second rule 5, the first is at a.conf:1:1: found id:5, expected an id of its own',
    ],
    [
      'SecMarker M\nSecAction "id:1,skipAfter:M"',
      '2:27: a skip to nowhere: found M, expected SecMarker M further below',
    ],
    [
      'SecAction "id:1,chain"\nSecMarker M\nSecAction id:2',
      '1:17: a chain that does not go on: found chain, expected SecRule as the next directive',
    ],
    [
      'SecAction "id:1,chain"\nSecAction id:2',
      "2:11: id can't stand in a later link of a chain: it stands in the first: found id, expected another action",
    ],
    [
      'SecAction "id:1,chain"\nSecAction deny',
      "2:11: deny can't stand in a later link of a chain: it stands in the first: found deny, expected another action",
    ],
    ['SecRuleRemoveById 1', '1:19: no such rule: found 1, expected a rule that stands above'],
    ['SecRuleRemoveByTag a', '1:20: no such rule: found a, expected a rule that stands above'],
    [
      'SecRuleUpdateTargetById 1 !ARGS:x\nSecAction id:1',
      '1:25: no such rule: found 1, expected a rule that stands above',
    ],
    [
      'SecAction id:1\nSecRuleUpdateTargetById 1 !ARG:x',
      '2:28: unknown variable: found ARG, expected ARGS?',
    ],
    [
      'SecAction id:1\nSecRuleUpdateTargetById 1:1 !ARGS',
      '2:25: rule 1 has 1 links: found 1:1, expected a link that it has',
    ],
    [
      'SecAction id:1\nSecRuleUpdateActionById 1 id:2',
      "2:27: id can't stand in SecRuleUpdateActionById: found id, expected another action",
    ],
    [
      'SecDefaultAction "phase:1,log"',
      '1:19: no disruptive action: found phase:1,log, expected pass, deny, drop or allow',
    ],
    [
      'SecDefaultAction "phase:1,block"',
      "1:27: block can't stand in SecDefaultAction: found block, expected another action",
    ],
    [
      'SecDefaultAction "phase:1,pass"\nSecDefaultAction "phase:1,deny"',
      '2:19: a second default for phase 1, the first is at a.conf:1:1: found phase:1,deny, expected one a phase',
    ],
    [
      'SecAction id:1\nSecDefaultAction "phase:2,deny"',
      '2:1: rules of phase 2 stand above their default: found SecDefaultAction, expected it in front of them',
    ],
  ])('%s', (text, fault) => {
    expect(mistakes(text)).toEqual([`a.conf:${fault}`]);
  });
});

describe('many mistakes', () => {
  it('are told at once, in the order of the text, at their columns across continued lines', () => {
    const text = [
      'SecRule ARGS|ARGZ "@rx x" \\',
      '    "id:1,\\',
      "    msg:'a\\'b \\\"%{tz.a}\\\"',\\",
      '    t:lower, den, \\',
      '    skipAfter:A"',
      'SecRuleEngine On',
    ].join('\n');
    expect(mistakes(text)).toEqual([
      'a.conf:1:14: unknown variable: found ARGZ, expected ARGS?',
      'a.conf:3:19: unknown variable: found tz, expected TX?',
      'a.conf:4:7: unknown transformation: found lower, expected a transformation, such as lowercase',
      'a.conf:4:14: unknown action: found den, expected deny?',
      'a.conf:5:15: a skip to nowhere: found A, expected SecMarker A further below',
      'a.conf:6:1: a setting of the engine: found SecRuleEngine, expected mode of the policy',
    ]);
  });

  it('the rest of a rule whose quote is not closed is not told as new mistakes', () => {
    const text = 'SecRule ARGS x "id:1,\n  phase:1,\\\n pass"\nSecRul ARGS\nSecMarker\n';
    expect(mistakes(text).map((fault) => fault.split(':').slice(0, 3).join(':'))).toEqual([
      'a.conf:1:16',
      'a.conf:5:1',
    ]);
  });

  it('in several files are told file by file', () => {
    const read = parseSecLang(
      [
        { file: 'z.conf', text: 'SecAction "id:1,chain"' },
        { file: 'b.conf', text: 'SecAction id:1' },
      ],
      data,
    );
    expect(read.ok ? [] : read.error.map(faultText)).toEqual([
      'z.conf:1:17: a chain that does not go on: found chain, expected SecRule as the next directive',
      'b.conf:1:1: a second rule 1, the first is at z.conf:1:1: found id:1, expected an id of its own',
    ]);
  });
});
