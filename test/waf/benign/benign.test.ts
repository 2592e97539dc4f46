/** The benign traffic: the same every time, well formed, and as varied as it says. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findRoute } from '../../../src/route/index.ts';
import { RequestHead } from '../../../src/shell/http1/request-head.ts';
import { reference } from '../../support/config.ts';
import { benignRequests, categoryOf, REFERENCE_HOST, REFERENCE_SHARE } from './index.ts';

const COUNT = 10_000;
const requests = [...benignRequests(COUNT, 1)];

const digest = (seed: number): string => {
  const hash = createHash('sha256');
  for (const { name, raw } of benignRequests(500, seed)) hash.update(name).update(raw);
  return hash.digest('hex');
};

const split = (raw: Buffer): { readonly head: string; readonly body: Buffer } => {
  const end = raw.indexOf('\r\n\r\n') + 4;
  return { head: raw.toString('latin1', 0, end), body: raw.subarray(end) };
};

describe('benign requests', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(digest(1)).toBe(digest(1));
    expect(digest(1)).not.toBe(digest(2));
    expect([...benignRequests(3, 1)].map((r) => r.name)).toEqual(
      requests.slice(0, 3).map((r) => r.name),
    );
  });

  it('have a name each, and hardly one is like another', () => {
    expect(new Set(requests.map((r) => r.name)).size).toBe(COUNT);
    expect(new Set(requests.map((r) => r.raw.toString('latin1'))).size).toBeGreaterThan(
      COUNT * 0.98,
    );
  });

  it('are heads that the gate accepts, with bodies as long as they say', () => {
    const head = new RequestHead();
    const { limits } = reference().gate;
    for (const { name, raw } of requests) {
      const { head: text, body } = split(raw);
      expect(head.parse(raw, 0, text.length, limits), name).toBe(text.length);
      const length = /^Content-Length: (\d+)\r$/m.exec(text)?.[1] ?? '0';
      expect(body.length, name).toBe(Number(length));
    }
  });

  it('have JSON and multipart bodies that are whole', () => {
    for (const { name, raw } of requests) {
      const { head, body } = split(raw);
      if (/^Content-Type: application\/json/m.test(head))
        expect(() => void JSON.parse(body.toString()), name).not.toThrow();
      const boundary = /boundary=(\S+)\r$/m.exec(head)?.[1];
      if (boundary !== undefined) {
        expect(body.toString('latin1').startsWith(`--${boundary}\r\n`), name).toBe(true);
        expect(body.toString('latin1').endsWith(`\r\n--${boundary}--\r\n`), name).toBe(true);
      }
    }
  });

  it('are of every category, in shares of at least one in a hundred', () => {
    const counts = new Map<string, number>();
    for (const request of requests)
      counts.set(categoryOf(request), (counts.get(categoryOf(request)) ?? 0) + 1);
    expect(counts.size).toBe(15);
    for (const [category, count] of counts) expect(count, category).toBeGreaterThan(COUNT / 100);
  });

  it('go to the reference configuration in the share that is declared', () => {
    const { routes } = reference();
    const there = requests.filter((r) => r.raw.includes(`\r\nHost: ${REFERENCE_HOST}\r\n`));
    expect(there.length / COUNT).toBeCloseTo(REFERENCE_SHARE, 1);
    for (const { name, raw } of there) {
      const path = /^\S+ ([^ ?]+)/.exec(raw.toString('latin1'))![1]!;
      expect(findRoute(routes, REFERENCE_HOST, path), name).not.toBeTypeOf('string');
    }
  });

  it('hold what is hard for a firewall: apostrophes, other scripts, tokens, prose', () => {
    const all = requests.map((r) => r.raw.toString('latin1')).join('');
    for (const piece of [
      'O%27Brien',
      '%E8%80%B3',
      'sec-ch-ua: ',
      'access_token=ey',
      'union+jack+flag',
      'redirect_uri=https%3A%2F%2F',
      'If-None-Match: W/"',
    ])
      expect(all.includes(piece), piece).toBe(true);
  });
});
