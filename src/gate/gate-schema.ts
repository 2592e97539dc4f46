import { z } from 'zod';
import { addressSchema, apiVersionSchema, countSchema, nameSchema } from '../model/schema.ts';

const MS_PER_DAY = 86_400_000;
const ms = (min: number, defaultMs: number): z.ZodDefault<z.ZodInt> =>
  countSchema(min, MS_PER_DAY).default(defaultMs);
const cidrs = z.array(z.string().min(2).max(64)).max(1000);

const secretFile = z
  .string()
  .optional()
  .describe('A file that holds the secret, relative to this one');
const oneSecret = [
  (k: { secret?: string | undefined; secretFile?: string | undefined }): boolean =>
    (k.secret === undefined) !== (k.secretFile === undefined),
  { error: 'secret or secretFile, and not both' },
] as const;

const keySchema = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9]{1,8}$/, { error: '1 to 8 letters or digits' }),
    secret: z.string().min(32, { error: 'at least 32 characters' }).max(1024).optional(),
    secretFile,
  })
  .refine(...oneSecret);
const keysSchema = z.array(keySchema).min(1).max(2);

const listenerSchema = z.strictObject({
  address: addressSchema,
  from: z
    .enum(['external', 'app'])
    .default('external')
    .describe('Whose connections these are: anybody’s, or the zones’ own apps’'),
  idc: nameSchema.optional().describe('Only gates of this IDC open it; all do when absent'),
  connections: countSchema(1, 1_000_000)
    .optional()
    .describe('Open at once on this listener; limits.connections counts all of them'),
});

const file = z.string().min(1).max(4096);

const adminSchema = z.strictObject({
  address: addressSchema,
  idc: nameSchema.optional(),
  tls: z
    .strictObject({
      certFile: file,
      keyFile: file,
      clientCaFile: file.optional().describe('Callers need a certificate signed by one of these'),
    })
    .optional()
    .describe('Paths are relative to the configuration directory'),
});

const tokenSchema = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, {
      error: '1 to 32 letters, digits, _ or -',
    }),
    role: z.enum(['read', 'write']).describe('read sees all; write may also order'),
    secret: z
      .string()
      .regex(/^[!-~]{32,1024}$/, { error: '32 to 1024 visible ASCII characters' })
      .optional(),
    secretFile,
  })
  .refine(...oneSecret);

const controlSchema = z.strictObject({
  tokens: z
    .array(tokenSchema)
    .max(100)
    .default([])
    .describe('Once there is one, all that is not a probe needs one'),
  hosts: z
    .array(
      z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, { error: 'a host name or address, no port' }),
    )
    .max(100)
    .default([])
    .describe('Names in Host under which people call it, besides its own address'),
});

const limitsSchema = z.strictObject({
  headBytes: countSchema(1024, 262_144).default(32_768),
  targetBytes: countSchema(256, 65_536).default(8192),
  fields: countSchema(8, 1000).default(100),
  bodyBytes: countSchema(0, Number.MAX_SAFE_INTEGER).default(16 * 1024 ** 3),
  connections: countSchema(1, 1_000_000).default(5000),
  connectionsPerClient: countSchema(1, 1_000_000)
    .default(4096)
    .describe('From one address; listed proxies and peers are not counted'),
  requestsPerConnection: countSchema(1, 1_000_000_000).default(100_000),
  acceptsPerS: countSchema(0, 1_000_000)
    .default(0)
    .describe('New connections a second, all listeners together; 0: as many as come'),
  bodyMinBytesPerS: countSchema(0, 1_000_000_000)
    .default(100)
    .describe('Slower request bodies are cut, judged over 5 s; 0: only timeouts.idleMs counts'),
  readMinBytesPerS: countSchema(0, 1_000_000_000)
    .default(100)
    .describe(
      'Clients that take answers slower are cut, judged over timeouts.idleMs; 0: if they stand',
    ),
});

const timeoutsSchema = z.strictObject({
  headMs: ms(100, 10_000).describe('From the first byte of a request head to its last'),
  keepAliveMs: ms(100, 60_000).describe('A client connection without a request'),
  connectMs: ms(10, 1000),
  firstByteMs: ms(10, 15_000).describe('From the request sent to the end of the answer’s head'),
  idleMs: ms(100, 60_000).describe('A body that does not move, in either direction'),
  halfClosedMs: ms(0, 5000).describe('Wait for an answer whose client has closed its sending side'),
  lingerMs: ms(10, 2000).describe('Read on after a refusal, so that the client can see it'),
  tunnelIdleMs: ms(100, 300_000).describe(
    'A WebSocket, or another upgraded connection, without bytes',
  ),
  movedTunnelMs: ms(0, 30_000).describe(
    'A tunnel whose user is served by another zone or group now, before it is ended',
  ),
  upstreamIdleMs: ms(100, 4000).describe('A pooled connection; keep it below the apps’ keep-alive'),
  drainMs: ms(0, 30_000).describe('After SIGTERM, for requests in flight'),
  drainDelayMs: ms(0, 0).describe(
    'After SIGTERM, readyz says 503 for so long before listeners close',
  ),
});

const cookieSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'letters, digits, _ or -' })
    .default('LDC_ROUTE'),
  laneName: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'letters, digits, _ or -' })
    .default('LDC_LANE')
    .describe('Of the cookie that keeps a user in his gray rules; written only while one stands'),
  laneMaxAgeS: countSchema(0, 31_536_000)
    .default(2_592_000)
    .describe('Of the lane cookie; 0: ends with the browser session'),
  maxAgeS: countSchema(0, 86_400).default(43_200).describe('0: ends with the browser session'),
  domain: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,253}$/, { error: 'a domain name' })
    .optional(),
  sameSite: z.enum(['lax', 'strict', 'none']).default('lax'),
  secure: z
    .enum(['always', 'auto', 'never'])
    .default('always')
    .describe('auto: when the client came by https, as a trusted proxy says'),
});

const overloadSchema = z.strictObject({
  eventLoopDelayMs: countSchema(5, 10_000)
    .default(250)
    .describe('Above it sheddable requests are turned away, then normal ones; critical never'),
  memoryMiB: countSchema(64, 1_000_000)
    .default(2048)
    .describe(
      'Resident memory: above 85 % sheddable requests are turned away, above 95 % connections',
    ),
});

/** Routing, identities and rules see the path after this; what goes on is what was received. */
const pathsSchema = z.strictObject({
  dotSegments: z
    .enum(['resolve', 'refuse'])
    .default('resolve')
    .describe('. and .., escaped or not: removed as RFC 3986 5.2.4 does, or 400'),
  doubleSlash: z
    .enum(['merge', 'keep', 'refuse'])
    .default('merge')
    .describe('// counts as /, or as an empty segment, or is answered 400'),
  encodedSlash: z
    .enum(['keep', 'decode', 'refuse'])
    .default('keep')
    .describe('%2F is data inside a segment, or counts as /, or is answered 400'),
  backslash: z
    .enum(['keep', 'decode', 'refuse'])
    .default('refuse')
    .describe('%5C, which some servers read as /; a bare one is always refused'),
  badPercent: z
    .enum(['keep', 'refuse'])
    .default('refuse')
    .describe('% without two hexadecimal digits'),
  query: z
    .enum(['strict', 'raw'])
    .default('strict')
    .describe('raw: a query may hold \\ and bytes that are not ASCII, as some clients send them'),
});

export const gateSchema = z.strictObject({
  apiVersion: apiVersionSchema,
  kind: z.literal('Gate'),
  listeners: z.array(listenerSchema).min(1).max(64),
  admin: z.array(adminSchema).max(64).default([]),
  control: controlSchema.prefault({}).describe('Who may use the admin listeners’ /v1/'),
  trust: z
    .strictObject({
      proxies: cidrs
        .default([])
        .describe('Load balancers in front; their X-Forwarded-* is believed'),
      peers: cidrs.default([]).describe('Where gates of other IDCs call from'),
    })
    .default({ proxies: [], peers: [] }),
  keys: z.strictObject({
    cookie: keysSchema.describe('The first signs, both verify'),
    peer: keysSchema.optional().describe('Signs hand-overs; needed where there are several IDCs'),
    operator: keysSchema.optional(),
    stress: keysSchema.optional().describe('Signs tokens of load tests'),
  }),
  cookie: cookieSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  timeouts: timeoutsSchema.prefault({}),
  overload: overloadSchema.prefault({}),
  upgrades: z
    .array(z.string().regex(/^[A-Za-z0-9.-]{1,32}$/, { error: 'a protocol name, as websocket' }))
    .max(16)
    .default(['websocket'])
    .describe('Protocols that Upgrade may switch to; others are answered as if not asked for'),
  paths: pathsSchema.prefault({}),
  headers: z
    .strictObject({
      underscore: z
        .enum(['drop', 'refuse', 'pass'])
        .default('drop')
        .describe('Field names with “_”, which many apps read as “-”'),
      repeated: z
        .enum(['first', 'refuse'])
        .default('first')
        .describe('The route cookie, or a header that places a request, twice: counted either way'),
    })
    .prefault({}),
  log: z
    .strictObject({
      access: z.string().min(1).max(4096).default('stdout').describe('stdout, off, or a file'),
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    })
    .prefault({}),
});

export type PathPolicy = Omit<z.infer<typeof pathsSchema>, 'query'>;
export type GateDoc = z.infer<typeof gateSchema>;
