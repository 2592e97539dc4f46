/**
 * The large attack: `node test/slow/run.ts [connections] [mode ...]`, 2,000 connections in every mode by
 * default. Needs a build and slowhttptest. Exits 1 when a connection outlived its deadline by more
 * than two seconds, or a well-behaved client did not get its 200.
 */
import { attack, type Report } from './attack.ts';
import { MODES, type ModeName } from './modes.ts';

const GRACE_MS = 2000;
const PATIENCE_MS = 30_000;

const [connections = '2000', ...named] = process.argv.slice(2);
const modes = named.length > 0 ? named : Object.keys(MODES);

function faults(report: Report, asked: number): string[] {
  const { seen, longestMs, limitMs, left, gateAlive, service } = report;
  const found: string[] = [];
  if (!gateAlive) found.push('the gate has ended');
  if (seen < asked) found.push(`only ${seen} of ${asked} connections came`);
  if (left > 0) found.push(`${left} connections stood to the end`);
  if (longestMs > limitMs + GRACE_MS) found.push(`one stood for ${longestMs} ms`);
  return [...found, ...service.failures];
}

let failed = false;
for (const mode of modes) {
  if (!(mode in MODES)) throw new Error(`no mode ${mode}: ${Object.keys(MODES).join(', ')}`);
  const asked = Number(connections);
  const report = await attack(mode as ModeName, asked, PATIENCE_MS);
  const found = faults(report, asked);
  failed ||= found.length > 0;
  console.log(JSON.stringify({ ...report, faults: found }, null, 2));
}
process.exit(failed ? 1 : 0);
