/** A budget is of CPU time: what the machine does beside a request is not the request's. */
import { afterEach, expect, it, vi } from 'vitest';
import { CpuWatch } from '../../../src/shell/waf/cpu-watch.ts';

let wallMs = 0;
let cpuMs = 0;
const passes = (wall: number, cpu = 0): void => {
  wallMs += wall;
  cpuMs += cpu;
};
afterEach(() => vi.restoreAllMocks());

function watch(budgetMs: number): CpuWatch {
  wallMs = 0;
  cpuMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => wallMs);
  const usage = () => ({ user: cpuMs * 1000, system: 0 });
  vi.spyOn(process, 'threadCpuUsage').mockImplementation(usage);
  vi.spyOn(process, 'cpuUsage').mockImplementation(usage);
  const made = new CpuWatch(budgetMs);
  made.start();
  return made;
}

it('is over when so much CPU time was used up', () => {
  const w = watch(50);
  passes(49, 49);
  expect(w.isOver()).toBe(false);
  passes(2, 2);
  // Only now is CPU time counted.
  expect(w.isOver()).toBe(false);
  passes(51, 51);
  expect(w.isOver()).toBe(true);
});

it('is not over because the machine did other things', () => {
  const w = watch(50);
  for (let i = 0; i < 20; i++) {
    passes(1000, 1);
    expect(w.isOver()).toBe(false);
  }
});

it('leaves time for the next phase, however long the machine took for the first', () => {
  const w = watch(50);
  passes(5000, 1);
  expect(w.stop()).toBe(5000);
  w.start();
  passes(1, 1);
  expect(w.isOver()).toBe(false);
  passes(5000, 1);
  expect(w.isOver()).toBe(false);
});

it('gives no request more than twice its time, in whatever pieces', () => {
  for (const piece of [5, 49, 51, 75, 99]) {
    const w = watch(50);
    let over = false;
    for (let phase = 0; phase < 4 && !over; phase++) {
      w.start();
      for (let at = 0; at < piece && !over; at++) {
        passes(1, 1);
        over = w.isOver();
      }
      w.stop();
    }
    // And one look of each phase.
    expect(cpuMs, `pieces of ${piece} ms`).toBeLessThanOrEqual(104);
  }
});

it('stands still for what is judged apart, and still ends it', () => {
  const w = watch(50);
  passes(10, 10);
  w.apart(() => {
    passes(60, 60);
    expect(w.isOver()).toBe(false);
    passes(60, 60);
    expect(w.isOver()).toBe(true);
  });
  expect(w.isOver()).toBe(false);
  passes(39, 39);
  expect(w.isOver()).toBe(false);
  expect(w.stop()).toBe(49);
});
