/** Delta debugging (Zeller): the fewest events, in their order, that still break something. */

/** @param mostTrials then it stops with what it has */
export function shrink<T>(
  events: readonly T[],
  breaks: (events: readonly T[]) => boolean,
  mostTrials: number,
): readonly T[] {
  let left = events;
  let parts = 2;
  let trials = 0;
  while (left.length > 1 && trials < mostTrials) {
    const size = Math.ceil(left.length / parts);
    let found = false;
    // From the end: what is late is more often without consequence.
    for (let from = (parts - 1) * size; from >= 0 && trials < mostTrials; from -= size) {
      if (from >= left.length) continue;
      const without = [...left.slice(0, from), ...left.slice(from + size)];
      trials++;
      if (!breaks(without)) continue;
      left = without;
      found = true;
    }
    if (found) parts = Math.max(2, Math.min(parts, left.length));
    else if (size === 1) break;
    else parts = Math.min(left.length, parts * 2);
  }
  return left;
}
