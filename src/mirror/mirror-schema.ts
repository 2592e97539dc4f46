import { z } from 'zod';
import { addressSchema, apiVersionSchema, countSchema, nameSchema } from '../model/schema.ts';

const MAX_RULES = 64;
const MAX_ADDRESSES = 64;
const MIB = 1024 * 1024;

const fieldName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,128}$/, { error: 'a field name of letters, digits and hyphens' });

/** What frames or routes a message, or is the gate's own, is no copy's to change. */
const editableName = fieldName.refine(
  (n) =>
    !/^(?:host|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|via|cdn-loop|x-ldc-.*|proxy-.*)$/i.test(
      n,
    ),
  { error: 'a field that neither HTTP nor the gate needs itself' },
);

const fieldValue = z
  .string()
  .max(1024)
  .regex(/^[!-~](?:[ -~]*[!-~])?$|^$/, { error: 'visible ASCII characters' });

const hostName = z
  .string()
  .max(253)
  .regex(/^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/, {
    error: 'a host name or *.domain',
  });

const matchSchema = z.strictObject({
  host: hostName.optional(),
  path: z
    .string()
    .regex(/^\/[A-Za-z0-9._~!$&'()+,;=@/-]*$/, {
      error: 'a plain path that starts with /; prefixes need no *',
    })
    .max(1024)
    .optional()
    .describe('A prefix, by whole segments'),
  zone: nameSchema.optional().describe('The zone that serves the request'),
  zoneType: z.enum(['rzone', 'gzone', 'czone']).optional().describe('The route’s'),
  app: nameSchema.optional(),
  methods: z
    .array(z.string().regex(/^[A-Z]{1,32}$/, { error: 'a method in capitals' }))
    .min(1)
    .max(16)
    .default(['GET', 'HEAD']),
  header: z
    .strictObject({
      name: fieldName,
      value: z.string().max(1024).optional(),
      prefix: z.string().max(1024).optional(),
    })
    .refine((h) => h.value === undefined || h.prefix === undefined, {
      error: 'value or prefix, not both; neither means that the field is there',
    })
    .optional(),
});

const compareSchema = z.strictObject({
  status: z.boolean().default(true),
  headers: z.array(fieldName).max(16).default(['content-type']),
  body: z.enum(['none', 'hash', 'json']).default('json'),
  ignore: z
    .array(z.string().min(1).max(256))
    .max(64)
    .default([])
    .describe('JSON paths that are left out with all below them, as items[].price'),
  bodyBytes: countSchema(0, 4 * MIB)
    .default(65_536)
    .describe('Of a larger body only status and headers are compared'),
  perS: countSchema(1, 10_000).default(20).describe('Comparisons a second, at most'),
  noisePercent: z
    .number()
    .min(0)
    .max(100)
    .default(10)
    .describe('Of comparisons, for which a second request goes to the same group'),
  noiseAfterMs: countSchema(0, 10_000)
    .default(1100)
    .describe('Later than the first, so that clocks are seen to move'),
  learn: countSchema(0, 100_000)
    .default(50)
    .describe('Nothing of a route is reported before so many of these; 0: all that differs is'),
  samples: countSchema(0, 100).default(10).describe('Kept of each field'),
});

const ruleSchema = z.strictObject({
  name: nameSchema,
  match: matchSchema.default(() => matchSchema.parse({})),
  percent: z.number().min(0).max(100),
  by: z
    .enum(['user', 'request'])
    .default('user')
    .describe('user: all requests of a user, or none; request: each for itself'),
  to: z.union([
    z.strictObject({ addresses: z.array(addressSchema).min(1).max(MAX_ADDRESSES) }),
    z.strictObject({ zone: nameSchema, group: nameSchema }),
    z.strictObject({ stress: nameSchema }).describe('A scene of the Stress document'),
  ]),
  headers: z
    .strictObject({
      set: z.record(editableName, fieldValue).default({}),
      remove: z.array(editableName).max(64).default([]),
    })
    .default({ set: {}, remove: [] }),
  credentials: z.enum(['drop', 'keep']).default('drop'),
  host: z
    .string()
    .max(255)
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?$/, { error: 'keep, or a host name' })
    .default('keep')
    .describe('keep, or the name to ask the target for'),
  limits: z
    .strictObject({
      inFlight: countSchema(1, 10_000).default(100),
      rps: countSchema(1, 1_000_000).default(1000),
      bodyBytes: countSchema(0, 64 * MIB).default(65_536),
      answerBytes: countSchema(0, Number.MAX_SAFE_INTEGER).default(MIB),
    })
    .default({ inFlight: 100, rps: 1000, bodyBytes: 65_536, answerBytes: MIB }),
  timeoutMs: countSchema(10, 600_000)
    .default(5000)
    .describe('From the end of the request to the end of the copy’s answer'),
  copies: countSchema(1, 100).default(1).describe('Of each request that is drawn'),
  compare: compareSchema.optional(),
});

export const mirrorSchema = z.strictObject({
  apiVersion: apiVersionSchema,
  kind: z.literal('Mirror'),
  bufferBytes: countSchema(65_536, 1024 * MIB)
    .default(16 * MIB)
    .describe('Held of all copies together'),
  rules: z.array(ruleSchema).min(1).max(MAX_RULES),
});

export type MirrorDoc = z.infer<typeof mirrorSchema>;
export type MirrorRuleDoc = MirrorDoc['rules'][number];
