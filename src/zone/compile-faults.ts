import type { AppId, ZoneId } from '../model/ids.ts';
import type { Report } from '../model/issue.ts';
import type { FaultDoc } from './rules-schema.ts';
import { appsOf, type Topology } from './topology.ts';

/** What is done to a request on purpose, in a drill. */
export interface Fault {
  readonly name: string;
  /** 0 for none. */
  readonly delayMs: number;
  /** Status to answer with instead of sending it on; null for none. */
  readonly abort: number | null;
  /** null for as fast as it comes. */
  readonly bytesPerS: number | null;
}

export interface FaultRule {
  readonly fault: Fault;
  /** 0 … 1 */
  readonly part: number;
  readonly app: AppId | null;
  readonly zone: ZoneId | null;
  /** Wall clock, milliseconds since 1970; Infinity when it does not expire. */
  readonly untilMs: number;
}

export function compileFaults(
  docs: readonly FaultDoc[],
  topology: Topology,
  report: Report,
): FaultRule[] {
  const names = new Set<string>();
  const apps = appsOf(topology);
  return docs.map((doc, i) => {
    const path = ['faults', i];
    if (names.has(doc.name)) {
      report.error([...path, 'name'], 'duplicate-name', `fault ${doc.name} is declared twice`, {
        found: doc.name,
        expected: 'each fault once',
      });
    }
    names.add(doc.name);
    if (doc.zone !== undefined && !topology.zones.has(doc.zone as ZoneId))
      report.unknownName([...path, 'zone'], 'zone', doc.zone, topology.zones.keys());
    if (doc.app !== undefined && !apps.has(doc.app))
      report.unknownName([...path, 'app'], 'app', doc.app, apps);
    return {
      fault: Object.freeze({
        name: doc.name,
        delayMs: doc.delayMs ?? 0,
        abort: doc.abort ?? null,
        bytesPerS: doc.bytesPerS ?? null,
      }),
      part: doc.percent / 100,
      app: (doc.app as AppId | undefined) ?? null,
      zone: (doc.zone as ZoneId | undefined) ?? null,
      untilMs: doc.until === undefined ? Infinity : Date.parse(doc.until),
    };
  });
}
