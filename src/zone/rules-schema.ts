import { z } from 'zod';
import { apiVersionSchema, countSchema, nameSchema } from '../model/schema.ts';

const untilSchema = z.iso.datetime({
  offset: true,
  error: 'a date with time and zone, as 2026-12-01T00:00:00Z',
});

const pinSchema = z.strictObject({
  uid: z.string().regex(/^[!-~]{1,128}$/, { error: '1 to 128 visible ASCII characters' }),
  zone: nameSchema,
  until: untilSchema.optional(),
  owner: z.string().max(200).optional().describe('Who asked for it'),
  reason: z.string().max(500).optional().describe('Why'),
});

/** For drills: what is done to a share of the requests on purpose. */
const faultSchema = z
  .strictObject({
    name: nameSchema,
    percent: z.number().gt(0).max(100),
    app: nameSchema.optional(),
    zone: nameSchema.optional(),
    delayMs: countSchema(1, 600_000).optional().describe('Held back so long before it is sent on'),
    abort: countSchema(400, 599).optional().describe('Answered with this status, not sent on'),
    bytesPerS: countSchema(1, 1_000_000_000).optional().describe('The answer comes so slowly'),
    until: untilSchema.optional(),
  })
  .refine((f) => (f.delayMs ?? f.abort ?? f.bytesPerS) !== undefined, {
    error: 'delayMs, abort or bytesPerS',
  });
export type FaultDoc = z.infer<typeof faultSchema>;

export const rulesSchema = z.strictObject({
  apiVersion: apiVersionSchema,
  kind: z.literal('Rules'),
  epoch: countSchema(0, Number.MAX_SAFE_INTEGER).describe(
    'Number of this rule set; raise it with every change',
  ),
  shards: z
    .record(
      z
        .string()
        .regex(/^\d{1,4}(?:-\d{1,4})?$/, { error: 'a shard or a range, as "07" or "00-24"' }),
      nameSchema,
    )
    .default({})
    .describe('shard range → zone that owns it; every shard exactly once'),
  pins: z
    .array(pinSchema)
    .max(10_000)
    .default([])
    .describe('Single users placed ahead of the table'),
  weights: z
    .record(nameSchema, z.record(nameSchema, countSchema(0, 100)))
    .default({})
    .describe('zone → group → percent; sums to 100. Groups share evenly where nothing is said'),
  faults: z.array(faultSchema).max(100).default([]).describe('Drills: the first that fits counts'),
});

export type RulesDoc = z.infer<typeof rulesSchema>;
