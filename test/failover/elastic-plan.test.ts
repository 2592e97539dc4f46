/** Plans that pop out and back say the same as the commands, and are refused where they can't. */
import { describe, expect, it } from 'vitest';
import { compilePlan, planSchema } from '../../src/failover/plan-schema.ts';
import { Report } from '../../src/model/issue.ts';
import { world } from './fixture.ts';

function read(step: object) {
  const report = new Report();
  const doc = { apiVersion: 'zonegate/v1', kind: 'Plan', name: 'p', steps: [step] };
  const plan = compilePlan(planSchema.parse(doc), world().topology, report);
  return { step: plan.steps[0], problems: report.problems.map((p) => p.message) };
}

describe('a step of a plan that pops out', () => {
  it('takes the first part of the shards, as the command does', () => {
    const { step, problems } = read({ popOut: { shards: '90-99' }, to: 'EZ01', percent: 40 });
    expect(problems).toEqual([]);
    expect(step).toMatchObject({
      ...{ do: 'pop-out', percent: 100 },
      scope: { kind: 'shards', shards: [90, 91, 92, 93] },
    });
  });

  it.each([
    ['an app nobody has', { popOut: { shards: '90' }, to: 'EZ01', app: 'shpo' }, 'app shpo'],
    ['an app of a drain', { drain: { zone: 'RZ01' }, app: 'shop' }, 'drain is never of one app'],
    ['a target of a way back', { popBack: { zone: 'EZ01' }, to: 'RZ01' }, 'where they were taken'],
    ['a part of a way back', { popBack: { zone: 'EZ01' }, percent: 10 }, 'takes no percentage'],
    ['a part of nothing', { popOut: { shards: '90' }, to: 'EZ01', percent: 0 }, 'nobody would'],
    ['a falling pace', { popOut: { shards: '90-94' }, to: 'EZ01', pace: [3, 1] }, 'grow'],
  ])('is refused for %s, not read as something else', (_, step, message) => {
    expect(read(step).problems.join()).toContain(message);
  });
});
