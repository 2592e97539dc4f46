/** Targets and exclusions → selections, each made once however many rules look at the same. */
import type { Collection, Exclusion, Phase, Scalar, Selector, Target } from '../ir.ts';
import type { Picks, Selection, SelectionPart } from '../program.ts';
import { compilePattern } from '../rx/index.ts';
import type { Slots } from './slots.ts';

const VOLATILE: ReadonlySet<string> = new Set<Collection | Scalar>([
  ...(['TX', 'MATCHED_VARS', 'MATCHED_VARS_NAMES', 'MATCHED_VAR', 'MATCHED_VAR_NAME'] as const),
  ...(['DURATION', 'REQBODY_PROCESSOR'] as const),
]);

const OF_HEAD: ReadonlySet<string> = new Set<Collection | Scalar>([
  ...(['ARGS_GET', 'ARGS_GET_NAMES', 'REQUEST_HEADERS', 'REQUEST_HEADERS_NAMES'] as const),
  ...(['REQUEST_COOKIES', 'REQUEST_COOKIES_NAMES', 'REQUEST_METHOD', 'REQUEST_URI'] as const),
  ...(['REQUEST_URI_RAW', 'REQUEST_LINE', 'REQUEST_FILENAME', 'REQUEST_BASENAME'] as const),
  ...([
    'REQUEST_PROTOCOL',
    'QUERY_STRING',
    'REMOTE_ADDR',
    'UNIQUE_ID',
    'ROUTE',
    'COUNTRY',
  ] as const),
  ...(['UID', 'ZONE', 'ROUTE_PATH'] as const),
]);

/** The phase from which a variable stays as it is. */
function stableFrom(name: Collection | Scalar): Phase {
  if (OF_HEAD.has(name)) return 1;
  if (name === 'RESPONSE_BODY' || name === 'OUTBOUND_DATA_ERROR') return 4;
  return name.startsWith('RESPONSE_') ? 3 : 2;
}

export interface SelectorFault {
  readonly source: string;
  readonly found: string;
  readonly expected: string;
}

export class Selections {
  readonly all: Selection[] = [];
  /** Selectors that can't be read, since the last look. */
  faults: SelectorFault[] = [];
  readonly #known = new Map<string, Selection>();
  readonly #slots: Slots;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  of(targets: readonly Target[], exclusions: readonly Exclusion[]): Selection {
    const parts = targets.map((t) => this.#part(t, exclusions)).filter((p) => p !== null);
    const key = JSON.stringify(parts, (k, value: unknown) => (k === 'has' ? undefined : value));
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const names = parts.map((p) => (p.kind === 'slot' || p.kind === 'slot-count' ? 'TX' : p.name));
    const selection: Selection = {
      index: this.all.length,
      parts,
      volatile: names.some((n) => VOLATILE.has(n)),
      stableFrom: Math.max(
        1,
        ...names.map((n) => (n === 'TX' ? 1 : stableFrom(n as Scalar))),
      ) as Phase,
    };
    this.all.push(selection);
    this.#known.set(key, selection);
    return selection;
  }

  #part(target: Target, exclusions: readonly Exclusion[]): SelectionPart | null {
    const out = exclusions.filter((e) => e.name === target.name);
    if (out.some((e) => e.selector.kind === 'all')) return null;
    if (target.kind === 'scalar') return { kind: 'scalar', name: target.name };
    const { name, selector, count } = target;
    // Not even counted: how many there are of what nobody looks at is not 0.
    if (selector.kind === 'key' && out.some((e) => this.#leavesOut(name, e, selector.key)))
      return null;
    if (name === 'TX' && selector.kind === 'key') {
      const slot = this.#slots.slot(selector.key);
      return { kind: count ? 'slot-count' : 'slot', slot, name: selector.key };
    }
    const without = out.map((e) => this.#picks(name, e.selector));
    return { kind: 'members', name, picks: this.#picks(name, selector), without, count };
  }

  #leavesOut(name: Collection, { selector }: Exclusion, key: string): boolean {
    if (selector.kind === 'key') return selector.key === key;
    // Other names may stand in another case than the rule's.
    return name === 'TX' && this.#picks(name, selector).has(key);
  }

  #picks(name: Collection, selector: Selector): Picks {
    switch (selector.kind) {
      case 'all':
        return { selector, has: () => true };
      case 'key':
        return {
          selector,
          has: (key) => key.length === selector.key.length && key.toLowerCase() === selector.key,
        };
      case 'regex': {
        // Names come from clients too: no pattern of them may take its time.
        const caseInsensitive = name === 'TX' || /^RE(?:QUEST|SPONSE)_HEADERS/.test(name);
        const pattern = compilePattern(selector.source, { caseInsensitive });
        if (!pattern.ok) this.faults.push({ source: selector.source, ...pattern.error });
        return { selector, has: (key) => pattern.ok && pattern.value.test(key) };
      }
    }
  }
}
