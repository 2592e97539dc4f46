/** What a run is said to wait for. */
import { expect, it } from 'vitest';
import { waitOf } from '../../../src/shell/control/run-wait.ts';
import { gates } from '../../failover/fixture.ts';
import { carriedTo, run, started } from '../../failover/release-fixture.ts';
import { reference } from '../../support/config.ts';

it('a release that has soaked says that it waits for requests', () => {
  const [board] = carriedTo(started({ soakS: 60 }), 5);
  const said = (soakUntilMs: number): string | null => {
    const soaked = { ...board, runs: [{ ...run(board), soakUntilMs }] };
    return waitOf(run(soaked), { ...reference(), board: soaked }, gates(soaked)).waitsFor;
  };
  expect(said(Date.now() + 60_000)).toBe('at 5 %, soaking');
  expect(said(0)).toBe('at 5 %: 0 of 100 requests seen at the new group');
});
