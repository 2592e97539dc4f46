import { describe, expect, it } from 'vitest';
import { bodyKindOf } from '../../../src/waf/body/index.ts';

describe('the kind of a body', () => {
  it.each([
    [undefined, 'none'],
    ['', 'none'],
    ['text/plain', 'none'],
    ['multipart/related; boundary=a', 'none'],
    ['application/x-www-form-urlencoded', 'urlencoded'],
    ['APPLICATION/X-WWW-FORM-URLENCODED; charset=UTF-8', 'urlencoded'],
    ['application/x-www-form-urlencoded;boundary="multipart/form-data"', 'urlencoded'],
    ['multipart/form-data; boundary=a', 'multipart'],
    ['application/json', 'json'],
    ['text/json', 'json'],
    ['application/vnd.api+json;charset=utf-8', 'json'],
    ['application/*+json', 'json'],
    ['application/jsonp', 'none'],
    ['text/xml', 'xml'],
    ['application/soap+xml; charset=utf-8; action="urn:a#b"', 'xml'],
    ['image/svg+xml', 'xml'],
  ])('of %j is %s', (field, kind) => {
    const type = bodyKindOf(field);
    expect(type.kind).toBe(kind);
    expect(type.fault).toBeNull();
  });
});

describe('a boundary', () => {
  it.each([
    ['multipart/form-data; boundary=ab', 'ab', false, false],
    ['multipart/form-data; Boundary="ab"', 'ab', true, false],
    ['multipart/form-data; boundary= ab', 'ab', false, true],
    ['multipart/form-data; boundary="a b"', 'a b', true, true],
    ['multipart/form-data', null, false, false],
  ])('in %j is %j', (field, boundary, quoted, spaced) => {
    const type = bodyKindOf(field);
    expect([type.boundary, type.boundaryQuoted, type.boundarySpaced]).toEqual([
      boundary,
      quoted,
      spaced,
    ]);
  });
});

describe('a field with a fault', () => {
  it.each([
    ['application/json, text/xml', 'content-type-list'],
    ['application/json; charset=utf-8, text/xml', 'content-type-list'],
    ['application/json text/xml', 'content-type-syntax'],
    ['application', 'content-type-syntax'],
    ['/json', 'content-type-syntax'],
    ['application/json\u0001', 'content-type-syntax'],
    ['text/xml; blah', 'content-type-parameter'],
    ['text/xml; a="b', 'content-type-syntax'],
    ['text/xml; a="b\\"c"', 'content-type-syntax'],
    ['text/xml; charset=utf-8; CHARSET=utf-7', 'content-type-duplicate'],
    ['multipart/form-data; boundary=a; boundary=b', 'content-type-duplicate'],
    ['multipart/form-data; boundary*0=a; boundary*1=b', 'content-type-extended'],
    ["multipart/form-data; boundary*=utf-8''a", 'content-type-extended'],
    ['multipart/form-data; boundary=a:b', 'content-type-syntax'],
    ['text/plain; charset=ibm037', 'charset'],
    ['text/plain; charset=utf-7', 'charset'],
    ["text/plain; charset='utf-8'", 'charset'],
    ['application/json; charset=utf-16, text/xml', 'content-type-list'],
  ])('%j: %s', (field, code) => {
    const { fault } = bodyKindOf(field);
    expect(fault?.code).toBe(code);
    expect(fault?.ambiguous).toBe(code !== 'content-type-parameter');
  });

  it('with two boundaries is read with the first', () => {
    expect(bodyKindOf('multipart/form-data; boundary=a; boundary=b').boundary).toBe('a');
  });

  it('tells its charset', () => {
    expect(bodyKindOf('text/plain; CharSet="UTF-7"').charset).toBe('utf-7');
  });
});
