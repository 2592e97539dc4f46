/** Drills: which request is hurt on purpose, by a rule or because an operator asked for it. */
import type { ConnectionClass, RequestFacts } from '../model/facts.ts';
import type { AppId, ZoneId } from '../model/ids.ts';
import { type Reason, reasonsOf } from '../model/reason.ts';
import type { Snapshot } from '../snapshot/index.ts';
import type { Fault, FaultRule } from '../zone/compile-faults.ts';

export const FAULT = reasonsOf('fault', {
  byRule: ['fault-by-rule', 'A rule of `faults` hurts this request on purpose.'],
  asked: ['fault-asked', 'An operator asked that this request be hurt on purpose.'],
  unreadable: ['fault-unreadable', 'X-Ldc-Fault is not to be understood; nothing is done.'],
});

const FAULT_HEADER = 'x-ldc-fault';
const MAX_DELAY_MS = 600_000;

export interface FoundFault {
  readonly fault: Fault | null;
  /** Given only where there is something to say. */
  readonly reasons: readonly Reason[];
}

const NONE: FoundFault = Object.freeze({ fault: null, reasons: Object.freeze([]) });

/** Only where a request enters: the next gate would hurt it twice. */
export function findFault(
  facts: RequestFacts,
  snapshot: Snapshot,
  from: ConnectionClass,
  app: AppId,
  zone: ZoneId,
): FoundFault {
  if (from === 'peer') return NONE;
  const asked = from === 'operator' ? facts.header(FAULT_HEADER) : undefined;
  if (asked !== undefined) {
    const fault = parseFault(asked);
    return { fault, reasons: [fault === null ? FAULT.unreadable : FAULT.asked] };
  }
  const { faults } = snapshot.rules;
  if (faults.length === 0) return NONE;
  const rule = faults.find((f, i) => fits(f, i, facts, app, zone));
  return rule === undefined ? NONE : { fault: rule.fault, reasons: [FAULT.byRule] };
}

const fits = (
  rule: FaultRule,
  index: number,
  facts: RequestFacts,
  app: AppId,
  zone: ZoneId,
): boolean =>
  (rule.app === null || rule.app === app) &&
  (rule.zone === null || rule.zone === zone) &&
  facts.receivedAtMs < rule.untilMs &&
  otherDice(facts.dice, index) < rule.part;

/** The dice have placed the request already, perhaps; so that a fault does not follow the zone, nor one rule the other. */
const otherDice = (dice: number, index: number): number => (dice * (1_000_003 + 7919 * index)) % 1;

/** `delay=200, abort=503, rate=1024`: milliseconds, a status, bytes per second; at least one. */
function parseFault(text: string): Fault | null {
  const fault: { delay?: number; abort?: number; rate?: number } = {};
  for (const part of text.split(',')) {
    const match = /^\s*(delay|abort|rate)=(\d{1,9})\s*$/.exec(part);
    if (match === null) return null;
    fault[match[1] as keyof typeof fault] = Number(match[2]);
  }
  const { delay = 0, abort = null, rate = null } = fault;
  const badAbort = abort !== null && (abort < 400 || abort > 599);
  if (badAbort || rate === 0 || delay > MAX_DELAY_MS) return null;
  return { name: 'asked', delayMs: delay, abort, bytesPerS: rate };
}
