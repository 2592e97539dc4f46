import { z } from 'zod';
import { addressSchema, apiVersionSchema, countSchema, nameSchema } from '../model/schema.ts';

const file = z.string().min(1).max(4096);

const redisSchema = z
  .strictObject({
    mode: z.enum(['single', 'sentinel', 'cluster']).default('single'),
    addresses: z.array(addressSchema).min(1).max(64),
    sentinelName: z.string().min(1).max(128).optional().describe('The master the sentinels watch'),
    username: z.string().min(1).max(128).optional().describe('Of an ACL user'),
    passwordFile: file.optional().describe('Relative to the configuration directory'),
    sentinelPasswordFile: file.optional(),
    tls: z
      .strictObject({
        caFile: file.optional(),
        certFile: file.optional(),
        keyFile: file.optional(),
        serverName: z.string().min(1).max(253).optional(),
      })
      .optional(),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9:_-]{1,64}$/, { error: '1 to 64 letters, digits, colons, _ or -' })
      .default('zonegate')
      .describe('First part of every key; one for each fleet'),
    replicas: countSchema(0, 16).default(0).describe('Copies a change waits for, at most 500 ms'),
  })
  .refine((r) => (r.mode === 'sentinel') === (r.sentinelName !== undefined), {
    error: 'sentinelName where mode is sentinel, and only there',
  });

const storeSchema = z
  .strictObject({ file: file.optional(), redis: redisSchema.optional() })
  .refine((s) => (s.file === undefined) !== (s.redis === undefined), {
    error: 'file or redis, and not both',
  });

const catchUpSchema = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('http'),
    url: z
      .string()
      .max(2048)
      .regex(/^https?:\/\//, {
        error: 'http:// or https://, with {from}, {to}, {shards}, {app} and {stage}',
      })
      .describe('Asked with GET; 200 with { "lagMs": n } or nothing means level'),
    maxLagMs: countSchema(0, 3_600_000).default(0),
    returnLagMs: countSchema(0, 3_600_000)
      .default(1000)
      .describe('So far behind a home may be before a way back freezes anything'),
    timeoutMs: countSchema(10, 60_000).default(2000),
  }),
  z.strictObject({
    by: z.literal('command'),
    command: z.array(z.string().min(1).max(1024)).min(1).max(32),
    timeoutMs: countSchema(10, 600_000).default(10_000),
  }),
  z.strictObject({ by: z.literal('confirm') }),
  z.strictObject({ by: z.literal('none') }),
]);

const automaticSchema = z.strictObject({
  zones: z.array(nameSchema).min(1).max(100),
  act: z
    .enum(['propose', 'failover', 'return'])
    .default('propose')
    .describe('Show the operator what to start, or start it; return: of an elastic zone, home'),
  usableBelowPercent: countSchema(1, 100).default(20).describe('Endpoints that are healthy'),
  forS: countSchema(1, 3600).default(30).describe('It has to stay so for so long'),
  dwellS: countSchema(1, 86_400).default(600).describe('Then the zone is left alone for so long'),
  maxShards: countSchema(1, 1024).default(1024).describe('Never more at once, of all zones'),
});

export const fleetSchema = z.strictObject({
  apiVersion: apiVersionSchema,
  kind: z.literal('Fleet'),
  store: storeSchema.describe('Where all gates meet'),
  stateDir: file.describe('Of one gate alone: the last boards it has seen. {idc} and {gate} count'),
  leaseMs: countSchema(500, 600_000)
    .default(5000)
    .describe('A gate not heard of for so long has lost the fleet'),
  beatMs: countSchema(50, 60_000).default(1000),
  pollMs: countSchema(50, 60_000).default(1500).describe('Jittered by a fifth'),
  fencing: z
    .enum(['strict', 'lease'])
    .default('strict')
    .describe('Of a silent gate in the source’s IDC: ask an operator, or trust its lease'),
  freeze: z
    .strictObject({
      maxMs: countSchema(100, 3_600_000).default(30_000).describe('Then it aborts itself'),
      budgetMs: countSchema(100, 86_400_000).default(300_000).describe('Of one shard, in 24 hours'),
    })
    .prefault({}),
  catchUp: catchUpSchema
    .default({ by: 'confirm' })
    .describe('How the new owner’s data is known to be level'),
  safety: z
    .strictObject({
      peakRps: countSchema(1, 1_000_000_000)
        .optional()
        .describe('Of all users together; without it, what the gates measure counts'),
      headroom: z.number().min(1).max(10).default(1.15),
      persons: countSchema(1, 5).default(2).describe('Who must agree to move a city'),
    })
    .prefault({}),
  automatic: z.array(automaticSchema).max(100).default([]),
});

export type FleetDoc = z.infer<typeof fleetSchema>;
