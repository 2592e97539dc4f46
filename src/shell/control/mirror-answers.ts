/** What /v1/mirrors answers, as a schema. */
import { z } from 'zod';

const counts = z.record(z.string(), z.number());

const fieldSchema = z.object({
  field: z.string().describe('status, header:NAME, body, or a path as $.items[].price'),
  finding: z.enum(['learning', 'noise', 'rare', 'differs']).describe('differs: a mismatch'),
  mismatches: z.number(),
  noise: z.number().describe('How often two answers of the same group differed in it'),
  samples: z
    .array(
      z.object({
        requestId: z.string(),
        atMs: z.number(),
        ours: z.string().describe('What kind of value, never the value'),
        theirs: z.string(),
      }),
    )
    .readonly(),
});

export const mirrorsAnswer = z.object({
  buffer: z.object({ used: z.number(), limit: z.number() }),
  rules: z.array(
    z.object({
      rule: z.string(),
      declaredPercent: z.number(),
      percent: z.number().describe('That counts now'),
      by: z.string(),
      to: z.string(),
      inFlight: z.number(),
      drawn: z.number().describe('Requests that the rule fits and the draw took'),
      sent: z.number(),
      answered: counts,
      dropped: counts,
      failed: counts,
      compares: z.boolean(),
      noiseAsked: z.number(),
      notCompared: z.number(),
      routes: z.array(
        z.object({
          route: z.string(),
          compared: z.number(),
          learnt: z.number(),
          learn: z.number(),
          mismatches: z.number(),
          fieldsLost: z.number(),
          fields: z.array(fieldSchema).readonly(),
        }),
      ),
    }),
  ),
});
export type MirrorsAnswer = z.infer<typeof mirrorsAnswer>;
