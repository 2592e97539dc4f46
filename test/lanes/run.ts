/**
 * Releases under load, the long form: `node test/lanes/run.ts [requests that a step takes]`. Needs a build
 * and redis-server. Exits 1 when a gate has failed a request, or a user met a group out of turn.
 */
import { releaseDrill } from './release-drill.ts';

const perStep = Number(process.argv[2] ?? '2000');
const report = await releaseDrill(24, perStep);
const { run, failedByGates, astray, ...figures } = report;
for (const { atMs, text } of run.log) console.log(new Date(atMs).toISOString(), text);
console.log({ ...figures, perStep, failedByGates: failedByGates.length, astray: astray.length });
for (const sentence of [...failedByGates, ...astray].slice(0, 20)) console.log(sentence);
const bad = failedByGates.length + astray.length > 0 || run.state !== 'aborted';
process.exit(bad ? 1 : 0);
