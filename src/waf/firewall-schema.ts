import { z } from 'zod';
import { apiVersionSchema, countSchema, nameSchema } from '../model/schema.ts';
import { AUDIT_VALUES } from './audit.ts';
import { BODY_LIMITS } from './body/index.ts';
import { nativeRuleSchema } from './native/native-schema.ts';
import { MODES } from './policy.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const until = z.iso
  .datetime({ offset: true, error: 'a date with time and zone, as 2026-12-01T00:00:00Z' })
  .describe('From then on it no longer holds');

const paranoiaSchema = z
  .strictObject({
    blocking: countSchema(1, 4).default(1).describe('Rules up to this level count towards refusal'),
    detection: countSchema(1, 4).optional().describe('Rules up to this level are run; as blocking'),
  })
  .refine((p) => p.detection === undefined || p.detection >= p.blocking, {
    error: 'detection at least as high as blocking',
  });

const exclusionSchema = z.strictObject({
  rule: z
    .union([
      countSchema(1, 9_999_999),
      z.string().regex(/^\d{1,7}-\d{1,7}$/, { error: 'a rule, or a range as 942000-942999' }),
    ])
    .optional(),
  tag: z.string().min(1).max(200).optional(),
  target: z
    .string()
    .max(200)
    .optional()
    .describe('Only this field is left out, as arg:comment; without it the rules are out whole'),
  owner: z.string().min(1).max(200),
  reason: z.string().min(1).max(500),
  expires: until.optional(),
});

const limitsSchema = z.strictObject({
  args: countSchema(1, 100_000).default(BODY_LIMITS.args),
  depth: countSchema(1, 1000).default(BODY_LIMITS.depth),
  parts: countSchema(1, 10_000).default(BODY_LIMITS.parts),
  nameBytes: countSchema(16, 64 * KIB).default(BODY_LIMITS.nameBytes),
  valueBytes: countSchema(64, 16 * MIB).default(BODY_LIMITS.valueBytes),
  partHeaderBytes: countSchema(64, 64 * KIB).default(BODY_LIMITS.partHeaderBytes),
  partHeaders: countSchema(1, 1000).default(BODY_LIMITS.partHeaders),
});

const bodySchema = z.strictObject({
  inspectBytes: countSchema(1024, 64 * MIB)
    .default(128 * KIB)
    .describe('So much of a body is held and judged'),
  overLimit: z
    .enum(['reject', 'prefix', 'pass'])
    .default('reject')
    .describe('A longer one: 413; judged by its first part; or not looked at'),
  inlineBytes: countSchema(0, MIB)
    .default(4 * KIB)
    .describe('Longer bodies are judged by a worker, beside the loop'),
  inflate: z
    .union([z.literal('refuse'), countSchema(1024, 64 * MIB)])
    .default(MIB)
    .describe('gzip and deflate: refused with 415, or so many bytes may come out'),
  limits: limitsSchema.prefault({}),
});

const answersSchema = z.strictObject({
  bodies: z.boolean().default(false).describe('Bodies of answers are judged too'),
  inspectBytes: countSchema(1024, 16 * MIB).default(64 * KIB),
  types: z
    .array(z.string().regex(/^[a-z]+\/[a-z0-9.+-]+$/, { error: 'a type, as text/html' }))
    .min(1)
    .max(64)
    .default(['text/html', 'text/plain', 'text/xml', 'application/json', 'application/xml']),
});

const shadowSchema = z.strictObject({
  ruleSets: z.array(nameSchema).min(1).max(16).optional().describe('The policy’s own when absent'),
  paranoia: paranoiaSchema.optional(),
});

const variableText = z.union([z.string().max(16_384), z.int()]);

const policySchema = z.strictObject({
  mode: z.enum(MODES).default('detect'),
  ruleSets: z.array(nameSchema).min(1).max(16).describe('In the order in which they are asked'),
  paranoia: paranoiaSchema.prefault({}),
  thresholds: z
    .strictObject({
      inbound: countSchema(1, 10_000).default(5).describe('Score at which a request is refused'),
      outbound: countSchema(1, 10_000).default(4).describe('Score at which an answer is withheld'),
    })
    .prefault({}),
  variables: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, { error: 'a name as allowed_methods' }),
      variableText,
    )
    .default({})
    .describe('What crs-setup.conf sets by setvar:tx.NAME'),
  exclusions: z.array(exclusionSchema).max(1000).default([]),
  shadow: shadowSchema.optional().describe('Judged beside, and only counted'),
  body: bodySchema.prefault({}),
  answers: answersSchema.prefault({}),
  budgetMs: countSchema(1, 10_000)
    .default(50)
    .describe(
      'CPU time that one request may take to judge; in a thread, for each 16 KiB of its body',
    ),
  onOverBudget: z.enum(['block', 'pass']).default('block'),
  maxCostUnits: countSchema(1, 10_000_000)
    .optional()
    .describe('Rules that cost more, by the estimate that check prints, are an error'),
});

const ruleSetSchema = z
  .strictObject({
    seclang: z
      .array(z.string().min(1).max(4096))
      .min(1)
      .max(200)
      .optional()
      .describe(
        'Files, dir/*.conf, or the directory of a CRS release; relative to the configuration',
      ),
    rules: z.array(nativeRuleSchema).min(1).max(10_000).optional(),
  })
  .refine((s) => (s.seclang === undefined) !== (s.rules === undefined), {
    error: 'either seclang or rules',
  });

export const firewallSchema = z.strictObject({
  apiVersion: apiVersionSchema,
  kind: z.literal('Firewall'),
  default: nameSchema
    .optional()
    .describe('The policy of routes that name none; absent: no firewall'),
  workers: countSchema(0, 64)
    .default(1)
    .describe('Threads for long bodies; 0: they are judged on the loop'),
  audit: z
    .strictObject({
      to: z
        .string()
        .min(1)
        .max(4096)
        .default('stdout')
        .describe('Where audit events go: stdout, off, or a file'),
      values: z
        .enum(AUDIT_VALUES)
        .default('redacted')
        .describe('How much of a matching value is written'),
      headers: z
        .array(z.string().regex(/^[A-Za-z0-9-]{1,64}$/, { error: 'a field name' }))
        .max(16)
        .default([])
        .describe('Request fields that stand in every event, as X-Correlation-Id'),
    })
    .prefault({}),
  ruleSets: z.record(nameSchema, ruleSetSchema).default({}),
  policies: z
    .record(nameSchema, policySchema)
    .refine((p) => Object.keys(p).length <= 64, { error: 'at most 64 policies' }),
});

export type FirewallDoc = z.infer<typeof firewallSchema>;
export type PolicyDoc = FirewallDoc['policies'][string];
