/** Ways to hold connections by being slow, and the deadline that ends each. */

/** Deadlines of the gate under attack. */
export const LIMITS = { headMs: 3000, idleMs: 3000, lingerMs: 500 } as const;

export interface Mode {
  /** For slowhttptest. */
  readonly args: readonly string[];
  readonly path: string;
  /** New connections a second. */
  readonly perS: number;
  /** How long a connection may stand. */
  readonly limitMs: number;
}

export const MODES = {
  /** A head that grows by a field each second and never ends. */
  'slow-head': { args: ['-H', '-i', '1'], path: '/', perS: 2000, limitMs: LIMITS.headMs },
  /** A body that stops after its first bytes. */
  'still-body': {
    args: ['-B', '-i', '60', '-s', '8192'],
    path: '/',
    perS: 2000,
    limitMs: LIMITS.idleMs,
  },
  /** A body that comes by some ten bytes a second. */
  'slow-body': {
    args: ['-B', '-i', '1', '-s', '8192', '-x', '10'],
    path: '/',
    perS: 2000,
    limitMs: LIMITS.idleMs,
  },
  /** A reader of a large answer, with a tiny window, of 32 bytes a second. */
  'slow-read': {
    args: ['-X', '-n', '1', '-w', '512', '-y', '1024', '-z', '32'],
    path: '/large',
    // Each makes the kernel hold megabytes, and the kernel has a limit for all of them.
    perS: 50,
    limitMs: LIMITS.idleMs,
  },
} as const satisfies Record<string, Mode>;

export type ModeName = keyof typeof MODES;
