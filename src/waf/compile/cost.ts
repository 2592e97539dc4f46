/**
 * What a rule costs a request, in units that have no other meaning than to be compared: how many values
 * it may look at, how they are made, and what is done with each. For `zonegate check`.
 */
import type { CompiledLink, CompiledRule, SelectionPart } from '../program.ts';

export function priceOf({ links }: CompiledRule): number {
  // Later links are looked at only where the first has matched.
  return Math.round(priceOfLink(links[0]!) + 0.1 * (links.length - 1));
}

function priceOfLink({ atom, test }: CompiledLink): number {
  if (atom === null) return 1;
  const values = atom.selection.parts.reduce((sum, part) => sum + valuesOf(part), 0);
  const perValue =
    test.kind === 'compare'
      ? 0.2
      : test.kind === 'matcher' && test.matcher.need.length === 0
        ? 2
        : 0.5;
  return 1 + values * (perValue + 0.1 * atom.chain.steps.length);
}

/** Of a request as most are. */
function valuesOf(part: SelectionPart): number {
  if (part.kind !== 'members' || part.count) return 1;
  if (part.picks.selector.kind !== 'all') return 1;
  switch (part.name) {
    case 'REQUEST_HEADERS':
    case 'REQUEST_HEADERS_NAMES':
      return 12;
    case 'ARGS':
    case 'ARGS_NAMES':
      return 8;
    default:
      return 3;
  }
}
