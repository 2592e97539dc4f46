/** Audit events, counted by rule, route and target, in bounded memory however many there are. */
import { z } from 'zod';
import { addsUp } from './exclusion-text.ts';

const eventSchema = z.looseObject({
  event: z.literal('waf'),
  timestamp: z.number(),
  'client.address': z.string().default(''),
  route: z.string().default(''),
  policy: z.string().default(''),
  rule: z.number(),
  message: z.string().default(''),
  target: z.string().default(''),
  value: z.string().optional(),
  action: z.string().default(''),
});
type WafEvent = z.infer<typeof eventSchema>;

/** Rows that are held; when there are twice as many, the rarer half is forgotten. */
const MAX_ROWS = 10_000;
const MAX_SAMPLES = 3;
/** Bits of a row's sketch of clients: good to a few thousand. */
const CLIENT_BITS = 1024;

export class Row {
  readonly rule: number;
  readonly message: string;
  readonly policy: string;
  readonly route: string;
  readonly target: string;
  readonly actions = new Map<string, number>();
  readonly samples: string[] = [];
  readonly #clients = new Uint8Array(CLIENT_BITS / 8);
  count = 0;
  newestMs = 0;
  oldestMs = Infinity;

  constructor({ rule, message, policy, route, target }: WafEvent) {
    this.rule = rule;
    this.message = message;
    this.policy = policy;
    this.route = route;
    this.target = anyIndex(target);
  }

  add(event: WafEvent): void {
    const { action, value, timestamp } = event;
    this.count++;
    this.actions.set(action, (this.actions.get(action) ?? 0) + 1);
    this.newestMs = Math.max(this.newestMs, timestamp);
    this.oldestMs = Math.min(this.oldestMs, timestamp);
    const bit = hash(event['client.address']) % CLIENT_BITS;
    this.#clients[bit >> 3]! |= 1 << (bit & 7);
    if (value === undefined || this.samples.length >= MAX_SAMPLES) return;
    if (!this.samples.includes(value)) this.samples.push(value);
  }

  /** About so many, by linear counting. */
  get clients(): number {
    let free = 0;
    for (let bit = 0; bit < CLIENT_BITS; bit++)
      if ((this.#clients[bit >> 3]! & (1 << (bit & 7))) === 0) free++;
    return Math.round(CLIENT_BITS * Math.log(CLIENT_BITS / Math.max(1, free)));
  }
}

/** FNV-1a, then mixed: addresses differ in their last bytes. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  return (h ^ (h >>> 16)) >>> 0;
}

export class Tally {
  readonly #rows = new Map<string, Row>();
  readonly #sinceMs: number;
  events = 0;
  /** Lines that are no events of the firewall; access lines may stand between them. */
  others = 0;
  oldestMs = Infinity;
  newestMs = 0;
  /** Rows with so many events may be missing; 0: none is. */
  mayMiss = 0;

  /** @param sinceMs older events are left out */
  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  line(line: string): void {
    if (line.trim() === '') return;
    const event = eventOf(line);
    if (event === null) {
      this.others++;
      return;
    }
    if (event.timestamp < this.#sinceMs) return;
    this.events++;
    this.oldestMs = Math.min(this.oldestMs, event.timestamp);
    this.newestMs = Math.max(this.newestMs, event.timestamp);
    const target = anyIndex(event.target);
    const key = JSON.stringify([event.rule, event.policy, event.route, target]);
    const known = this.#rows.get(key);
    const row = known ?? new Row(event);
    row.add(event);
    if (known !== undefined) return;
    this.#rows.set(key, row);
    if (this.#rows.size > 2 * MAX_ROWS) this.#forget();
  }

  /** The most frequent first. */
  rows(): Row[] {
    return [...this.#rows.values()].sort(
      (a, b) =>
        Number(addsUp(a.rule)) - Number(addsUp(b.rule)) || b.count - a.count || a.rule - b.rule,
    );
  }

  #forget(): void {
    const byCount = [...this.#rows].sort(([, a], [, b]) => b.count - a.count);
    for (const [key, { count }] of byCount.slice(MAX_ROWS)) {
      this.#rows.delete(key);
      this.mayMiss = Math.max(this.mayMiss, count);
    }
  }
}

function eventOf(line: string): WafEvent | null {
  // Access lines are most of a log that has both.
  if (!line.includes('"waf"')) return null;
  try {
    const event = eventSchema.safeParse(JSON.parse(line));
    return event.success ? event.data : null;
  } catch {
    return null;
  }
}

/** What rules find in one item of a JSON array they find in the next. */
const anyIndex = (target: string): string => target.replace(/\.array_\d+(?=\.|$)/g, '.array_*');
