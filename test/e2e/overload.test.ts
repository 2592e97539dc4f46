/** The small drill; `node test/overload/run.ts` is the large one, and judges times too. */
import { expect, it } from 'vitest';
import { drill, PLACES } from '../overload/drill.ts';
import { freePort } from '../support/ports.ts';

it('twice as much as a zone can do: the critical are served, the others as far as it goes', async () => {
  const { pressed, mostHeld } = await drill(6, [await freePort(), await freePort()]);
  console.log(JSON.stringify(pressed, (k, v: unknown) => (k.endsWith('Ms') ? undefined : v)));
  const { served, refused, lost } = pressed.critical;
  // On a busy machine one may come at the worst moment.
  expect(refused).toBeLessThanOrEqual(served / 100);
  expect(lost).toBe(0);
  const { normal, sheddable } = pressed;
  expect(normal.lost + sheddable.lost).toBe(0);
  expect(normal.served).toBeGreaterThan(sheddable.served);
  expect(sheddable.refused).toBeGreaterThan(0);
  // Without a limit the zone would hold thousands.
  expect(mostHeld).toBeLessThan(PLACES * 10);
}, 60_000);
