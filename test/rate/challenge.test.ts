import { describe, expect, it } from 'vitest';
import type { KeyRing } from '../../src/model/mac.ts';
import { readProof } from '../../src/rate/proof.ts';
import { type Asked, ask, KEYS, NOW } from '../support/rates.ts';
import { field, follow, PAGE, redirect, script, Visit } from '../support/visits.ts';

describe('a challenge by redirect', () => {
  it('is passed by keeping a cookie, and leaves the address as it was', () => {
    const visit = new Visit(redirect);
    const asked = { path: '/a/b', query: 'x=1&y=%2F' };
    expect(visit.judge(asked).kind).toBe('pass');
    const first = visit.answered(asked);
    expect(first.status).toBe(302);
    expect(field(first, 'Set-Cookie')).toMatch(
      /^LDC_PROOF=v1\.r\.[^;]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(field(first, 'Cache-Control')).toBe('no-store');
    visit.keep(first);
    const second = visit.answered(follow(first));
    expect(field(second, 'Location')).toBe('/a/b?x=1&y=%2F');
    expect(visit.judge(follow(second)).kind).toBe('pass');
    expect(visit.memory.ruleTally('r')).toMatchObject({ challenge: 1, cleared: 1 });
    expect(visit.memory.returns).toEqual({ kept: 1, lost: 0 });
  });

  it('refuses who comes back without it, and tries him anew after a while', () => {
    const visit = new Visit(redirect);
    visit.judge();
    const back = follow(visit.answered());
    expect(back.query).toMatch(/^ldc-check=/);
    expect(visit.answered(back)).toMatchObject({ status: 403, why: 'proof-lost' });
    const later = visit.answered(back, NOW + 31_000);
    expect([later.status, field(later, 'Location')]).toEqual([302, '/']);
  });

  it('never leads a client round in a circle', () => {
    const visit = new Visit(redirect);
    visit.judge();
    let asked: Asked = { path: '/a', query: 'q=1' };
    const seen: number[] = [];
    for (let i = 0; i < 6; i++) {
      const answer = visit.answered(asked);
      seen.push(answer.status);
      if (answer.status !== 302) break;
      asked = follow(answer);
    }
    expect(seen).toEqual([302, 403]);
  });

  it('takes a marker that somebody has passed on, or made up, out of the address', () => {
    const visit = new Visit(redirect);
    visit.judge();
    const back = follow(visit.answered());
    const other = new Visit(redirect);
    for (const query of [
      back.query,
      'a=1&ldc-check=x.y.z',
      'ldc-check=',
      'ldc-check=a&ldc-check=b&c',
    ])
      expect(follow(other.answered({ ip: '198.51.100.1', query })).query).not.toContain(
        'ldc-check',
      );
  });

  it.each(['xldc-check=1', 'a=ldc-check=1', 'LDC-CHECK=1'])('leaves %s alone', (query) => {
    expect(new Visit(redirect).judge({ query }).kind).toBe('pass');
  });

  it.each(['//evil.example/', '/\\evil.example', '/a\\b', '/a\r\nSet-Cookie: x', '/ü'])(
    'is no way out to another site: %j',
    (path) => {
      const visit = new Visit(redirect);
      visit.judge();
      expect(visit.answered({ path })).toMatchObject({ status: 429, why: 'not-answerable' });
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('never sends a %s anywhere', (method) => {
    const visit = new Visit(redirect);
    visit.judge();
    const answer = visit.answered({ method, ...PAGE });
    expect(answer).toMatchObject({ status: 429, why: 'not-answerable' });
    expect(Number(field(answer, 'Retry-After'))).toBeGreaterThan(0);
  });
});

describe('a proof', () => {
  function proven(keys: KeyRing = KEYS): Visit {
    const visit = new Visit(redirect, keys);
    visit.judge();
    visit.keep(visit.answered());
    return visit;
  }

  it('is good for so many requests, and then it is not', () => {
    const visit = proven();
    expect([0, 0, 0, 0].map(() => visit.judge().kind)).toEqual(['pass', 'pass', 'pass', 'reject']);
    expect(visit.memory.ruleTally('r')).toMatchObject({ cleared: 3, reject: 1 });
  });

  it('is no more with a second one', () => {
    const visit = proven();
    for (let i = 0; i < 3; i++) visit.judge();
    visit.cookie = null;
    expect(visit.judge().kind).toBe('challenge');
    visit.keep(visit.answered());
    expect(visit.judge().kind).toBe('reject');
    // Another client of the network has not used up anything.
    expect([0, 0].map(() => visit.judge({ ip: '192.0.2.99' }).kind)).toEqual(['pass', 'pass']);
  });

  it('is good at every gate with the same keys, and while keys change', () => {
    const next = { id: 'k2', secret: 'another secret of many characters' };
    const visit = proven();
    for (const keys of [KEYS, [next, ...KEYS], [...KEYS, next]]) {
      const other = new Visit(redirect, keys);
      other.cookie = visit.cookie;
      other.judge();
      expect(other.judge().kind).toBe('pass');
    }
    const gone = new Visit(redirect, [next]);
    gone.cookie = visit.cookie;
    gone.judge();
    expect(gone.judge().kind).toBe('challenge');
  });

  it('is good for the network it was given to, and not longer than it lasts', () => {
    const { cookie, room } = proven();
    const value = cookie!.slice(cookie!.indexOf('=') + 1);
    const read = (ip: string, nowMs = NOW, text = value) => {
      const result = readProof(
        text,
        { mode: 'redirect', bits: 0 },
        ask({ ip }).client!,
        room.proof,
        nowMs,
      );
      return result.ok ? 'ok' : result.error;
    };
    expect(read('192.0.2.1')).toBe('ok');
    expect(read('192.0.2.200')).toBe('ok');
    expect(read('192.0.3.1')).toBe('forged');
    expect(read('2001:db8::1')).toBe('forged');
    expect(read('192.0.2.1', NOW + 599_999)).toBe('ok');
    expect(read('192.0.2.1', NOW + 600_000)).toBe('expired');
    expect(read('192.0.2.1', NOW, value.replace('.k1.', '.k9.'))).toBe('unknown-key');
    expect(read('192.0.2.1', NOW, '')).toBe('absent');
    for (let i = 0; i < value.length; i++) {
      const changed = value.slice(0, i) + (value[i] === 'x' ? 'y' : 'x') + value.slice(i + 1);
      expect(read('192.0.2.1', NOW, changed)).not.toBe('ok');
      expect(read('192.0.2.1', NOW, value.slice(0, i))).not.toBe('ok');
    }
    expect(read('192.0.2.1', NOW, `${value}.1`)).toBe('malformed');
  });

  it('by redirect is too weak where work is asked for', () => {
    const visit = new Visit(script);
    visit.cookie = proven().cookie;
    visit.judge(PAGE);
    expect(visit.judge(PAGE).kind).toBe('challenge');
  });
});
