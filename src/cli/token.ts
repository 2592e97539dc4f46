import { NAME_PATTERN, NAME_RULE } from '../model/ids.ts';
import { MAX_TOKEN_AGE_MS, OPERATOR_HEADER, signOperatorToken } from '../peer/operator-token.ts';
import { mustLoad } from './config.ts';
import { EXIT, usageError } from './exit.ts';

export interface TokenArguments {
  readonly config: string;
  readonly operator: string;
  readonly for: string;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** A pass for a person: forces a zone by X-Ldc-Zone until it expires. */
export function token(args: TokenArguments): number {
  const { snapshot } = mustLoad(args.config);
  const [key] = snapshot.gate.keys.operator;
  if (key === undefined) throw usageError('the Gate document has no operator key');
  if (!NAME_PATTERN.test(args.operator)) throw usageError(`--operator is ${NAME_RULE}`);
  const match = /^(\d{1,6})([smh])$/.exec(args.for);
  const ageMs = match === null ? 0 : Number(match[1]) * UNIT_MS[match[2]!]!;
  if (ageMs <= 0 || ageMs > MAX_TOKEN_AGE_MS)
    throw usageError('--for is a time as 30s, 10m or 2h, at most 24h');
  process.stdout.write(
    `${OPERATOR_HEADER}: ${signOperatorToken(args.operator, Date.now() + ageMs, key)}\n`,
  );
  return EXIT.ok;
}
