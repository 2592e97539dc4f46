/** What the loop and its workers tell each other. Plain data. */
import type { FirewallRecipe } from '../../waf/compile-firewall.ts';
import type { RequestInput } from '../../waf/engine/input.ts';
import type { JudgementState, Orders } from '../../waf/judge.ts';

/** A body to be judged; the head has been. */
export interface Job {
  readonly id: number;
  /** Of the recipe, so that no request is judged by two rule sets. */
  readonly digest: string;
  readonly policy: string;
  readonly request: RequestInput;
  readonly orders: Orders;
  readonly state: JudgementState;
  /** With a buffer of its own, which moves to the worker. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly truncated: boolean;
  readonly budgetMs: number;
}

export type ToWorker =
  | { readonly kind: 'recipe'; readonly recipe: FirewallRecipe }
  | { readonly kind: 'job'; readonly job: Job };

export type FromWorker =
  /** It can judge by this recipe. */
  | { readonly kind: 'ready'; readonly digest: string }
  | {
      readonly kind: 'judged';
      readonly id: number;
      readonly state: JudgementState;
      readonly tested: number;
      readonly ms: number;
    }
  /** It does not have the recipe, or any more. */
  | { readonly kind: 'unknown'; readonly id: number };
