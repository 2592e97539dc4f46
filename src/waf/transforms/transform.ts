import type { TransformName } from '../ir.ts';
import type { Signature } from '../signature.ts';

export interface Transform {
  readonly name: TransformName;
  /**
   * It changes nothing in a value that has none of these bytes. ANYTHING where that can't be said:
   * it is to be applied to every value then, to the empty one too.
   */
  readonly triggers: Signature;
  /**
   * @param value a byte string
   * @returns a byte string; the same one when nothing changes
   */
  readonly apply: (value: string) => string;
}
