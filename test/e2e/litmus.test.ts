/** The WebDAV conformance suite, first against a WebDAV origin itself, then over gates. */
import { expect, it } from 'vitest';
import { scratch } from '../support/config.ts';
import { plainGate } from '../support/gate.ts';
import { httpd } from '../support/httpd.ts';
import { program, run } from '../support/programs.ts';
import { twoGates } from '../support/two-gates.ts';

const LEAST_TESTS = 104;

interface Tally {
  readonly run: number;
  readonly passed: number;
  /** Lines of tests that did not simply pass. */
  readonly notes: readonly string[];
}

/** @param port of the origin, or of a gate in front of it */
async function litmus(port: number): Promise<Tally> {
  const { out } = await run(program('LITMUS'), ['--keep-going', `http://127.0.0.1:${port}/`], {
    cwd: scratch(),
    env: { http_proxy: '', no_proxy: '*' },
  });
  const totals = [...out.matchAll(/^<- summary for .*: of (\d+) tests run: (\d+) passed/gm)];
  const sum = (group: number): number => totals.reduce((n, m) => n + Number(m[group]), 0);
  const notes = out
    .split(/[\r\n]/)
    .filter((l) => /FAIL|SKIPPED|WARNING/.test(l))
    .map((l) => l.trim());
  return { run: sum(1), passed: sum(2), notes };
}

/** Requests that a gate has forwarded, by its own count. */
async function counted(admin: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  return [...text.matchAll(/^zonegate_requests_total\{.*\} (\d+)$/gm)].reduce(
    (n, m) => n + Number(m[1]),
    0,
  );
}

it.each([
  ['one gate', (origin: number) => plainGate([origin])],
  ['two gates', twoGates],
] as const)('litmus passes through %s as it passes without', async (_, way) => {
  const direct = await litmus((await httpd()).port);
  expect(direct.run).toBeGreaterThanOrEqual(LEAST_TESTS);
  expect(direct.passed, direct.notes.join('\n')).toBe(direct.run);
  const gates = await way((await httpd()).port);
  expect(await litmus(gates.port)).toEqual(direct);
  for (const admin of 'admins' in gates ? gates.admins : [gates.admin])
    expect(await counted(admin)).toBeGreaterThan(direct.run);
});
