/** What metrics read of rates. The table is walked once for each scrape. */
import type { RateStatus } from '../../rate/status.ts';
import type { RateGauges } from '../../shell/observe/rate-metrics.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { RateSide } from './index.ts';

export function rateGauges(side: RateSide, current: () => Snapshot): RateGauges {
  let known: RateStatus | null | undefined;
  return {
    status() {
      if (known === undefined) {
        known = side.status(current());
        // All metrics of a scrape are read in one turn.
        setImmediate(() => {
          known = undefined;
        });
      }
      return known;
    },
    waiting: () => side.delays.waiting,
    turnedAway: () => side.delays.turnedAway,
    exchanges: () => side.exchanges,
  };
}
