import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import {
  addressSchema,
  apiVersionSchema,
  countSchema,
  nameSchema,
  toAddress,
} from '../model/schema.ts';

const MS_PER_DAY = 86_400_000;
const MAX_COUNT = 1_000_000;
const ms = (min: number): z.ZodInt => countSchema(min, MS_PER_DAY);
const statusList = z.array(countSchema(200, 599)).min(1).max(100);
const percent = countSchema(0, 100);

const balanceSchema = z.strictObject({
  by: z
    .enum(['round-robin', 'least-requests', 'ring-hash'])
    .default('round-robin')
    .describe('All three heed weights; least-requests compares two drawn at random'),
  key: z
    .string()
    .regex(/^(?:shard|client|path|header:[A-Za-z0-9-]{1,64})$/, {
      error: 'shard, client, path or header:NAME',
    })
    .default('shard')
    .describe('ring-hash: what is hashed; a request without it is placed by least-requests'),
  slowStartMs: ms(0)
    .default(0)
    .describe('A new or returned endpoint grows from a tenth to its whole share in so long'),
});

const probeSchema = z
  .strictObject({
    http: z
      .strictObject({
        path: z.string().regex(/^\/[!-~]{0,1023}$/, { error: 'a path, as /healthz' }),
        host: z
          .string()
          .regex(/^[A-Za-z0-9.:[\]-]{1,253}$/)
          .optional(),
        statuses: statusList.default([200, 204]),
        body: z.string().min(1).max(1024).optional().describe('A text that the answer holds'),
      })
      .optional(),
    tcp: z.literal(true).optional().describe('Accepting a connection is enough'),
    intervalMs: ms(100).default(5000).describe('Plus or minus a tenth, by chance'),
    timeoutMs: ms(10).default(1000),
    fall: countSchema(1, 100).default(3).describe('Failures in a row until it is down'),
    rise: countSchema(1, 100).default(2).describe('Successes in a row until it is up'),
  })
  .refine((p) => (p.http === undefined) !== (p.tcp === undefined), {
    error: 'http or tcp, and not both',
  });

const outliersSchema = z.strictObject({
  consecutive: countSchema(1, 10_000)
    .default(5)
    .describe('So many failures in a row eject an endpoint'),
  percent: percent.default(50).describe('Or this share of failures in a window; 0: not by rate'),
  windowMs: ms(1000).default(10_000),
  minRequests: countSchema(1, MAX_COUNT).default(20).describe('In the window, to judge by rate'),
  statuses: statusList
    .default([502, 503, 504])
    .describe('Answers that count as failures, beside resets, timeouts and refused connections'),
  slowMs: ms(1).optional().describe('A first byte later than this counts as a failure'),
  ejectMs: ms(100).default(10_000).describe('Twice as long with each ejection in a row'),
  maxEjectMs: ms(100).default(300_000),
  maxEjectedPercent: percent.default(50).describe('Of the endpoints of a group; rounded down'),
});

const count = (defaultCount: number): z.ZodDefault<z.ZodInt> =>
  countSchema(1, MAX_COUNT).default(defaultCount);

const endpointLimitsSchema = z.strictObject({
  connections: count(1024).describe('Open at once'),
  pending: count(256).describe('Connections being opened at once'),
  requests: count(1024).describe('Under way at once'),
  retries: count(32).describe('Repeated requests under way at once'),
});

const zoneLimitsSchema = z.strictObject({
  connections: count(16_384),
  pending: countSchema(0, MAX_COUNT)
    .default(1024)
    .describe('Requests that wait for room; 0: nobody waits'),
  requests: count(16_384),
  retries: count(256),
});

const retriesSchema = z.strictObject({
  others: countSchema(0, 5).default(2).describe('Further endpoints tried at most'),
  budgetPercent: percent.default(20).describe('Repeated requests per 100 of the last 10 s'),
  floorPerS: countSchema(0, 1000).default(3).describe('Allowed even when there is little traffic'),
  statuses: z
    .array(countSchema(500, 599))
    .max(20)
    .default([])
    .describe('Answers to repeat elsewhere; only of requests that may be repeated'),
});

const adaptiveSchema = z
  .strictObject({
    min: count(8).describe('Requests under way that are always let in'),
    max: count(1000),
    tolerance: z
      .number()
      .min(1.1)
      .max(10)
      .default(2)
      .describe('First bytes may take so many times their undisturbed time'),
    slackMs: countSchema(0, 10_000).default(5).describe('And so much longer'),
  })
  .refine((a) => a.min <= a.max, { error: 'min not above max' });

const off = z.literal('off');
const policyShape = {
  balance: balanceSchema.optional(),
  probe: z.union([off, probeSchema]).optional(),
  outliers: z.union([off, outliersSchema]).optional(),
  endpoint: endpointLimitsSchema.optional().describe('Limits of each endpoint'),
  zone: zoneLimitsSchema.optional().describe('Limits of all endpoints of the app in one zone'),
  queueMs: ms(0).optional().describe('How long a request may wait for room'),
  retries: z.union([off, retriesSchema]).optional(),
  hedge: z
    .union([off, z.strictObject({ afterMs: ms(1) })])
    .optional()
    .describe('GET and HEAD: a second endpoint is asked when the first is so late'),
  adaptive: z
    .union([off, adaptiveSchema])
    .optional()
    .describe('Lets in as many requests at once as the zone answers without growing slower'),
};
const policySchema = z.strictObject(policyShape);
/** Room in a zone is the app's matter, over peers too. */
const peersSchema = policySchema.omit({ zone: true, queueMs: true, adaptive: true });

export const upstreamsSchema = z.strictObject({
  apiVersion: apiVersionSchema,
  kind: z.literal('Upstreams'),
  resolvers: z
    .array(
      addressSchema.refine((text) => ipaddr.isValid(toAddress(text).host), {
        error: 'an IP address and a port, as 10.0.0.2:53',
      }),
    )
    .max(8)
    .default([])
    .describe('DNS servers as address:port; the system’s when absent'),
  default: policySchema.prefault({}),
  apps: z.record(nameSchema, policySchema).default({}).describe('What differs, by section'),
  peers: peersSchema.prefault({}).describe('Gates of other IDCs: what differs, by section'),
});

export type UpstreamsDoc = z.infer<typeof upstreamsSchema>;
export type PolicyDoc = z.infer<typeof policySchema>;
export type Sections = { readonly [K in keyof PolicyDoc]-?: Exclude<PolicyDoc[K], undefined> };
/** In force where a document says nothing. */
export const BUILT_IN: Sections = {
  balance: balanceSchema.parse({}),
  probe: 'off',
  outliers: outliersSchema.parse({}),
  endpoint: endpointLimitsSchema.parse({}),
  zone: zoneLimitsSchema.parse({}),
  queueMs: 30,
  retries: retriesSchema.parse({}),
  hedge: 'off',
  adaptive: 'off',
};
