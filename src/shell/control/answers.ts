/** What /v1/ answers, as schemas: the OpenAPI document shows them, the commands read by them. */
import { z } from 'zod';
import type { Board, Move, Switch } from '../../failover/board.ts';
import type { Plan, Run } from '../../failover/run.ts';

/** Plain data of the core, passed on as it is. */
export const plain = <T>(title: string): z.ZodType<T> =>
  z.custom<T>((v) => typeof v === 'object' && v !== null).meta({ type: 'object', title });

const standingSchema = z.object({
  gate: z.string(),
  idc: z.string(),
  store: z.string(),
  epoch: z.number(),
  digest: z.string(),
  stale: z.boolean().describe('Nothing was read from the store for longer than the lease'),
  neverSynced: z.boolean(),
  sinceContactMs: z.number().nullable(),
  alarms: z.array(z.string()).readonly(),
});

export const boardAnswer = z.object({
  standing: standingSchema,
  board: plain<Board>('Board'),
});

export const switchesAnswer = z.object({
  standing: standingSchema,
  epoch: z.number(),
  switches: z.array(plain<Switch>('Switch')).readonly(),
});

export const movesAnswer = z.object({
  standing: standingSchema,
  epoch: z.number(),
  moves: z.array(plain<Move>('Move')).readonly(),
});

export const runsAnswer = z.object({
  standing: standingSchema,
  epoch: z.number(),
  runs: z.array(plain<Omit<Run, 'log'>>('Run without its log')).readonly(),
});

export const runAnswer = z.object({
  standing: standingSchema,
  epoch: z.number(),
  run: plain<Run>('Run'),
  waitsFor: z.string().nullable().describe('What it can’t go on without; null: nothing known'),
  needsPerson: z.boolean().describe('Nothing goes on until somebody says continue or approve'),
  moves: z.array(plain<Move>('Move')).readonly(),
});

export const plansAnswer = z.object({ plans: z.array(plain<Plan>('Plan')).readonly() });

export const placesAnswer = z.object({
  standing: standingSchema,
  epoch: z.number(),
  cities: z.array(
    z.object({
      city: z.string(),
      state: z.string(),
      idcs: z.array(
        z.object({
          idc: z.string(),
          state: z.string(),
          zones: z.array(
            z.object({
              zone: z.string(),
              type: z.string(),
              state: z.string(),
              shards: z.string().describe('Owned now, as 0-19, 42'),
              shardCount: z.number(),
              percentOfUsers: z.number(),
              moving: z.number().describe('Shards on their way to or from it'),
              frozen: z.number().describe('Shards whose writes are refused'),
              apps: z
                .array(z.object({ app: z.string(), shards: z.string() }))
                .describe('Apps that live there apart from their shards'),
              groups: z.array(
                z.object({ group: z.string(), idc: z.string(), percent: z.number() }),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
});

const sideSchema = z.object({
  requests: z.number(),
  failed: z.number().describe('5xx or no answer'),
  p95Ms: z.number().nullable().describe('To the answer’s head'),
});
const measuredSchema = z.object({
  release: z.string(),
  percent: z.number(),
  from: sideSchema,
  to: sideSchema,
});

export const fleetAnswer = z.object({
  standing: standingSchema,
  epoch: z.number().describe('Of the board in force at this gate'),
  boardAt: z.string(),
  gates: z
    .array(
      z.object({
        gate: z.string(),
        idc: z.string(),
        epoch: z.number(),
        settled: z.number(),
        lagMs: z
          .number()
          .nullable()
          .describe('From the board’s time to its coming into force there'),
        ageMs: z.number(),
        leaseLeftMs: z.number(),
        living: z.boolean(),
        trouble: z.string().nullable(),
        adminUrl: z.string().nullable(),
        releases: z.array(measuredSchema).describe('What it has counted of their present stage'),
      }),
    )
    .nullable()
    .describe('null: the store can’t be asked'),
  why: z.string().nullable(),
  stragglers: z.array(z.string()).describe('Living, and behind this epoch'),
  lost: z.array(z.string()).describe('Their lease has run out'),
  lag: z.object({ p50Ms: z.number().nullable(), p99Ms: z.number().nullable() }),
});
export type FleetAnswer = z.infer<typeof fleetAnswer>;

export const stressAnswer = z.object({
  standing: standingSchema,
  epoch: z.number(),
  scenes: z.array(
    z.object({
      scene: z.string(),
      state: z.enum(['on', 'stopped', 'ended']),
      stop: plain<Switch>('Switch').nullable().describe('What has stopped it'),
      endpoints: z.enum(['shadow', 'shared']),
      table: z.enum(['own', 'users']),
      limits: z.object({
        rps: z.number(),
        concurrency: z.number(),
        total: z.number().nullable(),
      }),
      until: z.string(),
      active: z.number().describe('Under way, of all gates'),
      total: z.number().describe('Let in since each gate’s start, of all gates'),
      refused: z.number(),
      gates: z.array(
        z.object({
          gate: z.string(),
          active: z.number(),
          total: z.number(),
          refused: z.number(),
        }),
      ),
    }),
  ),
  why: z.string().nullable().describe('Why the gates can’t be asked; null: they were'),
});

export const auditAnswer = z.object({
  standing: standingSchema,
  lines: z
    .array(
      z.object({
        atMs: z.number(),
        by: z.string(),
        gate: z.string(),
        what: z.string(),
        reason: z.string(),
        outcome: z.string(),
        epoch: z.number(),
        overrides: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
});

export const storedAnswer = z.object({
  kind: z.literal('stored'),
  epoch: z.number(),
  run: z.string().nullable(),
  what: z.string(),
  copies: z.number().nullable(),
  replicasWanted: z.number(),
  replicated: z.boolean(),
  note: z.string(),
});
export type StoredAnswer = z.infer<typeof storedAnswer>;

export const problemAnswer = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  rule: z.string().optional(),
  message: z.string().optional(),
  passes: z.string().optional(),
  mistakes: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  board: plain<Board>('Board').optional(),
  unsure: z.boolean().optional(),
});
export type ProblemAnswer = z.infer<typeof problemAnswer>;
