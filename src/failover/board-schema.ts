/**
 * A board as it comes out of a store: untrusted, like all input. What does not fit is refused whole,
 * and the board in force stays. Sizes are bounded here; the store bounds the whole.
 */
import { z } from 'zod';
import { countSchema } from '../model/schema.ts';
import { clientRuleSchema } from '../release/client-rule.ts';
import { releaseGatesSchema } from '../release/gates.ts';
import { type Board, MOST_APP_OWNERS, MOVE_MODES, MOVE_STATES, WAF_MODES } from './board.ts';
import { scopeSchema } from './commands.ts';
import { LEVELS, RUN_STATES } from './run.ts';

const text = z.string().max(4096);
const name = z.string().max(128);
const count = countSchema(0, Number.MAX_SAFE_INTEGER);
const timeMs = z.number().min(0);
const shards = z.array(countSchema(0, 1023)).max(1024);
const signature = { by: text, reason: text, atMs: timeMs };
const percent = countSchema(0, 100);

/** Boards from before apps could live apart say nothing of them. */
const app = name.nullable().default(null);
const leg = { from: name, to: name, app, shards };
const taken = z.array(z.strictObject({ from: name, app, shards })).max(4096);
const overrode = z.array(name).max(16);
const switchFields = { id: name, untilMs: timeMs.nullable(), overrode, ...signature };

const zones = z.array(name).max(1000);
const laneScope = { name, zones, app: name.nullable(), to: name };
const releaseScope = { ...laneScope, from: name };

const switchSchema = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('drain'),
    scope: scopeSchema,
    percent,
    taken,
    endByMs: timeMs.nullable().default(null),
    ...switchFields,
  }),
  z.strictObject({
    action: z.literal('pop-out'),
    scope: z.strictObject({ kind: z.literal('shards'), shards }),
    app,
    to: name,
    taken,
    ...switchFields,
  }),
  z.strictObject({
    action: z.literal('off'),
    scope: scopeSchema,
    endByMs: timeMs.nullable().default(null),
    ...switchFields,
  }),
  z.strictObject({ action: z.literal('freeze'), scope: scopeSchema, ...switchFields }),
  z.strictObject({ action: z.literal('pin'), uid: name, zone: name, ...switchFields }),
  z.strictObject({
    action: z.literal('release'),
    ...releaseScope,
    percent,
    moved: z.array(z.strictObject({ zone: name, shards })).max(1000),
    run: name,
    ...switchFields,
  }),
  z.strictObject({
    action: z.literal('gray'),
    ...laneScope,
    allow: z.array(name).max(2000),
    tester: clientRuleSchema.nullable(),
    clients: z.array(clientRuleSchema).max(16),
    percent: z.number().min(0).max(100),
    ...switchFields,
  }),
  z.strictObject({ action: z.literal('stress-stop'), scene: name, ...switchFields }),
  z.strictObject({
    action: z.literal('waf-mode'),
    policy: name,
    mode: z.enum(WAF_MODES),
    ...switchFields,
  }),
  z.strictObject({
    action: z.literal('waf-rule-off'),
    rule: countSchema(1, 9_999_999),
    ...switchFields,
  }),
  z.strictObject({ action: z.literal('waf-exempt'), network: name, ...switchFields }),
  z.strictObject({
    action: z.literal('mirror'),
    rule: name,
    percent: z.number().min(0).max(100),
    ...switchFields,
  }),
]);

const moveSchema = z.strictObject({
  id: name,
  run: name,
  ...leg,
  mode: z.enum(MOVE_MODES),
  state: z.enum(MOVE_STATES),
  stateEpoch: count,
  frozenAtMs: timeMs,
  freezeUntilMs: timeMs,
});

const moveStep = z.strictObject({
  do: z.enum(['drain', 'failover', 'restore', 'move', 'pop-out', 'pop-back']),
  scope: scopeSchemaOrNone(),
  app,
  to: name,
  percent,
  pace: z.array(count).max(32),
  soakS: count,
  mode: z.enum(MOVE_MODES),
  stopWhen: z.strictObject({ errorPercent: z.number().nullable() }),
  exact: z.boolean(),
});
const orderStep = z.strictObject({
  do: z.enum(['freeze', 'unfreeze', 'off', 'on', 'weigh']),
  scope: scopeSchema,
  percent,
  endWithinS: count.nullable().default(null),
});
const releaseStep = z.strictObject({
  do: z.literal('release'),
  ...releaseScope,
  stages: z.array(percent).min(1).max(100),
  soakS: count,
  gates: releaseGatesSchema,
});
const stepSchema = z.union([
  moveStep,
  orderStep,
  releaseStep,
  z.strictObject({ do: z.literal('confirm'), text }),
  z.strictObject({ do: z.literal('soak'), soakS: count }),
  z.strictObject({ do: z.literal('wait'), untilMs: timeMs }),
]);

/** A move to the declared owners names no shards: the table does. */
function scopeSchemaOrNone() {
  const none = z.strictObject({ kind: z.literal('shards'), shards });
  return z.union([scopeSchema, none]);
}

const runSchema = z.strictObject({
  id: name,
  name: text,
  level: z.enum(LEVELS),
  steps: z.array(stepSchema).max(4096),
  onTrouble: z.enum(['hold', 'back']),
  state: z.enum(RUN_STATES),
  note: text,
  at: count,
  queue: z.array(z.strictObject(leg)).max(4096).nullable(),
  moved: count,
  soakUntilMs: timeMs.nullable(),
  agreed: z.boolean(),
  approvals: z.array(text).max(100),
  fenced: z.array(name).max(1000),
  overrode,
  overrodeUntilMs: timeMs,
  steward: name.nullable(),
  done: z.array(z.strictObject({ ...leg, step: count })).max(8192),
  returnAfterS: count.nullable(),
  returnAtMs: timeMs.nullable(),
  untilMs: timeMs.nullable(),
  endedAtMs: timeMs.nullable(),
  log: z.array(z.strictObject({ atMs: timeMs, text })).max(200),
  ...signature,
});

const appOwner = z.strictObject({
  app: name,
  shard: countSchema(0, 1023),
  zone: name,
  since: count,
});

const boardSchema = z.strictObject({
  epoch: count,
  ...signature,
  owners: z.array(name).max(1024).nullable(),
  since: z.array(count).max(1024).nullable(),
  appOwners: z.array(appOwner).max(MOST_APP_OWNERS).default([]),
  switches: z.array(switchSchema).max(20_000),
  moves: z.array(moveSchema).max(4096),
  runs: z.array(runSchema).max(1000),
  overrides: z.array(z.strictObject({ rule: name, untilMs: timeMs, ...signature })).max(100),
  pastFreezes: z.array(z.strictObject({ shards, atMs: timeMs, ms: timeMs })).max(1000),
  nextId: count,
});

/** @returns the board, or a sentence that says what is wrong with the text */
export function parseBoard(json: string): Board | string {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    return 'the board is not JSON';
  }
  const parsed = boardSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `the board does not fit: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
}
