/** What is learnt to be noise is never reported; what differs on purpose always is, and nothing else. */
import { describe, expect, it } from 'vitest';
import type { CompareRule } from '../../src/mirror/index.ts';
import { jsonDifferences } from '../../src/mirror/json-differences.ts';
import { RouteFindings } from '../../src/mirror/noise.ts';

const RULE: CompareRule = {
  ...{ status: true, headers: [], body: 'json', ignore: [] },
  ...{ bodyBytes: 65_536, perS: 100, noiseShare: 0.1, noiseAfterMs: 0, learn: 50, samples: 3 },
};

interface Item {
  readonly at: number;
  readonly id: string;
  readonly price: number;
  readonly items: readonly { readonly at: number; readonly stock: number }[];
}
let clock = 0;
const answer = (price: number, stock: number): Item => ({
  at: ++clock,
  id: `${++clock}`,
  price,
  items: [{ at: ++clock, stock }],
});

function learnt(findings: RouteFindings, times: number): void {
  for (let i = 0; i < times; i++) findings.learnt(jsonDifferences(answer(1, 5), answer(1, 5), []));
}

const reported = (findings: RouteFindings): string[] =>
  findings
    .report()
    .fields.filter((f) => f.finding === 'differs')
    .map((f) => f.field)
    .sort();

describe('a route', () => {
  it('reports exactly what differs on purpose, once it has learnt', () => {
    const findings = new RouteFindings(RULE);
    const compare = (): void =>
      findings.compared(jsonDifferences(answer(1, 5), answer(2, 6), []), 'id', 0);
    learnt(findings, 49);
    for (let i = 0; i < 100; i++) compare();
    expect(reported(findings)).toEqual([]);
    expect(findings.mismatches).toBe(0);
    learnt(findings, 1);
    compare();
    expect(reported(findings)).toEqual(['$.items[].stock', '$.price']);
    expect(findings.mismatches).toBe(1);
    const at = findings.report().fields.find((f) => f.field === '$.at');
    expect(at).toMatchObject({ finding: 'noise', noise: 50, mismatches: 101 });
  });

  it('reports nothing where only noise differs', () => {
    const findings = new RouteFindings(RULE);
    learnt(findings, 60);
    for (let i = 0; i < 500; i++)
      findings.compared(jsonDifferences(answer(1, 5), answer(1, 5), []), 'id', 0);
    expect(reported(findings)).toEqual([]);
    expect(findings.mismatches).toBe(0);
  });

  it('holds back what is no rarer than noise that was not met yet', () => {
    const findings = new RouteFindings({ ...RULE, learn: 10 });
    for (let i = 0; i < 50; i++) findings.learnt([]);
    const odd = jsonDifferences({ second: 1 }, { second: 2 }, []);
    for (let i = 0; i < 100; i++) findings.compared(i % 25 === 0 ? odd : [], 'id', 0);
    expect(findings.report().fields[0]).toMatchObject({ finding: 'rare', mismatches: 4 });
    for (let i = 0; i < 200; i++) findings.learnt([]);
    expect(reported(findings)).toEqual(['$.second']);
  });

  it('forgets noise that was not seen for a thousand comparisons', () => {
    const findings = new RouteFindings(RULE);
    const found = jsonDifferences({ a: 1 }, { a: 2 }, []);
    findings.learnt(found);
    for (let i = 0; i < 999; i++) findings.learnt([]);
    findings.compared(found, 'id', 0);
    expect(reported(findings)).toEqual([]);
    findings.learnt([]);
    expect(reported(findings)).toEqual(['$.a']);
  });

  it('keeps a bounded number of fields and samples, and says that there were more', () => {
    const findings = new RouteFindings({ ...RULE, learn: 0 });
    for (let i = 0; i < 300; i++)
      findings.compared(jsonDifferences({ [`k${i}`]: 1 }, {}, []), `r${i}`, i);
    for (let i = 0; i < 9; i++) findings.compared(jsonDifferences({ k0: 1 }, {}, []), `s${i}`, i);
    const report = findings.report();
    expect(report).toMatchObject({ compared: 309, fieldsLost: 44 });
    expect(report.fields).toHaveLength(256);
    expect(report.fields.find((f) => f.field === '$.k0')?.samples.map((s) => s.requestId)).toEqual([
      's6',
      's7',
      's8',
    ]);
  });
});
