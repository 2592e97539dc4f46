import { z } from 'zod';
import { endpointsSchema } from '../model/endpoints.ts';
import { addressSchema, apiVersionSchema, countSchema, nameSchema } from '../model/schema.ts';
import { ZONE_TYPES } from './topology.ts';

const groupSchema = z
  .strictObject({
    idc: nameSchema
      .optional()
      .describe('Where the group runs, if not in the zone’s IDC (gzone only)'),
    endpoints: z
      .record(nameSchema, endpointsSchema)
      .describe('app → its endpoints: a list of addresses, or { dns }, { srv }, { file }'),
    shadow: z
      .record(nameSchema, endpointsSchema)
      .optional()
      .describe('app → endpoints for load tests only; no user is ever sent there'),
  })
  .describe('One deployment of the zone’s apps');

const zoneSchema = z.strictObject({
  type: z.enum(ZONE_TYPES),
  capacity: z
    .strictObject({ rps: countSchema(1, 1_000_000_000) })
    .optional()
    .describe('Requests per second the zone was built for'),
  dr: z
    .strictObject({ local: nameSchema.optional(), remote: nameSchema.optional() })
    .optional()
    .describe('Who takes over: local in another IDC of the city, remote in another city'),
  groups: z.record(nameSchema, groupSchema),
});

const idcSchema = z.strictObject({
  gates: z
    .array(addressSchema)
    .max(100)
    .default([])
    .describe('How gates of other IDCs reach the gates of this one'),
  zones: z.record(nameSchema, zoneSchema).default({}),
});

export const topologySchema = z.strictObject({
  apiVersion: apiVersionSchema,
  kind: z.literal('Topology'),
  sharding: z
    .strictObject({
      count: countSchema(1, 1024).default(100),
      key: z
        .strictObject({
          digits: z.array(countSchema(-64, 63)).min(1).max(6).optional(),
          hash: z.enum(['fnv1a']).optional(),
        })
        .optional()
        .describe('digits of the uid by position (default [-3, -2]), or a stable hash of it'),
    })
    .default({ count: 100 }),
  cities: z.record(nameSchema, z.strictObject({ idcs: z.record(nameSchema, idcSchema) })),
});

export type TopologyDoc = z.infer<typeof topologySchema>;
export type ZoneDoc = z.infer<typeof zoneSchema>;
