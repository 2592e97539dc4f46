/**
 * A gate in a process of its own, which tells its parent what it costs. Its loop's turns are measured in
 * the loop's own CPU time: what else runs on the machine does not count.
 */

import type { IdcId } from '../../../src/model/ids.ts';
import { guardBacktracking } from '../../../src/shell/waf/backtrack-guard.ts';
import { Forge } from '../../../src/waf/forge.ts';
import { load } from '../../support/config.ts';

export interface Cost {
  /** CPU time of the process, its threads included. */
  readonly cpuMs: number;
  /** Longest turn of the loop, in its CPU time. */
  readonly turnMs: number;
  /** 99th percentile of the loop's delay on the wall clock. */
  readonly lateP99Ms: number;
  readonly lateMostMs: number;
}

guardBacktracking();
const { Gate } = await import('../../../src/main.ts');
const directory = process.argv[2]!;
const forge = new Forge();
const gate = new Gate({
  directory,
  idc: 'i1' as IdcId,
  first: load(directory, {}, forge),
  forge,
  env: {},
  version: 'test',
});
await gate.start();

const TICK_MS = 1;
const ms = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;
let turnMs = 0;
let lates: number[] = [];
let processFrom = process.cpuUsage();
let threadBefore = process.threadCpuUsage();
let due = performance.now() + TICK_MS;
setInterval(() => {
  const now = performance.now();
  turnMs = Math.max(turnMs, ms(process.threadCpuUsage(threadBefore)));
  threadBefore = process.threadCpuUsage();
  lates.push(Math.max(0, now - due));
  due = now + TICK_MS;
}, TICK_MS);

process.on('message', () => {
  lates.sort((a, b) => a - b);
  const cost: Cost = {
    cpuMs: ms(process.cpuUsage(processFrom)),
    turnMs: Math.max(turnMs, ms(process.threadCpuUsage(threadBefore))),
    lateP99Ms: lates[Math.floor(lates.length * 0.99)] ?? 0,
    lateMostMs: lates.at(-1) ?? 0,
  };
  process.send?.(cost);
  turnMs = 0;
  lates = [];
  threadBefore = process.threadCpuUsage();
  processFrom = process.cpuUsage();
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
