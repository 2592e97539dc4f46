import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathTemplate } from '../../src/rate/path-template.ts';

describe('the template of a path', () => {
  it.each([
    ['/', '/'],
    ['/cart', '/cart'],
    ['/users/42', '/users/:id'],
    ['/users/42/', '/users/:id/'],
    ['/users/42/orders/7/items', '/users/:id/orders/:id/items'],
    ['/o/550e8400-e29b-41d4-a716-446655440000', '/o/:id'],
    ['/o/550E8400-E29B-41D4-A716-446655440000/x', '/o/:id/x'],
    ['/o/550e8400-e29b-41d4-a716-44665544000g', '/o/550e8400-e29b-41d4-a716-44665544000g'],
    ['/blob/9f86d081884c7d65', '/blob/:id'],
    ['/blob/deadbeef', '/blob/deadbeef'],
    ['/face/added/facade', '/face/added/facade'],
    ['/v2/list', '/v2/list'],
    ['/a1b2', '/a1b2'],
    ['/1/2/3/4/5/6/7/8', '/:id/:id/:id/:id/:id/:id/:id/:id'],
    ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h/*'],
    ['/a/b/c/d/e/f/g/8/i/j', '/a/b/c/d/e/f/g/:id/*'],
    [`/${'x'.repeat(65)}/1`, `/${'x'.repeat(64)}…/:id`],
    ['', ''],
  ])('%s is %s', (path, template) => {
    expect(pathTemplate(path)).toBe(template);
  });

  it('has at most nine segments of at most 65 characters, and is its own template', () => {
    const segment = fc.oneof(
      fc.stringMatching(/^[a-f0-9-]{0,80}$/),
      fc.nat().map(String),
      fc.uuid(),
      fc.constantFrom('', 'a', 'list'),
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 30 }), (segments) => {
        const template = pathTemplate(`/${segments.join('/')}`);
        const parts = template.split('/').slice(1);
        expect(parts.length).toBeLessThanOrEqual(9);
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(65);
        if (!template.includes('…')) expect(pathTemplate(template)).toBe(template);
      }),
    );
  });
});
