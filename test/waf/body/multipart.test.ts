import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argsOf, faultOf, type Odds, reading } from './reading.ts';

const TYPE = 'multipart/form-data; boundary=XyZ';
const FIELD = 'Content-Disposition: form-data; name="a"';
const FILE = 'Content-Disposition: form-data; name="f"; filename="x.txt"';

/** Parts, each its head's lines and its content, as a client writes them. */
const written = (parts: readonly (readonly [head: string, content: string])[]): string =>
  `${parts.map(([head, content]) => `--XyZ\r\n${head}\r\n\r\n${content}\r\n`).join('')}--XyZ--\r\n`;

const one = (head: string, content = 'v'): string => written([[head, content]]);
const read = (body: string, odds?: Odds) => reading(TYPE, body, odds);

describe('a form', () => {
  it('has fields, files and the heads of all parts', () => {
    const found = read(
      written([
        [FIELD, '1'],
        [`${FILE}\r\nContent-Type: text/plain; charset=utf-8`, 'abc\nd'],
        ['content-disposition:form-data; name=b', ''],
      ]),
    );
    expect(argsOf(found)).toEqual(['a=1', 'b=']);
    expect(found.files).toEqual([{ field: 'f', filename: 'x.txt', bytes: 5 }]);
    expect(found.partHeaders).toEqual([
      { name: 'a', value: FIELD },
      { name: 'f', value: FILE },
      { name: 'f', value: 'Content-Type: text/plain; charset=utf-8' },
      { name: 'b', value: 'content-disposition:form-data; name=b' },
    ]);
    expect(faultOf(found)).toBe('');
    expect(Object.values(found.multipart!)).not.toContain(true);
  });

  it.each([
    ['without parts', '--XyZ--\r\n'],
    ['without parts or line break', '--XyZ--'],
    ['with an empty line before it', `\r\n${one(FIELD)}`],
    ['whose content has line breaks and dashes', one(FIELD, '\r\n-- \n--x\r\n\r\n')],
    ['with an identity transfer encoding', one(`${FIELD}\r\nContent-Transfer-Encoding: 8BIT`)],
    ['with both names of a file, as .NET writes them', one(`${FILE}; filename*=utf-8''x.txt`)],
    ['with an empty file', one('Content-Disposition: form-data; name="f"; filename=""', '')],
    ['with a quote in its name, as browsers write it', one(FILE.replace('x', '%22x'))],
    ['with parameters of no meaning here', one(`${FIELD}; size=1;`)],
    ['with bytes beyond ASCII in its name', one(FIELD.replace('a"', '\u00c3\u00a9"'))],
  ])('%s has no fault', (_, body) => {
    expect(faultOf(read(body))).toBe('');
  });

  it('is empty if there are no bytes', () => {
    expect(faultOf(read(''))).toBe('');
  });

  it('is what a writer wrote', () => {
    const content = fc
      .uint8Array({ maxLength: 40 })
      .map((a) => Buffer.from(a).toString('latin1'))
      .filter((text) => !text.includes('XyZ'));
    const name = fc.string({ unit: fc.constantFrom(...Array.from("aB0 -;:=,'%&+")), maxLength: 8 });
    const part = fc.record({ name, content, filename: fc.option(name), type: fc.boolean() });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const found = read(
          written(
            parts.map((p) => [
              `Content-Disposition: form-data; name="${p.name}"` +
                (p.filename === null ? '' : `; filename="${p.filename}"`) +
                (p.type ? '\r\nContent-Type: text/plain' : ''),
              p.content,
            ]),
          ),
        );
        const isField = (p: (typeof parts)[number]): boolean =>
          p.filename === null || (p.filename === '' && p.content !== '');
        expect(found.args).toEqual(
          parts.filter(isField).map((p) => ({ name: p.name, value: p.content })),
        );
        expect(found.files).toEqual(
          parts.flatMap(({ name: field, filename, content: { length } }) =>
            filename === null ? [] : [{ field, filename, bytes: length }],
          ),
        );
        expect(found.partHeaders).toHaveLength(parts.length + parts.filter((p) => p.type).length);
      }),
    );
  });
});

describe('a fault', () => {
  it.each([
    ['no final boundary', `--XyZ\r\n${FIELD}\r\n\r\nv\r\n`, 'multipart-no-final-boundary!'],
    ['no boundary at all', 'a=1&b=2', 'multipart-no-final-boundary!'],
    ['bytes before', `x\r\n${one(FIELD)}`, 'multipart-preamble!'],
    ['bytes behind', `${one(FIELD)}x`, 'multipart-epilogue!'],
    ['a form behind the form', one(FIELD) + one(FIELD), 'multipart-epilogue!'],
    ['LF for CRLF', one(FIELD).replaceAll('\r\n', '\n'), 'multipart-lf!'],
    ['LF behind the head', one(FIELD).replace('"a"\r\n', '"a"\n'), 'multipart-lf!'],
    ['LF before a boundary', one(FIELD).replace('v\r\n', 'v\n'), 'multipart-lf!'],
    ['blanks behind a boundary', one(FIELD).replace('XyZ', 'XyZ '), 'multipart-boundary-padding!'],
    ['the boundary in a line', one(FIELD, 'x--XyZ'), 'multipart-boundary-line!'],
    ['a longer boundary', one(FIELD, '\r\n--XyZa\r\n'), 'multipart-boundary-line!'],
    ['a boundary behind CR', one(FIELD, 'x\r--XyZ--'), 'multipart-boundary-line!'],
    ['no content at all', `--XyZ\r\n${FIELD}\r\n\r\n--XyZ--\r\n`, 'multipart-boundary-line!'],
    ['another case', one(FIELD, 'x\r\n--xyz\r\n'), 'multipart-unmatched-boundary!'],
    ['more dashes', one(FIELD, 'x\r\n----XyZ\r\n'), 'multipart-boundary-line!'],
    ['no blank line', `--XyZ\r\nv\r\n--XyZ--\r\n`, 'multipart-header!'],
    ['a line without a colon', one(`${FIELD}\r\nx`), 'multipart-header!'],
    ['a control in a field name', one(`${FIELD}\r\n\u000eX: y`), 'multipart-header!'],
    ['a blank before the colon', one(FIELD.replace(':', ' :')), 'multipart-header!'],
    ['NUL in a name', one(FIELD.replace('a"', 'a\0"')), 'multipart-header!'],
    ['a folded field', one(FIELD.replace('; ', ';\r\n ')), 'multipart-header-folding!'],
    ['two dispositions', one(`${FIELD}\r\n${FILE}`), 'multipart-duplicate-header!'],
    ['two types', one(`${FIELD}\r\nA: b\r\na: c`), 'multipart-duplicate-header!'],
    ['no disposition', one('Content-Type: text/plain'), 'multipart-no-disposition!'],
    ['no head', one('').replace('\r\n\r\n\r\n', '\r\n\r\n'), 'multipart-no-disposition!'],
    ['an attachment', one(FIELD.replace('form-data', 'attachment')), 'multipart-no-disposition!'],
    ['no name', one('Content-Disposition: form-data'), 'multipart-no-disposition!'],
    ['two names', one(`${FIELD}; name="b"`), 'multipart-duplicate-parameter!'],
    ['two file names', one(`${FILE}; filename="b"`), 'multipart-duplicate-parameter!'],
    ['another file name', one(`${FILE}; filename*=utf-8''b`), 'multipart-extended-parameter!'],
    ['filename* alone', one(`${FIELD}; filename*=utf-8''b`), 'multipart-extended-parameter!'],
    ['a continued file name', one(`${FIELD}; filename*0="b"`), 'multipart-extended-parameter!'],
    ['an extended name', one(`${FIELD}; name*=utf-8''b`), 'multipart-extended-parameter!'],
    ['an escaped quote', one(FILE.replace('x', '\\"x')), 'multipart-quoting!'],
    ['a backslash', one(FILE.replace('x', 'c:\\x')), 'multipart-quoting!'],
    ['apostrophes for quotes', one(FILE.replaceAll('"', "'")), 'multipart-quoting!'],
    ['an open quote', one(FILE.slice(0, -1)), 'multipart-quoting!'],
    ['a bare name with blanks', one(`${FIELD}; filename=a b`), 'multipart-quoting!'],
    ['blanks around the equals sign', one(FIELD.replace('=', ' = ')), 'multipart-disposition!'],
    ['no semicolon', one(FILE.replace('; f', ' f')), 'multipart-disposition!'],
    ['a parameter without a value', one(`${FIELD}; filename`), 'multipart-disposition!'],
    [
      'an empty file name and content',
      one('Content-Disposition: form-data; name="f"; filename=""'),
      'multipart-empty-filename!',
    ],
    [
      'a transfer encoding',
      one(`${FIELD}\r\nContent-Transfer-Encoding: base64`),
      'multipart-transfer-encoding!',
    ],
    [
      'multipart in multipart',
      one(`${FIELD}\r\nContent-Type: multipart/mixed; boundary=b`),
      'multipart-nested!',
    ],
    [
      'a strange charset',
      one(`${FIELD}\r\nContent-Type: text/plain; charset=utf-16`),
      'multipart-part-charset!',
    ],
    ['a strange charset for all', one(FIELD.replace('"a"', '"_charset_"'), 'utf-7'), 'charset!'],
  ])('%s', (_, body, fault) => {
    const found = read(body);
    expect(faultOf(found)).toBe(fault);
    expect(found.multipart?.strictError).toBe(true);
  });

  it.each([
    ['multipart/form-data', 'multipart-boundary!'],
    ['multipart/form-data; boundary=""', 'multipart-boundary!'],
    ['multipart/form-data; boundary= XyZ', 'multipart-boundary!'],
    [`multipart/form-data; boundary=${'a'.repeat(71)}`, 'multipart-boundary!'],
    ['multipart/form-data; boundary="X Z"', 'multipart-boundary!'],
    ['multipart/form-data; boundary="X\u00ff"', 'multipart-boundary!'],
    ['multipart/form-data; boundary=a; boundary=b', 'content-type-duplicate!'],
    ['multipart/form-data; boundary*0=a', 'content-type-extended!'],
  ])('of the type %s', (type, fault) => {
    expect(faultOf(reading(type, '--a--'))).toBe(fault);
  });

  it('hides nothing that a reader might take for a value', () => {
    const shown = (body: string): string[] => argsOf(read(body));
    expect(shown(`pre\r\n${one(FIELD)}`)).toEqual(['=pre\r\n', 'a=v']);
    expect(shown('--XyZ\r\nv\r\n--XyZ--\r\n')).toEqual(['=v']);
    expect(shown(one('Content-Type: text/plain'))).toEqual(['=v']);
    expect(shown(`--XyZ\r\n${FIELD}\r\n\r\nv`)).toEqual(['a=v']);
    expect(shown(one(`${FIELD}; filename*=utf-8''b`))).toEqual(['a=v']);
    expect(shown(one('Content-Disposition: form-data; name="f"; filename=""'))).toEqual(['f=v']);
    expect(shown(one(FIELD).replaceAll('\r\n', '\n'))).toEqual(['a=v']);
    expect(read(`${one(FIELD)}post`).rest).toBe('post');
    expect(read('a=1').rest).toBe('a=1');
    expect(read(one(`${FILE}; filename*=utf-8''b%2Ephp`)).files.map((f) => f.filename)).toEqual([
      'x.txt',
      'b.php',
    ]);
    expect(read(one(FILE.replace('x.txt', 'a\\"; .php'))).files[0]?.filename).toBe('a"; .php');
  });
});

describe('the flags of ModSecurity', () => {
  it.each([
    ['boundaryQuoted', 'multipart/form-data; boundary="XyZ"', one(FIELD)],
    ['boundaryWhitespace', 'multipart/form-data; boundary= XyZ', one(FIELD)],
    ['dataBefore', TYPE, `x\r\n${one(FIELD)}`],
    ['dataAfter', TYPE, `${one(FIELD)}x`],
    ['headerFolding', TYPE, one(FIELD.replace('; ', ';\r\n '))],
    ['lfLine', TYPE, one(FIELD).replaceAll('\r\n', '\n')],
    ['semicolonMissing', TYPE, one(FILE.replace('; f', ' f'))],
    ['invalidQuoting', TYPE, one(FILE.replaceAll('"', "'"))],
    ['invalidPart', TYPE, one('Content-Type: text/plain')],
    ['unmatchedBoundary', TYPE, one(FIELD, 'x\r\n--xyz')],
  ] as const)('%s', (flag, type, body) => {
    const flags = reading(type, body).multipart;
    expect(Object.entries(flags!).filter(([name, set]) => set && name !== 'strictError')).toEqual([
      [flag, true],
    ]);
    expect(flags?.strictError).toBe(true);
  });

  it('quoting the boundary is no fault, but an error to strict rules', () => {
    expect(faultOf(reading('multipart/form-data; boundary="XyZ"', one(FIELD)))).toBe('');
  });
});

describe('limits', () => {
  it('of parts', () => {
    const found = read(written(Array.from({ length: 5 }, () => [FILE, 'x'] as const)), {
      limits: { parts: 3 },
    });
    expect(found.files).toHaveLength(3);
    expect(faultOf(found)).toBe('multipart-too-many-parts!');
    expect(found.multipart?.fileLimitExceeded).toBe(true);
  });

  it.each([
    ['lines', [FIELD, ...Array.from({ length: 16 }, (_, i) => `X-${i}: y`)].join('\r\n')],
    ['bytes', `${FIELD}\r\nX: ${'y'.repeat(5000)}`],
  ])('of the %s of a head; what is beyond them is shown as a value', (_, head) => {
    const found = read(one(head, 'evil'));
    expect(faultOf(found)).toBe('multipart-headers-too-large!');
    expect(found.partHeaders.length).toBeLessThanOrEqual(16);
    expect(found.args[0]?.value).toMatch(/evil$/);
  });

  it('of what is given of the body: no prefix has a fault', () => {
    const body = written([
      [FIELD, 'v\r\n-'],
      [`${FILE}\r\nContent-Type: text/plain`, 'w'],
    ]);
    for (let n = 0; n <= body.length; n++)
      expect(faultOf(read(body.slice(0, n), { truncated: true })), body.slice(0, n)).toBe('');
  });
});
