import { z } from 'zod';
import { apiVersionSchema, countSchema, nameSchema } from '../model/schema.ts';

const limitsSchema = z.strictObject({
  rps: countSchema(1, 10_000_000).default(100).describe('Requests a second, at each gate'),
  concurrency: countSchema(1, 1_000_000).default(100).describe('Under way at once, at each gate'),
  total: countSchema(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('In all, at each gate, since the gate’s start'),
});

const sceneSchema = z.strictObject({
  shards: z
    .record(
      z
        .string()
        .regex(/^\d{1,4}(?:-\d{1,4})?$/, { error: 'a shard or a range, as "07" or "00-24"' }),
      nameSchema,
    )
    .optional()
    .describe('A table of its own; every shard exactly once. Absent: as users are placed now'),
  endpoints: z
    .enum(['shadow', 'shared'])
    .default('shadow')
    .describe('shadow: only groups’ shadow endpoints; shared: those that users are served by'),
  uids: z
    .array(
      z.string().regex(/^\d{1,64}(?:-\d{1,64})?$/, {
        error: 'a uid of digits, or a range, as "2099000000000000-2099999999999999"',
      }),
    )
    .min(1)
    .max(16)
    .optional()
    .describe('Reserved for the test: a trusted one makes a request stress'),
  onlyReserved: z
    .boolean()
    .optional()
    .describe('A request that shows another uid is refused; true where uids are declared'),
  limits: limitsSchema.prefault({}),
  until: z.iso
    .datetime({ offset: true, error: 'a date with time and zone, as 2026-12-01T00:00:00Z' })
    .describe('A scene ends by itself'),
});

export const stressSchema = z.strictObject({
  apiVersion: apiVersionSchema,
  kind: z.literal('Stress'),
  accept: z
    .strictObject({
      app: z
        .boolean()
        .default(false)
        .describe('Who calls by an app listener may name a scene in X-Ldc-Stress'),
      networks: z
        .array(z.string().min(2).max(64))
        .max(1000)
        .default([])
        .describe('Load generators: TCP peers that may name a scene without a token'),
    })
    .prefault({})
    .describe('Besides tokens, which count as soon as the Gate document has keys.stress'),
  forged: z
    .enum(['refuse', 'normal'])
    .default('refuse')
    .describe('A mark that is not believed: 403, or taken out and served as anybody’s'),
  log: z
    .string()
    .min(1)
    .max(4096)
    .default('stdout')
    .describe('Access lines of stress traffic: stdout, off, or a file'),
  scenes: z
    .record(nameSchema, sceneSchema)
    .refine((scenes) => Object.keys(scenes).length <= 64, { error: 'at most 64 scenes' }),
});

export type StressDoc = z.infer<typeof stressSchema>;
export type SceneDoc = StressDoc['scenes'][string];
