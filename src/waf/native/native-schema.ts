/** Rules as operators write them by hand, in YAML. */
import { z } from 'zod';
import { countSchema, nameSchema } from '../../model/schema.ts';
import { TRANSFORMS } from '../ir.ts';

export const OPS = [
  ...['equals', 'contains', 'startsWith', 'endsWith', 'matches', 'in', 'phrases', 'network'],
  ...['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'exists', 'sqli', 'xss', 'bytesOutside'],
] as const;

const text = z.string().max(8192);

const leafSchema = z.strictObject({
  field: z
    .string()
    .regex(/^[A-Za-z]+(?::[^\s]{1,128})?$/, { error: 'a field, as args, arg:name or header:name' })
    .optional()
    .describe('What is looked at: docs/firewall.md lists all'),
  label: nameSchema.optional().describe('An earlier rule has put this label on the request'),
  op: z.enum(OPS).optional(),
  value: z.union([text, z.number()]).optional(),
  values: z.array(text).min(1).max(10_000).optional().describe('For in, phrases and network'),
  transforms: z
    .array(z.enum(TRANSFORMS as readonly [string, ...string[]]))
    .max(16)
    .default([])
    .describe('Applied in order before comparing'),
});

export type Leaf = z.infer<typeof leafSchema>;
export type Condition =
  | Leaf
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition };

const conditionSchema: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(conditionSchema).min(1).max(64) }),
    z.strictObject({ any: z.array(conditionSchema).min(1).max(64) }),
    z.strictObject({ not: conditionSchema }),
    leafSchema,
  ]),
);

const actionSchema = z.union(
  [
    z.enum(['block', 'count', 'allow', 'challenge']),
    z.strictObject({ score: countSchema(1, 1000) }),
  ],
  { error: 'block, count, allow, challenge, or { score: N }' },
);

export const nativeRuleSchema = z.strictObject({
  id: countSchema(1, 899_999).describe('Below CRS, which has 900000 to 999999'),
  phase: z
    .enum(['head', 'body', 'answer-head', 'answer-body'])
    .default('body')
    .describe('head: before a body is waited for; body: with it; answers the same'),
  when: conditionSchema,
  action: actionSchema,
  message: z.string().min(1).max(500).optional(),
  labels: z.array(nameSchema).max(16).default([]),
  apps: z
    .array(nameSchema)
    .max(1000)
    .default([])
    .describe('Only on routes to these; all when empty'),
  samplePercent: z.number().gt(0).max(100).default(100).describe('Share of requests it looks at'),
  expires: z.iso
    .datetime({ offset: true, error: 'a date with time and zone, as 2026-12-01T00:00:00Z' })
    .optional(),
  owner: z.string().min(1).max(200),
  reason: z.string().min(1).max(500).optional(),
});

export type NativeRule = z.infer<typeof nativeRuleSchema>;
