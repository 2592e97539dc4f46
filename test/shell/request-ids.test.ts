import { describe, expect, it } from 'vitest';
import { isTraceparent, RequestIds } from '../../src/shell/proxy/request-ids.ts';

describe('request ids', () => {
  it('are 32 hex digits and never the same, over blocks and gates', () => {
    const seen = new Set<string>();
    const gates = [new RequestIds(), new RequestIds()];
    for (let i = 0; i < 100_000; i++) for (const ids of gates) seen.add(ids.next());
    expect(seen.size).toBe(200_000);
    for (const id of [...seen].slice(0, 100)) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('are kept from somebody trusted, if they fit', () => {
    const ids = new RequestIds();
    expect(ids.keepOrNext('an-id-of-theirs', true)).toBe('an-id-of-theirs');
    for (const [given, trusted] of [
      ['an-id-of-theirs', false],
      ['short', true],
      ['has.a.dot.in.it', true],
      [undefined, true],
    ] as const) {
      expect(ids.keepOrNext(given, trusted)).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  it('begin valid traces', () => {
    const ids = new RequestIds();
    const id = ids.next();
    expect(ids.startTrace(id)).toContain(`00-${id}-`);
    for (const given of [id, 'somebody-elses-id', 'x'.repeat(32)])
      expect(isTraceparent(ids.startTrace(given))).toBe(true);
  });
});

describe('a traceparent', () => {
  it.each([
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true],
    ['01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more', true],
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more', false],
    ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', false],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', false],
    ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', false],
    ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', false],
    ['', false],
  ])('%s: %s', (text, valid) => expect(isTraceparent(text)).toBe(valid));
});
