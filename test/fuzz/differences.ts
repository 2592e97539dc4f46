/** Where two readers of the same bytes part. */
import type { Step } from '../support/wire-case.ts';
import type { Message, Reading } from './readings.ts';

/** What each makes of the first thing they read differently: `reads`, `waits`, or the code of a refusal. */
export interface Difference {
  readonly gate: string;
  readonly llhttp: string;
  /** Of what both read. */
  readonly part: 'line' | 'fields' | 'body' | null;
  /** What llhttp read there, or why it refused. */
  readonly saw: string;
}

/** One class of differences, from test/cases/llhttp-differences.yaml. */
export interface DifferenceClass {
  readonly id: string;
  readonly of: 'requests' | 'answers';
  readonly gate: string | readonly string[];
  readonly llhttp: string | readonly string[];
  readonly part?: 'line' | 'fields' | 'body';
  /** Regular expressions, where the codes alone don't tell: on the input, on `saw`. */
  readonly input?: string;
  readonly saw?: string;
  readonly why: string;
  readonly rfc: string;
  readonly example: Step | readonly Step[];
}

interface Event {
  readonly kind: 'line' | 'fields' | 'body' | 'waits' | 'refused' | 'last';
  readonly text: string;
  readonly reason?: string | undefined;
}

function eventsOf({ messages, stop }: Reading): Event[] {
  const events: Event[] = [];
  for (const m of messages) {
    events.push({ kind: 'line', text: m.line }, { kind: 'fields', text: JSON.stringify(m.fields) });
    if (isInterim(m)) continue;
    if (m.complete) events.push({ kind: 'body', text: m.body });
    else if (stop === 'waits') events.push({ kind: 'waits', text: m.body });
  }
  if (typeof stop === 'object')
    events.push({ kind: 'refused', text: stop.refused, reason: stop.reason });
  else events.push({ kind: stop, text: '' });
  return events;
}

const isInterim = (m: Message): boolean => /^1\d\d /.test(m.line);

/** @returns null when they agree */
export function firstDifference(gate: Reading, llhttp: Reading): Difference | null {
  const [ours, theirs] = [eventsOf(gate), eventsOf(llhttp)];
  for (const [i, a] of ours.entries()) {
    const b = theirs[i] ?? { kind: 'last', text: '' };
    // Bytes after the last message of a connection are nobody's.
    if (a.kind === 'last') return null;
    if (a.kind === 'refused' && b.kind === 'refused') return null;
    if (a.kind === b.kind && a.text === b.text) continue;
    const part = a.kind === b.kind && a.kind !== 'waits' && a.kind !== 'refused' ? a.kind : null;
    return { gate: label(a), llhttp: label(b), part, saw: b.reason ?? b.text };
  }
  return null;
}

const label = ({ kind, text }: Event): string =>
  kind === 'refused' ? text : kind === 'waits' || kind === 'last' ? kind : 'reads';

export function classOf(
  difference: Difference,
  of: 'requests' | 'answers',
  input: string,
  classes: readonly DifferenceClass[],
): DifferenceClass | undefined {
  return classes.find(
    (c) =>
      c.of === of &&
      (c.gate === 'any' || [c.gate].flat().includes(difference.gate)) &&
      [c.llhttp].flat().includes(difference.llhttp) &&
      (c.part ?? null) === difference.part &&
      (c.input === undefined || new RegExp(c.input).test(input)) &&
      (c.saw === undefined || new RegExp(c.saw).test(difference.saw)),
  );
}
