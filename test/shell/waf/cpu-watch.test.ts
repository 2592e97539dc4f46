import { describe, expect, it } from 'vitest';
import { CpuWatch } from '../../../src/shell/waf/cpu-watch.ts';

/** Waits on the wall clock, and takes no time of the processor: as when other programs run. */
const kept = (ms: number): void =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

describe('the time of a request', () => {
  it('is not over because the thread was kept waiting', () => {
    const watch = new CpuWatch(500);
    watch.start();
    kept(600);
    expect(watch.isOver()).toBe(false);
  });

  it('nor in the next phase, when it was in the one before', () => {
    const watch = new CpuWatch(500);
    watch.start();
    kept(600);
    expect(watch.stop()).toBeGreaterThan(500);
    watch.start();
    expect(watch.isOver()).toBe(false);
  });

  it('is over when it has been used up, in one phase or in several', () => {
    const watch = new CpuWatch(20);
    let phases = 0;
    for (let over = false; !over; phases++) {
      watch.start();
      const endMs = performance.now() + 15;
      while (!over && performance.now() < endMs) over = watch.isOver();
      watch.stop();
    }
    expect(phases).toBeGreaterThan(1);
  });
});
