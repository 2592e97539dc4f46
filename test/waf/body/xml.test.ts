import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, faultOf, type Odds, reading } from './reading.ts';

const read = (text: string, odds?: Odds) => reading('application/xml', bytesOf(text), odds);

describe('text and attributes', () => {
  it.each([
    ['<a>x</a>', ['x'], []],
    ['<a b="1" c=\'2\'/>', [], ['1', '2']],
    ['<a>&lt;&gt;&amp;&apos;&quot;&#60;&#x3C;&#x20AC;</a>', [`<>&'"<<${bytesOf('€')}`], []],
    ['<a b="&lt;&#10;&quot;"/>', [], ['<\n"']],
    ['<a>&amp;lt;</a>', ['&lt;'], []],
    ['<a>un<![CDATA[ion <b> &amp;]]></a>', ['union <b> &amp;'], []],
    ['<a>un<!-- x -->ion</a>', ['union'], []],
    ['<a>un<?x y?>ion</a>', ['union'], []],
    ['<a><b>x</b><c>y</c></a>', ['xy', 'x y'], []],
    ['<a>un<b/>ion</a>', ['union', 'un ion'], []],
    ['<a>\n <b>x</b>\n <c>y</c>\n</a>', ['\n x\n y\n'], []],
    ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<a/>\n', [], []],
    ['\ufeff<a>x</a>', ['x'], []],
    ['<!DOCTYPE a><a>x</a>', ['x'], []],
    ['<s:E xmlns:s="http://x" xmlns="y" s:z="1"/>', [], ['1']],
    ['<a b = "1"\n c="2" ></a >', [], ['1', '2']],
    ['<é>ü</é>', [bytesOf('ü')], []],
    ['', [], []],
    [' \n', [], []],
  ])('of %j', (text, texts, attributes) => {
    const found = read(text);
    expect(found.xml).toEqual({ text: texts, attributes });
    expect(faultOf(found)).toBe('');
  });

  it('are what was written', () => {
    const escaped = (t: string): string =>
      t.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&#34;');
    const text = fc.string({ unit: fc.constantFrom(...Array.from('ab<>&"\' ;#é]')) });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), (elements) => {
        const body = elements.map(([t, a]) => `<e a="${escaped(a)}">${escaped(t)}</e>`).join('');
        const found = read(`<r>${body}</r>`);
        expect(found.xml?.attributes).toEqual(elements.map(([, a]) => bytesOf(a)));
        expect(found.xml?.text[0] ?? '').toBe(bytesOf(elements.map(([t]) => t).join('')));
        expect(faultOf(found)).toBe('');
      }),
    );
  });
});

describe('a fault', () => {
  it.each([
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'xml-doctype!', ['&x;']],
    ['<!DOCTYPE a SYSTEM "http://x/y.dtd"><a>x</a>', 'xml-doctype!', ['x']],
    ['<!DOCTYPE a PUBLIC "p" "s"><a>x</a>', 'xml-doctype!', ['x']],
    ['<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 'xml-doctype!', ['&x;']],
    ['<a>&x;</a>', 'xml-entity!', ['&x;']],
    ['<a>&nbsp;</a>', 'xml-entity!', ['&nbsp;']],
    ['<a>x & y &lt;</a>', 'xml-entity!', ['x & y <']],
    ['<a>&#0;&#xD800;&#x110000;&#;&#x;&#1a;</a>', 'xml-entity!', 1],
    ['<a b="1" b="2"/>', 'xml-duplicate-attribute!', []],
    ['<?xml version="1.0" encoding="utf-7"?><a>x</a>', 'xml-encoding!', ['x']],
    ['<?xml version="1.0" encoding="IBM037"?><a>x</a>', 'xml-encoding!', ['x']],
    ['<?xml version="1.0" encoding?><a>x</a>', 'xml-encoding!', ['x']],
    ['<a>\u0001</a>', 'xml-character!', ['\u0001']],
    ['<a><b>x</a></b>', 'xml-syntax!', ['x']],
    ['<a>x</a>y', 'xml-syntax!', ['x']],
    ['<a>x</a><b>y</b>', 'xml-syntax!', ['x']],
    ['x<a/>', 'xml-syntax!', []],
    ['<a b=1/>', 'xml-syntax!', []],
    ['<a b/>', 'xml-syntax!', []],
    ['<a b="1"c="2">x</a>', 'xml-syntax!', ['x']],
    ['<a b="<x>">y</a>', 'xml-syntax!', ['y']],
    ['<a>x<1></a>', 'xml-syntax!', ['x']],
    ['<a></a><!DOCTYPE a>', 'xml-syntax!', []],
    ['<![CDATA[x]]>', 'xml-syntax!', []],
    [' <?xml version="1.0"?><a>x</a>', 'xml-syntax!', ['x']],
    ['<a>x', 'xml-unfinished', ['x']],
    ['<a b="x', 'xml-unfinished', []],
    ['<a><!-- x', 'xml-unfinished', []],
    ['<a><![CDATA[x', 'xml-unfinished', ['x']],
    ['<!-- x -->', 'xml-unfinished', []],
  ])('of %j is %s', (text, fault, texts) => {
    const found = read(text);
    expect(faultOf(found)).toBe(fault);
    if (typeof texts === 'number') expect(found.xml?.text).toHaveLength(texts);
    else expect(found.xml?.text).toEqual(texts);
  });

  it('hides no attribute', () => {
    expect(read('<a b="1" b="2" c="&x;"/>').xml?.attributes).toEqual(['1', '2', '&x;']);
    expect(read('<a b="x').xml?.attributes).toEqual(['x']);
  });

  it.each([
    ['UTF-16 with its mark', Buffer.from('\ufeff<a>x</a>', 'utf16le')],
    ['UTF-16 without', Buffer.from('<a>x</a>', 'utf16le').swap16()],
  ])('of %s is that of the encoding', (_, body) => {
    expect(faultOf(reading('text/xml', body.toString('latin1')))).toBe('xml-encoding!');
  });

  it('of bytes that are no UTF-8, unless another encoding is declared', () => {
    const latin1 = (head: string): string => faultOf(reading('text/xml', `${head}<a>\u00ff</a>`));
    expect(latin1('')).toBe('xml-utf8!');
    expect(latin1('<?xml version="1.0" encoding="iso-8859-1"?>')).toBe('');
  });
});

describe('limits', () => {
  const nested = (n: number): string => `${'<a>'.repeat(n)}${'</a>'.repeat(n)}`;

  it('of depth', () => {
    expect(faultOf(read(nested(64)))).toBe('');
    expect(faultOf(read(nested(65)))).toBe('xml-depth!');
  });

  it('of attributes', () => {
    const many = Array.from({ length: 1200 }, (_, i) => `a${i}="1"`).join(' ');
    const found = read(`<a ${many}/>`);
    expect(found.xml?.attributes).toHaveLength(1000);
    expect(faultOf(found)).toBe('too-many-args!');
  });

  it('of values', () => {
    const found = read('<a b="12345">123456</a>', { limits: { valueBytes: 5 } });
    expect(found.xml).toEqual({ text: ['12345'], attributes: ['12345'] });
    expect(faultOf(found)).toBe('value-too-long!');
  });

  it('of what is given of the body: no prefix has a fault', () => {
    const text =
      '<?xml version="1.0" encoding="UTF-8"?><!-- c --><!DOCTYPE a><a b="x&amp;y"><![CDATA[c]]>' +
      '<d e="1" f="2">t&#x20;u</d><?p i?><g/></a>\n<!-- end -->';
    for (let n = 0; n <= text.length; n++)
      expect(faultOf(read(text.slice(0, n), { truncated: true })), text.slice(0, n)).toBe('');
  });
});
