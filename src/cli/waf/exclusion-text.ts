/** A row of the report as an exclusion: YAML for the `exclusions` of its policy. */
import { stringify } from 'yaml';
import { fieldOfTarget } from '../../waf/native/fields.ts';
import type { Row } from './tally.ts';

const VALID_MS = 90 * 24 * 3_600_000;

/** CRS adds up there what its other rules have found: to leave these out is to have no firewall. */
const ADDS_UP: readonly (readonly [from: number, to: number])[] = [
  [949_000, 949_999],
  [959_000, 959_999],
  [980_000, 980_999],
];

export const addsUp = (rule: number): boolean =>
  ADDS_UP.some(([from, to]) => rule >= from && rule <= to);

export interface ExclusionText {
  /** null: there is none that would make sense. */
  readonly yaml: string | null;
  /** What is to be known before it is used. */
  readonly why: string | null;
}

type Counted = Pick<Row, 'rule' | 'route' | 'target' | 'count' | 'clients' | 'newestMs'>;

export function exclusionFor(row: Counted): ExclusionText {
  const { rule, target } = row;
  if (addsUp(rule)) return { yaml: null, why: 'it adds up what other rules find: leave those out' };
  const field = fieldOfTarget(target);
  const entry = {
    rule,
    ...(field === null ? {} : { target: field }),
    owner: 'you',
    reason:
      `hits: ${row.count}, clients: about ${row.clients}, on ${row.route}; found harmless`.slice(
        0,
        500,
      ),
    expires: `${new Date(row.newestMs + VALID_MS).toISOString().slice(0, 19)}Z`,
  };
  const why =
    field === null
      ? 'no field says that: the exclusion is of the whole rule'
      : field.includes(':') || !isList(target)
        ? null
        : 'a member without a name: the exclusion is of the whole list';
  return { yaml: stringify([entry], { lineWidth: 0 }), why };
}

const isList = (target: string): boolean =>
  /^(?:ARGS|REQUEST_HEADERS|REQUEST_COOKIES|FILES|MULTIPART_PART_HEADERS)/.test(target);
