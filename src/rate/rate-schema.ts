import { z } from 'zod';
import { apiVersionSchema, countSchema, nameSchema } from '../model/schema.ts';

const MAX_WINDOW_S = 86_400;
const network = z.string().min(2).max(64);
const owner = z.string().min(1).max(64).describe('Whom to ask about it');
const reason = z.string().min(1).max(256).describe('Why it stands here');
const mode = z
  .enum(['enforce', 'count'])
  .default('enforce')
  .describe('count: nothing happens to requests, what would have happened is counted');
const file = z.string().min(1).max(4096);

const matchSchema = z.strictObject({
  routes: z.array(z.string().min(1).max(512)).min(1).max(256).optional(),
  apps: z.array(nameSchema).min(1).max(256).optional(),
  hosts: z
    .array(
      z
        .string()
        .regex(/^(?:\*\.)?[A-Za-z0-9.-]{1,253}$/, { error: 'a host, or *.suffix, no port' }),
    )
    .min(1)
    .max(256)
    .optional(),
  paths: z
    .array(z.string().regex(/^\/[^?#\s]{0,511}$/, { error: 'a path that begins with /' }))
    .min(1)
    .max(256)
    .optional()
    .describe('Prefixes, by whole segments'),
  methods: z
    .array(z.string().regex(/^[A-Z]{1,32}$/, { error: 'a method, as POST' }))
    .min(1)
    .max(32)
    .optional(),
  networks: z.array(network).min(1).max(1000).optional().describe('Where the client is'),
  listener: z.enum(['external', 'app']).optional(),
});

const BY =
  /^(?:ip|uid|shard|path|host|route|cookie:[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}|header:[A-Za-z0-9-]{1,64})$/;

const challengeSchema = z.strictObject({
  kind: z.literal('challenge'),
  mode: z
    .enum(['redirect', 'script'])
    .default('redirect')
    .describe(
      'redirect: whoever keeps a cookie goes on; script: whoever works for it in a browser',
    ),
  lastsS: countSchema(10, 86_400).default(1800).describe('How long a proof is good for'),
  requests: countSchema(1, 10_000_000)
    .optional()
    .describe(
      'So many a window, by the same key, with proofs; then 429; absent: ten times the limit',
    ),
  bits: countSchema(8, 20)
    .default(15)
    .describe('Of the work for script: 2^bits hashes on average, 15 is some 0.1 s'),
});

const actionSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('tag'),
    label: nameSchema.optional().describe('In X-Ldc-Rate to the app; absent: the rule’s name'),
  }),
  z.strictObject({ kind: z.literal('delay'), delayMs: countSchema(1, 10_000) }),
  challengeSchema,
  z.strictObject({ kind: z.literal('reject') }),
  z.strictObject({ kind: z.literal('close') }),
]);

const ruleSchema = z.strictObject({
  match: matchSchema.prefault({}).describe('All that is named must fit; empty: every request'),
  by: z
    .array(
      z.string().regex(BY, {
        error: 'ip, uid, shard, path, host, route, cookie:NAME or header:NAME',
      }),
    )
    .min(1)
    .max(4)
    .describe('What is counted together'),
  prefix: z
    .strictObject({
      v4: countSchema(8, 32).default(32),
      v6: countSchema(16, 128).default(64),
    })
    .prefault({})
    .describe('How much of an address is one client'),
  limit: countSchema(1, 100_000_000).describe('Requests in any window'),
  windowS: countSchema(1, MAX_WINDOW_S),
  burst: countSchema(0, 100_000_000)
    .default(0)
    .describe('Above the limit, at most once in ten windows'),
  action: actionSchema.describe('What happens to requests above the limit'),
  scope: z
    .enum(['gate', 'fleet'])
    .default('gate')
    .describe('gate: each gate counts for itself; fleet: together, by the fleet’s Redis'),
  missing: z
    .enum(['skip', 'ip'])
    .default('skip')
    .describe('Where a part of the key is absent: the rule does not apply, or counts by address'),
  fields: z
    .enum(['refused', 'always'])
    .default('refused')
    .describe('On which answers RateLimit and RateLimit-Policy stand'),
  mode,
  owner,
  reason,
});

const listSchema = z.strictObject({
  kind: z.enum(['allow', 'deny']).describe('allow: no rate applies, and no deny list; deny: 403'),
  entries: z.array(network).max(10_000).default([]),
  file: file.optional().describe('One address or block a line, # begins a remark; read anew'),
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/, { error: 'two capital letters, as DE (ISO 3166-1)' }))
    .max(300)
    .default([]),
  mode,
  owner,
  reason,
  expires: z.iso
    .datetime({ offset: true, error: 'a date with time and zone, as 2026-12-01T00:00:00Z' })
    .optional()
    .describe('From then on it is as if it were not there'),
});

/** What is said of clients and how much they ask. */
export const rateSchema = z.strictObject({
  rates: z
    .record(nameSchema, ruleSchema)
    .refine((rates) => Object.keys(rates).length <= 256, { error: 'at most 256 rates' })
    .default({}),
  lists: z
    .record(nameSchema, listSchema)
    .refine((lists) => Object.keys(lists).length <= 64, { error: 'at most 64 lists' })
    .default({}),
  countryDatabase: file.optional().describe('A .mmdb file, relative to this one; read anew'),
  keys: countSchema(1024, 4_194_304)
    .default(131_072)
    .describe('Counted at once, all rates together; 54 bytes each, 68 where one is shared'),
  proof: z
    .strictObject({
      cookie: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'letters, digits, _ or -' })
        .default('LDC_PROOF'),
      v4: countSchema(8, 32).default(24),
      v6: countSchema(16, 128).default(48),
    })
    .prefault({})
    .describe('The cookie of passed challenges, and how much of the address it is bound to'),
});

/** A whole document. */
export const ratesSchema = rateSchema.extend({
  apiVersion: apiVersionSchema,
  kind: z.literal('Rates'),
});

export type RateDoc = z.infer<typeof rateSchema>;
export type RateRuleDoc = RateDoc['rates'][string];
export type RateListDoc = RateDoc['lists'][string];
