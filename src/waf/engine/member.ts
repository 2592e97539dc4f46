import { HI, LO } from '../signature.ts';

/** One value that rules look at. */
export class Member {
  /** The variable's name, as `ARGS`. */
  readonly of: string;
  /** '' for a scalar. */
  readonly key: string;
  readonly value: string;
  lo = 0;
  hi = 0;
  /** What chains have made of it, by their index; null while no chain has changed it. */
  derived: (Derived | undefined)[] | null = null;
  /** The same, step by step. */
  stages: (readonly Derived[] | undefined)[] | null = null;

  constructor(of: string, key: string, value: string) {
    this.of = of;
    this.key = key;
    this.value = value;
    let lo = 0;
    let hi = 0;
    for (let i = 0; i < value.length; i++) {
      const byte = value.charCodeAt(i);
      lo |= LO[byte]!;
      hi |= HI[byte]!;
    }
    this.lo = lo;
    this.hi = hi;
  }

  /** As rules call it: `ARGS:name`. */
  get name(): string {
    return this.key === '' ? this.of : `${this.of}:${this.key}`;
  }
}

export interface Derived {
  readonly value: string;
  readonly lo: number;
  readonly hi: number;
}
