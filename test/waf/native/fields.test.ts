/** Fields of native rules ⇄ variables, as events name them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exclusionOfField, FIELD_NAMES, fieldOfTarget } from '../../../src/waf/native/fields.ts';
import { toBytes } from '../../../src/waf/native/text.ts';

describe('the field of a variable', () => {
  it.each([
    ['ARGS:comment', 'arg:comment'],
    ['ARGS_GET:q', 'queryArg:q'],
    ['ARGS_POST:q', 'bodyArg:q'],
    ['ARGS_NAMES:a:b', 'argName:a:b'],
    ['ARGS:json.items.array_0.name', 'arg:json.items.array_0.name'],
    ['REQUEST_COOKIES:layout', 'cookie:layout'],
    ['REQUEST_HEADERS:User-Agent', 'header:User-Agent'],
    ['MULTIPART_PART_HEADERS:file', 'partHeader:file'],
    ['XML:/*', 'xmlText'],
    ['XML://@*', 'xmlAttributes'],
    ['ROUTE_PATH', 'path'],
    ['REQUEST_FILENAME', 'decodedPath'],
    ['REQUEST_URI', 'rawPath'],
    ['ARGS', 'args'],
    ['ARGS:\xc3\xbc', 'arg:ü'],
  ])('%s is %s', (target, field) => expect(fieldOfTarget(target)).toBe(field));

  it.each(['TX:score', 'MATCHED_VAR', 'REQUEST_BASENAME', 'ARGS:\xff', 'NOTHING', 'NOTHING:a', ''])(
    '%j has none',
    (target) => expect(fieldOfTarget(target)).toBeNull(),
  );

  it('leaves out the very member that it was made of, whatever its name', () => {
    const lists = ['ARGS', 'ARGS_GET', 'ARGS_NAMES', 'REQUEST_HEADERS', 'REQUEST_COOKIES', 'FILES'];
    fc.assert(
      fc.property(
        fc.constantFrom(...lists),
        fc.string({ unit: 'binary', minLength: 1 }),
        (of, name) => {
          fc.pre(!/[\p{Surrogate}*]/u.test(name));
          const key = toBytes(name);
          const exclusion = exclusionOfField(fieldOfTarget(`${of}:${key}`)!);
          expect(exclusion).toEqual({
            name: of,
            selector: { kind: 'key', key: key.toLowerCase() },
          });
        },
      ),
    );
  });

  it('a * in a name stands for anything', () => {
    const { selector } = exclusionOfField('arg:json.lines.*.sku')!;
    expect(selector).toEqual({ kind: 'regex', source: '(?i)^json\\.lines\\..*\\.sku$' });
  });

  it('every field without a key is found again', () => {
    for (const field of FIELD_NAMES.filter((f) => !f.endsWith(':NAME'))) {
      const { name } = exclusionOfField(field)!;
      const target = { XML_TEXT: 'XML:/*', XML_ATTRIBUTES: 'XML://@*' }[name as string] ?? name;
      expect(fieldOfTarget(target)).toBe(field);
    }
  });
});
