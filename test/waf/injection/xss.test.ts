import { describe, expect, it } from 'vitest';
import { detectXss } from '../../../src/waf/injection/index.ts';

const ATTACKS: Readonly<Record<string, readonly string[]>> = {
  'tags that run or load': [
    '<script>alert(1)</script>',
    'x<ScRiPt src=//a>',
    '<script/x>',
    '<script',
    '<scr\0ipt>alert(1)</scr\0ipt>',
    '<x:script xmlns:x="http://www.w3.org/1999/xhtml" src="data:,alert(1)" />',
    '<svg/onload=alert()',
    '<iframe srcdoc="x">',
    '<object data=x>',
    '<embed src=x>',
    '<base href=//a/>',
    '<link rel=stylesheet href=//a>',
    '<meta http-equiv=refresh content=0>',
    '<style>@import "//a"</style>',
    '<applet code=x>',
    '<!DOCTYPE x [<!ENTITY a "b">]>',
    '<?import namespace=t implementation="#x">',
    '<!--[if gte IE 4]><b><![endif]-->',
  ],
  'events of a tag': [
    '<xss onbeforehellfreezes=alert(1)>',
    '<img src=x onerror=alert(1)>',
    '<img/src="x"/onerror = alert(1)',
    "<b title='a>b' onclick='x'>",
    '<img """><b onmouseover="x">',
    '</b onclick=x>',
    '<!--><img src=x onerror=x>-->',
    '<!-- a --!><img src=x onerror=x>',
    '<!-- a --!><script>',
    '<!--><script>-->',
    '<!---><script>-->',
    '<a\tonfocus\n=\n"x">',
  ],
  'attributes broken out of': [
    '"onmouseover=\'prompt(document.cookie)\'"',
    '" onfocus=alert(1) autofocus x="',
    "' onclick=alert(1) '",
    '` onload=x',
    'x onerror=alert(1)',
    '"><img src=x onerror=x>',
    "x' href='javascript:x",
    'x" srcdoc="y',
  ],
  'URLs that are scripts': [
    '<a href=javascript:alert(1)>',
    '<a href=" java\tscript:alert(1)">',
    '<a href="&#x6a;avascript:alert(1)">',
    '<a href="&#0000106avascript&colon;alert(1)">',
    '<a href="java&NewLine;script:alert(1)">',
    '<a href="vbscript:x">',
    '<form action=JaVaScRiPt:x>',
    '<button formaction="javascript:x">',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">',
    '<a xlink:href="javascript:x">',
    '<x style="width:expression(alert(1))">',
    '<x style="wid/**/th:exp/**/ression(1)">',
    '<p style="background:url(javascript:alert(1))">',
    '<animate attributename=href to=x>',
  ],
};

const ORDINARY: readonly string[] = [
  '',
  'hello',
  '<3',
  'a < b and c > d',
  'a<b && c>d',
  '<b>bold</b> <i>x</i><br/>',
  "<p class=\"a b\" id='c'>it's</p>",
  '<a href="https://example.com/?a=b&c=d">x</a>',
  '<img src="/a.png" alt="on=time">',
  '<img src="data:image/png;base64,iVBORw0KGgo=">',
  '<p style="color: red">x</p>',
  'List<Object> and Map<String, Frame>',
  'click the <link> here',
  '<!-- a comment -->',
  '<status online="true">',
  'javascript: the good parts',
  "don't only=foo ongoing=bar once=1",
  'key=value; other="x y"; on=off',
  'https://example.com/?only=1&one=2&version=3',
  '"quoted" and \'quoted\' = `code`',
  'const onTimeout = () => {}',
  'if (x <= 1 || y => 2) onto=1',
  'Anna <anna@example.com>',
  'x -> y <- z',
  '<?xml version="1.0"?><a b="c"/>',
];

describe('a value that could run a script', () => {
  for (const [kind, values] of Object.entries(ATTACKS)) {
    it.each(values)(`${kind}: %j`, (value) => {
      expect(detectXss(value)).toBe(true);
    });
  }

  it('is found behind any padding', () => {
    const pad = 100_000;
    expect(detectXss(`${'a'.repeat(pad)}<script>`)).toBe(true);
    expect(detectXss(`${'<b>'.repeat(pad)}<svg>`)).toBe(true);
    expect(detectXss(`${'a'.repeat(pad)}" onclick=x`)).toBe(true);
    expect(detectXss(`<b ${'a=b '.repeat(pad)} onclick=x`)).toBe(true);
    expect(detectXss(`<a href="${' '.repeat(pad)}javascript:x">`)).toBe(true);
  });
});

describe('a value that could not', () => {
  it.each(ORDINARY)('%j', (value) => {
    expect(detectXss(value)).toBe(false);
  });
});
