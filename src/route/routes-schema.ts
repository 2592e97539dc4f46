import { z } from 'zod';
import { CONNECTION_CLASSES } from '../model/facts.ts';
import { PRIORITIES } from '../model/priority.ts';
import { apiVersionSchema, countSchema, nameSchema } from '../model/schema.ts';

const MS_PER_DAY = 86_400_000;

const token = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/, { error: 'a name without spaces' });

/** Fields that frame, route or belong to the gate itself: taking them out would break the message. */
const RESERVED = new Set([
  ...[
    'host',
    'content-length',
    'transfer-encoding',
    'connection',
    'keep-alive',
    'te',
    'trailer',
    'upgrade',
    'expect',
  ],
  ...[
    'cookie',
    'via',
    'cdn-loop',
    'forwarded',
    'x-request-id',
    'traceparent',
    'tracestate',
    'max-forwards',
  ],
]);
const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,128}$/, { error: 'a field name of letters, digits and hyphens' })
  .refine((n) => !RESERVED.has(n.toLowerCase()) && !/^(?:x-ldc|x-forwarded|proxy)-/i.test(n), {
    error: 'a field that neither HTTP nor the gate needs itself',
  });

const sourceSchema = z
  .strictObject({
    header: headerName.optional(),
    cookie: token.optional(),
    query: z
      .string()
      .regex(/^[A-Za-z0-9._~-]{1,128}$/, {
        error: 'a parameter name of letters, digits and . _ ~ -',
      })
      .optional(),
    path: z
      .string()
      .regex(/^\/(?:[^:*/]+\/)*:uid(?:\/[^:*/]+)*(?:\/\*)?$/, {
        error: 'a path with one :uid, as /u/:uid/*',
      })
      .optional(),
    trust: z
      .array(z.enum(CONNECTION_CLASSES))
      .max(CONNECTION_CLASSES.length)
      .default([])
      .describe('Who is believed when he presents it'),
    others: z
      .enum(['hint', 'ignore'])
      .optional()
      .describe('What it is worth from anybody else; hint for all but header'),
  })
  .refine(
    (s) => [s.header, s.cookie, s.query, s.path].filter((x) => x !== undefined).length === 1,
    {
      error: 'exactly one of header, cookie, query, path',
    },
  );

const routeSchema = z.strictObject({
  host: z
    .string()
    .regex(/^(?:\*|(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)$/, {
      error: 'a host name, *.domain or *',
    })
    .max(253),
  path: z
    .string()
    .regex(/^\/[A-Za-z0-9._~!$&'()+,;=@/-]*$/, {
      error: 'a plain path that starts with /; prefixes need no *',
    })
    .max(1024)
    .default('/'),
  zone: z.enum(['rzone', 'gzone', 'czone']),
  app: nameSchema,
  identity: nameSchema.optional().describe('Which list of identities finds the user'),
  write: z
    .enum(['auto', 'always', 'never'])
    .default('auto')
    .describe('auto: every method but GET, HEAD, OPTIONS, TRACE writes'),
  onNoHealthy: z
    .enum(['panic', 'fail', 'spill'])
    .default('panic')
    .describe(
      'No endpoint healthy: try them all the same; answer 503; or, reads of gzone and czone, another IDC',
    ),
  priority: z
    .enum(PRIORITIES)
    .default('normal')
    .describe('Who is turned away last, and first, when not all can be served'),
  bodyBytes: countSchema(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Instead of limits.bodyBytes of the Gate document'),
  firstByteMs: countSchema(10, MS_PER_DAY).optional().describe('Instead of timeouts.firstByteMs'),
  requestMs: countSchema(10, MS_PER_DAY)
    .optional()
    .describe('Head to last byte of the answer, all attempts together; no end when absent'),
  firewall: nameSchema
    .optional()
    .describe('Policy of the Firewall document, or off; its default when absent'),
});

export const routesSchema = z.strictObject({
  apiVersion: apiVersionSchema,
  kind: z.literal('Routes'),
  identities: z.record(nameSchema, z.array(sourceSchema).min(1).max(16)).default({}),
  routes: z.array(routeSchema).min(1).max(100_000),
});

export type RoutesDoc = z.infer<typeof routesSchema>;
