/** CRS's own regression tests of the four rules that ask these operators. */
import { describe, expect, it } from 'vitest';
import { detectSqli, detectXss } from '../../../src/waf/injection/index.ts';
import { type CrsRequest, crsRequests, crsRules, entityDecoded } from './crs-values.ts';

const SQLI = 'REQUEST-942-APPLICATION-ATTACK-SQLI';
const XSS = 'REQUEST-941-APPLICATION-ATTACK-XSS';
const PROTOCOL = [
  'REQUEST-920-PROTOCOL-ENFORCEMENT',
  'REQUEST-930-APPLICATION-ATTACK-LFI',
  'REQUEST-931-APPLICATION-ATTACK-RFI',
];

const isSqli = (value: string): boolean => detectSqli(value) !== null;
const isXss = (value: string): boolean => detectXss(entityDecoded(value));

const RULES: readonly {
  rule: number;
  folder: string;
  fires: (request: CrsRequest) => boolean;
}[] = [
  { rule: 942100, folder: SQLI, fires: (r) => r.values.some(isSqli) },
  { rule: 942101, folder: SQLI, fires: (r) => r.paths.some(isSqli) },
  { rule: 941100, folder: XSS, fires: (r) => r.values.some(isXss) },
  { rule: 941101, folder: XSS, fires: (r) => [...r.paths, ...r.values].some(isXss) },
];

describe('the regression tests of CRS', () => {
  for (const { rule, folder, fires } of RULES) {
    const requests = crsRequests(folder, rule);
    it.skipIf(requests === undefined)(
      `${rule}: fires where it has to, not where it must not (needs CRS, see ZONEGATE_CRS)`,
      () => {
        const judged = requests!.filter(
          (r) => r.expects.includes(rule) || r.forbids.includes(rule),
        );
        expect(judged.length).toBeGreaterThan(0);
        const wrong = judged
          .filter((r) => fires(r) !== r.expects.includes(rule))
          .map((r) => r.title);
        expect(wrong).toEqual([]);
      },
    );
  }

  it.skipIf(crsRules(PROTOCOL[0]!).length === 0)(
    'requests that are odd in other ways are not taken for injections (needs CRS)',
    () => {
      const requests = PROTOCOL.flatMap((folder) =>
        crsRules(folder).flatMap((rule) => crsRequests(folder, rule) ?? []),
      );
      expect(requests.length).toBeGreaterThan(300);
      const hit = requests.filter((r) =>
        [...r.values, ...r.paths].some((v) => isSqli(v) || isXss(v)),
      );
      // Two of them do carry a call of sleep.
      expect(hit.map((r) => r.title).filter((t) => !t.startsWith('920640'))).toEqual([]);
    },
  );
});
