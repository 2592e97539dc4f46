import { randomBytes } from 'node:crypto';
import { compileNetworks } from '../gate/networks.ts';
import { Report } from '../model/issue.ts';
import { MAX_PASS_AGE_MS, MAX_QPS, STRESS_HEADER, signStressPass } from '../stress-tag/token.ts';
import { mustLoad } from './config.ts';
import { EXIT, usageError } from './exit.ts';
import { numberOf, secondsOf } from './switches/words.ts';

export interface StressTokenArguments {
  readonly config: string;
  readonly scene: string;
  readonly qps: string;
  readonly for: string;
  readonly client?: string | undefined;
}

/** A pass for a load generator: the header line, ready to be sent. */
export function stressToken(args: StressTokenArguments): number {
  const { snapshot } = mustLoad(args.config);
  const [key] = snapshot.gate.keys.stress;
  if (key === undefined) throw usageError('the Gate document has no stress key');
  const names = [...(snapshot.stress?.scenes.keys() ?? [])];
  if (!names.includes(args.scene))
    throw usageError(`there is no scene ${args.scene}; there are ${names.join(', ') || 'none'}`);
  const qps = numberOf(args.qps, '--qps');
  if (!Number.isInteger(qps) || qps < 1 || qps > MAX_QPS)
    throw usageError(`--qps is a whole number from 1 to ${MAX_QPS}`);
  const ageMs = secondsOf(args.for, '--for') * 1000;
  if (ageMs <= 0 || ageMs > MAX_PASS_AGE_MS)
    throw usageError('--for is a time as 30s, 10m or 2h, at most 24h');
  const pass = {
    scene: args.scene,
    qps,
    id: randomBytes(8).toString('hex'),
    expiresAtMs: Date.now() + ageMs,
    network: args.client === undefined ? null : networkOf(args.client),
  };
  process.stdout.write(`${STRESS_HEADER}: ${signStressPass(pass, key)}\n`);
  return EXIT.ok;
}

function networkOf(text: string): string {
  const report = new Report();
  compileNetworks([text], [], report);
  if (report.failed) throw usageError('--client is an address or a block, as 10.9.0.0/16');
  return text;
}
