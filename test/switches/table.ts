/** The figures of a drill, for people. */
import type { Row } from './drill.ts';
import type { Loss } from './phases.ts';

const HEAD = [
  'phase',
  'requests',
  'frozen 503',
  'failed',
  'p50 ms',
  'p99 ms',
  'max ms',
  'own lag ms',
];

export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((r) =>
    [r.phase, r.requests, r.frozen, r.failed.length, r.p50Ms, r.p99Ms, r.maxMs, r.ownLagMs].map(
      String,
    ),
  );
  return aligned([HEAD, ...cells]);
}

export const lossesOf = (losses: readonly Loss[]): string =>
  aligned([
    ['loss', 'failed of its users', 'failed of others', 'service back after ms'],
    ...losses.map((l) => [l.what, String(l.hit), String(l.others.length), String(l.backMs)]),
  ]);

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((r) => r[i]!.length)));
  return rows
    .map((r) =>
      r.map((c, i) => (i === 0 ? c.padEnd(widths[i]!) : c.padStart(widths[i]!))).join('  '),
    )
    .join('\n');
}
