/** Threads that judge long bodies: what they say is what would have been said here, or nobody's. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Judged, JudgePool } from '../../../src/shell/waf/pool.ts';
import type { Firewall, FirewallRecipe } from '../../../src/waf/compile-firewall.ts';
import { Judgement, NO_ORDERS } from '../../../src/waf/judge.ts';
import { until } from '../../support/until.ts';
import { inputOf } from '../../waf/engine/engine.ts';
import { firewallOf, type Sent, shown, type Written } from '../../waf/policies.ts';

const evil = { field: 'bodyArgs', op: 'contains', value: 'evil' };
const RULES: Written = {
  native: { own: [{ id: 1, when: evil, action: 'block' }] },
  policies: { p: { mode: 'block', ruleSets: ['own'] } },
  digest: 'first',
};
const troubles: string[] = [];
let pool: JudgePool | null = null;
afterEach(() => {
  pool?.stop();
  pool = null;
  troubles.length = 0;
});

function opened({ recipe }: { readonly recipe: FirewallRecipe }, threads = 1): JudgePool {
  pool = new JudgePool((text) => troubles.push(text));
  pool.follow(recipe, threads);
  return pool;
}

/** As an inspection does: the head here, the body there. */
function given(
  to: JudgePool,
  { policies, recipe }: Firewall,
  sent: Sent = {},
  digest = recipe.digest,
) {
  const { body = '', ...parts } = sent;
  const judgement = new Judgement(policies.get('p')!, inputOf(parts), NO_ORDERS);
  judgement.head();
  const answers: Judged[] = [];
  let takeBack = (): void => undefined;
  const verdict = new Promise<string>((resolve) => {
    takeBack = to.judge(
      {
        ...{
          digest,
          policy: 'p',
          request: judgement.request,
          orders: NO_ORDERS,
          state: judgement.save(),
        },
        ...{ bytes: Uint8Array.from(Buffer.from(body)), truncated: false, budgetMs: 5000 },
      },
      (judged) => {
        answers.push(judged);
        resolve(judged === null ? 'nobody' : shown(judgement.restore(judged.state)));
      },
    );
  });
  return { verdict, answers, takeBack };
}

const firewall = firewallOf(RULES);
describe('a thread', () => {
  it('says what would have been said here', async () => {
    const own = opened(firewall);
    const bodies = ['a=evil', 'a=good', `a=${'x'.repeat(100_000)}&b=evil`, ''];
    const there = await Promise.all(bodies.map((body) => given(own, firewall, { body }).verdict));
    expect(there).toEqual(['waf-rule 403 1', 'pass', 'waf-rule 403 1', 'pass']);
    expect([own.failed, own.restarts, own.waiting, troubles]).toEqual([0, 0, 0, []]);
  });

  it('is asked nothing while it compiles: what it had in hand would wait too long', async () => {
    const own = opened(firewall);
    await given(own, firewall).verdict;
    const next = firewallOf({ ...RULES, digest: 'second' });
    own.follow(next.recipe, 1);
    const old = given(own, firewall, { body: 'a=evil' });
    expect(own.waiting).toBe(1);
    // By the rules it began with, which the thread has kept.
    expect(await old.verdict).toBe('waf-rule 403 1');
    expect(await given(own, next, { body: 'a=evil' }).verdict).toBe('waf-rule 403 1');
  });

  it('is sent a recipe once: one of the same digest is the same', async () => {
    const own = opened(firewall);
    await given(own, firewall).verdict;
    own.follow({ ...firewall.recipe }, 1);
    const { verdict } = given(own, firewall);
    expect(own.waiting).toBe(0);
    await verdict;
  });

  it('that dies is replaced, and what it had is nobody’s', async () => {
    const own = opened(firewall);
    await given(own, firewall).verdict;
    const { policies } = firewall;
    const judgement = new Judgement(policies.get('p')!, inputOf(), NO_ORDERS);
    const state = judgement.save();
    const lost = await new Promise<Judged>((resolve) => {
      own.judge(
        {
          ...{ digest: firewall.recipe.digest, policy: 'p', orders: NO_ORDERS, truncated: false },
          // No request at all: the thread stumbles over it, as over a bug.
          request: { ...judgement.request, headers: 5 as never },
          ...{ state, bytes: Uint8Array.from(Buffer.from('a=1')), budgetMs: 5000 },
        },
        resolve,
      );
    });
    expect(lost).toBeNull();
    expect(own.failed).toBe(1);
    expect(troubles[0]).toContain('a firewall thread failed');
    expect(await given(own, firewall, { body: 'a=evil' }).verdict).toBe('waf-rule 403 1');
    expect(own.restarts).toBe(1);
  });
});

describe('nobody judges', () => {
  it('what comes when the line is full, or takes too many bytes', async () => {
    const own = opened(firewall);
    const all = Array.from({ length: 66 }, () => given(own, firewall, { body: 'a=evil' }));
    expect(own.waiting).toBe(64);
    const said = await Promise.all(all.map((a) => a.verdict));
    expect(said.filter((s) => s === 'nobody')).toHaveLength(2);
    expect(said.slice(0, 64)).toEqual(Array.from({ length: 64 }, () => 'waf-rule 403 1'));
    expect(own.failed).toBe(2);
  });

  it('what no thread has rules for, once they are gone', async () => {
    const own = opened(firewall);
    const { verdict } = given(own, firewall, {}, 'another');
    expect(own.waiting).toBe(1);
    own.follow(null, 0);
    expect([own.waiting, own.threads, own.works]).toEqual([0, 0, false]);
    expect(await verdict).toBe('nobody');
  });

  it('what comes after the end, or was under way: it is said at once, and once', async () => {
    const own = opened(firewall);
    await given(own, firewall).verdict;
    const under = given(own, firewall, { body: 'a=evil' });
    const behind = given(own, firewall, { body: 'a=evil' });
    own.stop();
    expect([await under.verdict, await behind.verdict]).toEqual(['nobody', 'nobody']);
    const late = given(own, firewall);
    expect(own.waiting).toBe(0);
    expect(await late.verdict).toBe('nobody');
    await until('the thread to be gone', () => own.threads === 0);
    expect([under.answers.length, behind.answers.length]).toEqual([1, 1]);
    expect(own.restarts).toBe(0);
  });

  it('what is taken back: nobody is told', async () => {
    const own = opened(firewall);
    const back = given(own, firewall, { body: 'a=evil' });
    back.takeBack();
    await given(own, firewall).verdict;
    expect(back.answers).toEqual([]);
  });
});
