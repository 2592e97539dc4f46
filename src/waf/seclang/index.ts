/**
 * DESIGN. SecLang, as OWASP CRS 4 and hand-written rules use it, into the one form of rules. What this
 * firewall would not carry out is a mistake with its place, never left out without a word; where
 * ModSecurity's versions part ways, v3's reading holds or the text is refused. All files are one text,
 * in the order given: a directive acts on what stands above it.
 */

import { fail, ok, type Result } from '../../model/result.ts';
import type { Place, RuleSource, Step } from '../ir.ts';
import { finish } from './draft.ts';
import { Faults, type SecFault } from './fault.ts';
import { readLines, type SecFile } from './lines.ts';
import { Reader } from './reader.ts';
import { placeAt } from './text.ts';

export { faultText, type SecFault } from './fault.ts';
export type { SecFile } from './lines.ts';

/**
 * @param data contents of a phrase file that a rule names, as bytes, relative to the rule's file;
 * null when there is none: a mistake
 * @returns the rules, with updates and removals carried out; or every mistake, in the order of the text
 */
export function parseSecLang(
  files: readonly SecFile[],
  data: (name: string, from: string) => string | null,
): Result<RuleSource, readonly SecFault[]> {
  const steps = parseSecLangSteps(files, data);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The same with pauses, for a loop that has other things to do. */
export function* parseSecLangSteps(
  files: readonly SecFile[],
  data: (name: string, from: string) => string | null,
): Generator<undefined, Result<RuleSource, readonly SecFault[]>> {
  const faults = new Faults();
  const reader = new Reader(faults, data);
  for (const file of files) {
    for (const line of readLines(file, faults)) {
      reader.line(line);
      yield;
    }
    reader.endOfFile();
  }
  checkSkips(reader, faults);
  if (faults.list.length > 0) return fail(inOrder(faults.list, files));
  const steps: Step[] = [];
  for (const step of reader.steps) {
    if (step.kind === 'marker') steps.push(step);
    else if (reader.drafts.has(step)) steps.push(finish(step));
  }
  return ok({ steps, signature: reader.signature });
}

/** A rule that skips to nowhere would skip the rest. */
function checkSkips({ steps, drafts }: Reader, faults: Faults): void {
  const below = new Set<string>();
  for (const step of steps.toReversed()) {
    if (step.kind === 'marker') {
      below.add(step.name);
      continue;
    }
    const { skipAfter } = step;
    if (skipAfter === null || !drafts.has(step) || below.has(skipAfter.value)) continue;
    const expected = `SecMarker ${skipAfter.value} further below`;
    faults.at(placeAt(skipAfter, 0), 'a skip to nowhere', skipAfter.value, expected);
  }
}

function inOrder(faults: readonly SecFault[], files: readonly SecFile[]): readonly SecFault[] {
  const nth = new Map(files.map(({ file }, i) => [file, i]));
  const rank = ({ file }: Place): number => nth.get(file) ?? 0;
  return faults.toSorted(
    ({ place: a }, { place: b }) => rank(a) - rank(b) || a.line - b.line || a.column - b.column,
  );
}
