import type { Hit } from './hit.ts';
import type { TxState } from './tx-values.ts';

/** To go on in another thread, or with what came of it there. */
export interface TransactionState {
  readonly tx: TxState;
  readonly hits: readonly Hit[];
  readonly removedTargets: number;
  readonly removedRules: Uint8Array | null;
  readonly labels: readonly string[];
  readonly engine: 'on' | 'off' | 'detect';
  /** How rules have chosen to read the body. */
  readonly processor: string;
  readonly forcedBody: boolean;
}
