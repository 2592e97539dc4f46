import { createHash } from 'node:crypto';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Asked } from '../support/rates.ts';
import { field, PAGE, redirect, script, Visit } from '../support/visits.ts';

/** Runs the page's script as a browser would; @returns what it has done */
function browse(html: string, keepsCookies = true) {
  const attributes = Object.fromEntries(
    [...html.matchAll(/data-(\w+)="([^"]*)"/g)].map((m) => [m[1]!, m[2]!]),
  );
  const box = { dataset: attributes, textContent: '' };
  const store = new Map<string, string>();
  const done = { cookie: '', set: '', reloads: 0, box };
  const tasks: (() => void)[] = [];
  const page = {
    document: {
      getElementById: () => box,
      get cookie() {
        return done.cookie;
      },
      set cookie(text: string) {
        done.set = text;
        if (keepsCookies) done.cookie = text.split(';')[0]!;
      },
    },
    location: { reload: () => done.reloads++ },
    sessionStorage: {
      getItem: (k: string) => store.get(k) ?? null,
      setItem: (k: string, v: string) => store.set(k, v),
    },
    setTimeout: (task: () => void) => tasks.push(task),
  };
  const [, code = ''] = /<script>([\s\S]*)<\/script>/.exec(html) ?? [];
  const load = (): void => {
    vm.runInNewContext(code, page);
    for (let i = 0; i < 2000 && tasks.length > 0; i++) tasks.shift()!();
  };
  load();
  return { done, load, code };
}

describe('a challenge by script', () => {
  it('is passed by a browser that does the work', () => {
    const visit = new Visit(script);
    visit.judge(PAGE);
    const answer = visit.answered(PAGE);
    expect(answer).toMatchObject({ status: 429, why: 'work-given' });
    const { done } = browse(answer.body);
    expect(done.reloads).toBe(1);
    expect(done.set).toMatch(/; Path=\/; SameSite=Lax; Max-Age=600; Secure$/);
    visit.cookie = done.cookie;
    expect(visit.judge(PAGE).kind).toBe('pass');
    expect(visit.judge({ method: 'POST' }).kind).toBe('pass');
    // It is good for a challenge by redirect, too.
    const other = new Visit(redirect);
    other.cookie = done.cookie;
    expect([0, 0].map(() => other.judge().kind)).toEqual(['pass', 'pass']);
  });

  it('is not passed with a wrong answer, or with none', () => {
    const visit = new Visit(script);
    visit.judge(PAGE);
    const { done } = browse(visit.answered(PAGE).body);
    const cut = done.cookie.lastIndexOf('.');
    const answer = Number(done.cookie.slice(cut + 1));
    for (const text of ['', '.', `.0${answer}`, `.${answer}.1`, `.-${answer}`]) {
      visit.cookie = done.cookie.slice(0, cut) + text;
      expect(visit.judge(PAGE).kind, text).toBe('challenge');
    }
    const wrong = [1, 2, 3, 4].map((n) => {
      visit.cookie = `${done.cookie.slice(0, cut)}.${answer + n}`;
      return visit.judge(PAGE).kind;
    });
    // One in 256 answers is right by chance.
    expect(wrong.filter((kind) => kind === 'challenge').length).toBeGreaterThanOrEqual(3);
  });

  it('of less work than is asked for now is too weak', () => {
    const easy = new Visit(script);
    easy.judge(PAGE);
    const { done } = browse(easy.answered(PAGE).body);
    const hard = new Visit({ action: { ...script.action, bits: 9 } });
    hard.cookie = done.cookie;
    hard.judge(PAGE);
    expect(hard.judge(PAGE).kind).toBe('challenge');
  });

  it('needs nothing but itself, and its policy names just its script and style', () => {
    const visit = new Visit(script);
    visit.judge(PAGE);
    const answer = visit.answered(PAGE);
    const policy = field(answer, 'Content-Security-Policy');
    expect(policy).not.toContain('unsafe');
    for (const tag of ['script', 'style']) {
      const [, text = ''] = new RegExp(`<${tag}>([\\s\\S]*)</${tag}>`).exec(answer.body) ?? [];
      const hash = createHash('sha256').update(text).digest('base64');
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(answer.body).not.toMatch(/https?:|src=|href=| on\w+=/);
    expect(answer.body.length).toBeLessThan(4096);
  });

  it('tells a browser that keeps no cookies, and does not load again', () => {
    const visit = new Visit(script);
    visit.judge(PAGE);
    const { done } = browse(visit.answered(PAGE).body, false);
    expect(done.reloads).toBe(0);
    expect(done.box.textContent).toContain('allow cookies');
  });

  it('ends after three tries, should the proof not be taken', () => {
    const visit = new Visit(script);
    visit.judge(PAGE);
    const { done, load } = browse(visit.answered(PAGE).body);
    for (let i = 0; i < 5; i++) load();
    expect(done.reloads).toBe(3);
    expect(done.box.textContent).toContain('did not succeed');
  });

  it.each<readonly [string, Asked]>([
    ['a picture', { headers: [['accept', 'image/avif,*/*']] }],
    [
      'a call by a script',
      {
        headers: [
          ['accept', 'text/html'],
          ['sec-fetch-dest', 'empty'],
        ],
      },
    ],
    ['no wish', {}],
    ['a HEAD', { ...PAGE, method: 'HEAD' }],
    ['a POST', { ...PAGE, method: 'POST' }],
  ])('is no page for %s', (_, asked) => {
    const visit = new Visit(script);
    visit.judge(asked);
    expect(visit.answered(asked)).toMatchObject({ status: 429, why: 'not-answerable' });
  });
});
