/** What people may order, as the control API, the command line and plans all take it. */
import { z } from 'zod';
import { addressSchema, countSchema, nameSchema } from '../model/schema.ts';
import { clientRuleSchema } from '../release/client-rule.ts';
import { releaseGatesSchema } from '../release/gates.ts';
import { EVERY_POLICY, MOVE_MODES, WAF_MODES } from './board.ts';
import { momentSchema } from './moments.ts';
import { SAFETY_RULES } from './safety.ts';

const shardNumber = countSchema(0, 1023);

export const scopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('group'), zone: nameSchema, group: nameSchema }),
  z.strictObject({ kind: z.literal('zone'), zone: nameSchema }),
  z.strictObject({ kind: z.literal('idc'), idc: nameSchema }),
  z.strictObject({ kind: z.literal('city'), city: nameSchema }),
  z.strictObject({ kind: z.literal('shards'), shards: z.array(shardNumber).min(1).max(1024) }),
  z.strictObject({ kind: z.literal('endpoint'), address: addressSchema }),
]);

/** How fast, and when to hold. */
const paceFields = {
  pace: z
    .array(countSchema(1, 1024))
    .max(32)
    .optional()
    .describe('Shards moved in all after each stage; behind the last, the rest at once'),
  soakS: countSchema(0, 86_400).optional().describe('Between stages'),
  mode: z.enum(MOVE_MODES).default('freeze'),
  errorPercent: z.number().min(0).max(100).nullable().default(5).describe('More: hold'),
};

/** Without a word of his own: a drain goes slowly, everything else at once. */
export const DRAIN_PACE: readonly number[] = [1, 5, 25];
export const DRAIN_SOAK_S = 10;
export const DRAINED_END_S = 300;

const uid = z.string().regex(/^[!-~]{1,128}$/, { error: '1 to 128 visible ASCII characters' });
/** Of a load test; `*` for all. */
const scene = z.union([z.literal('*'), nameSchema]);
const policy = z
  .union([z.literal(EVERY_POLICY), nameSchema])
  .describe('Of the firewall; * for all that have no order of their own');
const wafRule = countSchema(1, 9_999_999);
const network = z
  .string()
  .regex(/^[0-9A-Fa-f.:/]{2,64}$/, { error: 'an address or a block, as 10.0.0.0/8' });
const runId = z.string().regex(/^r\d{1,12}$/, { error: 'the id of a run, as r12' });
const reasonSchema = z.string().min(3, { error: 'a reason of at least 3 characters' }).max(500);

export const signedFields = {
  by: z.string().regex(/^[!-~][ -~]{0,99}$/, { error: 'a name of up to 100 characters' }),
  reason: reasonSchema,
  /** Break-glass: these safety rules are set aside. */
  overrides: z
    .array(z.enum(Object.keys(SAFETY_RULES) as (keyof typeof SAFETY_RULES)[]))
    .max(8)
    .default([]),
  overrideForS: countSchema(1, 86_400).default(3600),
};

const walking = {
  ...paceFields,
  fenced: z
    .array(z.string().max(128))
    .max(100)
    .default([])
    .describe('Gates that surely write no more'),
  onTrouble: z.enum(['hold', 'back']).default('hold'),
};
const ending = {
  endWithinS: countSchema(0, 86_400)
    .optional()
    .describe('What is under way at a group or endpoint that takes nothing new is ended then'),
};
const moving = {
  ...walking,
  forS: countSchema(1, 31_536_000).optional().describe('Goes back by itself then'),
};
const lasting = { forS: countSchema(1, 31_536_000).optional().describe('Ends by itself then') };
const percent = countSchema(1, 100).default(100);
const target = z.union([z.enum(['partner', 'local', 'remote']), nameSchema]).default('partner');

/** Without a word of his own. */
const RELEASE_STAGES: readonly number[] = [1, 5, 25, 100];
export const RELEASE_SOAK_S = 60;

const laneFields = {
  name: nameSchema.describe('Of its own in the fleet'),
  app: nameSchema.nullable().default(null).describe('null: all apps of the zones'),
  to: nameSchema.describe('The group'),
};

const act = <N extends string, F extends z.core.$ZodLooseShape>(name: N, fields: F) =>
  z.strictObject({ do: z.literal(name), ...signedFields, ...fields });

export const commandSchema = z.discriminatedUnion('do', [
  act('drain', { scope: scopeSchema, percent, to: target, ...moving, ...ending }),
  act('failover', { scope: scopeSchema, to: target, ...moving }),
  act('restore', { scope: scopeSchema, ...moving }),
  act('move', { shards: z.array(shardNumber).max(1024), to: nameSchema, ...moving }),
  act('pop-out', {
    shards: z.array(shardNumber).min(1).max(1024),
    to: nameSchema.describe('An elastic zone'),
    app: nameSchema.optional().describe('Only this app of them'),
    percent: percent.describe('Of the shards: always the first so many'),
    from: momentSchema.optional().describe('The window begins; it waits until then'),
    until: momentSchema.optional().describe('The window ends: they come home by themselves'),
    ...walking,
  }),
  act('pop-back', {
    scope: scopeSchema.describe('Shards, or the elastic zone'),
    app: nameSchema.optional().describe('Only this app of them'),
    ...walking,
  }),
  act('freeze', { scope: scopeSchema, ...lasting }),
  act('unfreeze', { scope: scopeSchema }),
  act('off', { scope: scopeSchema, ...lasting, ...ending }),
  act('on', { scope: scopeSchema }),
  act('pin', { uid, zone: nameSchema, ...lasting }),
  act('unpin', { uid }),
  act('stress-stop', { scene, ...lasting }),
  act('stress-go', { scene }),
  act('mirror', {
    rule: nameSchema,
    percent: z.number().min(0).max(100).describe('Instead of the declared; 0 copies nothing'),
    ...lasting,
  }),
  act('unmirror', { rule: nameSchema }),
  act('waf-mode', { policy, mode: z.enum(WAF_MODES), ...lasting }),
  act('waf-as-declared', { policy }),
  act('waf-rule-off', { rule: wafRule.describe('Out in all policies'), ...lasting }),
  act('waf-rule-on', { rule: wafRule }),
  act('waf-exempt', { network: network.describe('Its clients are not judged'), ...lasting }),
  act('waf-unexempt', { network }),
  act('plan', {
    plan: nameSchema,
    drillReturnS: countSchema(1, 86_400).optional().describe('A drill: goes back by itself then'),
    fenced: moving.fenced,
  }),
  act('release', {
    ...laneFields,
    zones: z.array(nameSchema).max(1000).default([]).describe('All that have both groups: none'),
    from: nameSchema,
    stages: z
      .array(countSchema(1, 100))
      .min(1)
      .max(100)
      .default([...RELEASE_STAGES]),
    soakS: countSchema(0, 86_400).default(RELEASE_SOAK_S),
    gates: releaseGatesSchema.prefault({}),
    onTrouble: z.enum(['hold', 'back']).default('back'),
  }),
  act('promote', { release: nameSchema }),
  act('rollback', { release: nameSchema }),
  act('close', { release: nameSchema }),
  // What is not said stays as it is; of a new rule: all zones, all apps, nobody.
  act('gray', {
    name: laneFields.name,
    to: laneFields.to,
    app: nameSchema.nullable().optional(),
    zones: z.array(nameSchema).max(1000).optional().describe('All that have the group: none'),
    allow: z.array(uid).max(2000).optional(),
    tester: clientRuleSchema.nullable().optional(),
    clients: z.array(clientRuleSchema).max(16).optional(),
    percent: z.number().min(0).max(100).optional(),
    ...lasting,
  }),
  act('ungray', { gray: nameSchema }),
  act('approve', { run: runId }),
  act('continue', { run: runId, fenced: moving.fenced }),
  act('hold', { run: runId }),
  act('abort', { run: runId, back: z.boolean().default(false) }),
]);

export type Command = z.infer<typeof commandSchema>;

/** So long the rules stay set aside that a command overrides. */
export const asideUntilMs = ({ overrideForS }: Command, nowMs: number): number =>
  nowMs + overrideForS * 1000;
