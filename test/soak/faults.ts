/** One fault after another at the relay, with good times between. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, Relay } from '../support/relay.ts';
import { FAULTS, type FaultName } from '../support/relay-faults.ts';

const EACH_MS = 400;
const BETWEEN_MS = 100;

/**
 * Of use only where it is certain what the connection is doing: an answer that crosses with a request
 * looks like its answer, and a body for HEAD like one for GET, to any HTTP/1.1 client.
 */
const NOT_UNDER_LOAD: ReadonlySet<string> = new Set<FaultName>([
  'answers nobody on an idle connection',
  'sends a body to HEAD',
]);

/** Until told to stop; leaves the relay well. */
export async function troubleAt(relay: Relay, signal: AbortSignal): Promise<number> {
  const faults: Fault[] = Object.entries(FAULTS)
    .filter(([name]) => !NOT_UNDER_LOAD.has(name))
    .map(([, fault]) => fault);
  let faulted = 0;
  for (; !signal.aborted; faulted++) {
    const fault = faults[Math.trunc(Math.random() * faults.length)]!;
    await relay.set(fault);
    if (fault.at === 'idle') relay.strikeIdle();
    await pause(EACH_MS);
    await relay.lift();
    await pause(BETWEEN_MS);
  }
  return faulted;
}
