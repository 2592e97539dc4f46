import { z } from 'zod';
import type { AppId, ZoneId } from '../model/ids.ts';
import type { Report } from '../model/issue.ts';
import { addressSchema, apiVersionSchema, countSchema, nameSchema } from '../model/schema.ts';
import { ownsShards, type Topology } from '../zone/topology.ts';
import { MOVE_MODES, type Scope } from './board.ts';
import { DRAINED_END_S } from './commands.ts';
import { timeOfDaySchema } from './moments.ts';
import { levelOf, type MoveStep, type Plan, type Step } from './run.ts';
import { strayIn } from './scope.ts';

const scopeDoc = z
  .strictObject({
    endpoint: addressSchema.optional(),
    group: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,31}\/[A-Za-z][A-Za-z0-9-]{0,31}$/, {
        error: 'zone/group, as RZ01/A',
      })
      .optional(),
    zone: nameSchema.optional(),
    idc: nameSchema.optional(),
    city: nameSchema.optional(),
    shards: z
      .string()
      .regex(/^\d{1,4}(?:-\d{1,4})?(?:,\s*\d{1,4}(?:-\d{1,4})?)*$/, {
        error: 'shards, as "07" or "00-24, 30"',
      })
      .optional(),
  })
  .refine((s) => Object.values(s).filter((v) => v !== undefined).length === 1, {
    error: 'one of group, zone, idc, city, shards, endpoint',
  });

const stepSchema = z
  .strictObject({
    drain: scopeDoc.optional(),
    failover: scopeDoc.optional(),
    restore: scopeDoc.optional(),
    move: scopeDoc.optional().describe('Of shards, with `to`'),
    popOut: scopeDoc.optional().describe('Of shards, with `to`: an elastic zone'),
    popBack: scopeDoc.optional().describe('Of shards, or of the elastic zone'),
    freeze: scopeDoc.optional(),
    unfreeze: scopeDoc.optional(),
    off: scopeDoc.optional(),
    on: scopeDoc.optional(),
    confirm: z.string().min(3).max(500).optional().describe('Waits until somebody continues'),
    soak: countSchema(1, 86_400).optional().describe('Seconds'),
    wait: timeOfDaySchema.optional().describe('Until then, as 2026-11-11T00:00:00+08:00'),
    app: nameSchema.optional().describe('popOut, popBack: only this app of the shards'),
    to: nameSchema.optional().describe('partner, local, remote, or a zone'),
    percent: countSchema(0, 100).optional(),
    pace: z.array(countSchema(1, 1024)).max(32).optional(),
    soakS: countSchema(0, 86_400).optional(),
    endWithinS: countSchema(0, 86_400)
      .optional()
      .describe('drain of a group, off: what is under way there ends then'),
    mode: z.enum(MOVE_MODES).optional(),
    stopWhen: z
      .strictObject({ errorPercent: z.number().min(0).max(100).optional() })
      .optional()
      .describe('Measured at the zones that take users'),
  })
  .refine((s) => ACTS.filter((a) => s[a] !== undefined).length === 1, {
    error: `one of drain, failover, restore, move, popOut, popBack, freeze, unfreeze, off, on, confirm, soak, wait`,
  });

const ACTS = [
  'drain',
  'failover',
  'restore',
  'move',
  'freeze',
  'unfreeze',
  'off',
  'on',
  'popOut',
  'popBack',
  'confirm',
  'soak',
  'wait',
] as const;

export const planSchema = z.strictObject({
  apiVersion: apiVersionSchema,
  kind: z.literal('Plan'),
  name: nameSchema,
  description: z.string().max(1000).optional(),
  steps: z.array(stepSchema).min(1).max(100),
  onTrouble: z.enum(['hold', 'back']).default('hold').describe('After a stop condition'),
});

export type PlanDoc = z.infer<typeof planSchema>;
type StepDoc = PlanDoc['steps'][number];

export function compilePlan(doc: PlanDoc, topology: Topology, report: Report): Plan {
  const steps = doc.steps.map((step, i) => compileStep(step, i, topology, report));
  return { name: doc.name, level: levelOf(steps), steps, onTrouble: doc.onTrouble };
}

function compileStep(doc: StepDoc, index: number, topology: Topology, report: Report): Step {
  const act = ACTS.find((a) => doc[a] !== undefined)!;
  const path = ['steps', index, act];
  if (doc.app !== undefined && act !== 'popOut' && act !== 'popBack')
    report.error(['steps', index, 'app'], 'app', `${act} is never of one app`, {
      found: doc.app,
      expected: 'popOut or popBack',
    });
  if (act === 'confirm') return { do: act, text: doc.confirm! };
  if (act === 'soak') return { do: act, soakS: doc.soak! };
  if (act === 'wait') return { do: act, untilMs: Date.parse(doc.wait!) };
  const scope = toScope(doc[act]!);
  const stray = strayIn(scope, topology);
  if (stray !== null) report.error(path, 'unknown-scope', stray);
  if (act === 'freeze' || act === 'unfreeze' || act === 'off' || act === 'on') {
    const fits = FITS[act];
    if (!fits.includes(scope.kind))
      report.error(path, 'scope', `${act} does not fit ${scope.kind}`, {
        expected: fits.join(' or '),
      });
    return {
      do: act,
      scope,
      percent: 100,
      endWithinS: act === 'off' ? (doc.endWithinS ?? null) : null,
    };
  }
  if (scope.kind === 'group') {
    if (act !== 'drain' && act !== 'restore')
      report.error(path, 'scope', `${act} does not fit a group`, { expected: 'drain or restore' });
    const percent = act === 'restore' ? 0 : (doc.percent ?? 100);
    const endWithinS = percent === 100 ? (doc.endWithinS ?? DRAINED_END_S) : null;
    return { do: 'weigh', scope, percent, endWithinS };
  }
  if (act === 'popOut' || act === 'popBack')
    return poppingStep(doc, act, scope, index, topology, report);
  if ((act === 'move') !== (scope.kind === 'shards'))
    report.error(path, 'scope', `${act} does not fit ${scope.kind}`, {
      expected: act === 'move' ? 'shards' : 'a zone, an IDC or a city',
    });
  if (act === 'move' && doc.to === undefined)
    report.error(path, 'to', 'a move needs a zone to move to', { expected: 'to: ZONE' });
  checkTarget(doc, index, topology, report);
  return { do: act, scope, app: null, to: doc.to ?? 'partner', ...paceOf(doc) };
}

const paceOf = (doc: StepDoc): Omit<MoveStep, 'do' | 'scope' | 'app' | 'to'> => ({
  percent: doc.percent ?? 100,
  pace: doc.pace ?? [],
  soakS: doc.soakS ?? 0,
  mode: doc.mode ?? 'freeze',
  stopWhen: { errorPercent: doc.stopWhen?.errorPercent ?? null },
  exact: false,
});

function poppingStep(
  doc: StepDoc,
  act: 'popOut' | 'popBack',
  scope: Scope,
  index: number,
  topology: Topology,
  report: Report,
): MoveStep {
  const fits = act === 'popOut' ? ['shards'] : ['shards', 'zone'];
  if (!fits.includes(scope.kind))
    report.error(['steps', index, act], 'scope', `${act} does not fit ${scope.kind}`, {
      expected: fits.join(' or '),
    });
  const zone = act === 'popOut' ? doc.to : scope.kind === 'zone' ? scope.zone : undefined;
  if (act === 'popOut' && zone === undefined)
    report.error(['steps', index, act], 'to', 'it needs a zone to pop out to', {
      expected: 'to: an elastic zone',
    });
  else if (zone !== undefined && topology.zones.get(zone as ZoneId)?.type !== 'elastic')
    report.error(['steps', index, act], 'elastic', `${zone} is no elastic zone`, {
      found: zone,
      expected: 'a zone of type elastic',
    });
  if (act === 'popBack' && doc.to !== undefined)
    report.error(
      ['steps', index, 'to'],
      'to',
      'shards are popped back to where they were taken from',
      {
        found: doc.to,
        expected: 'a move, for another zone',
      },
    );
  if (act === 'popBack' && doc.percent !== undefined)
    report.error(['steps', index, 'percent'], 'percent', 'popBack takes no percentage', {
      expected: 'the shards that come back',
    });
  if (act === 'popOut' && doc.percent === 0)
    report.error(['steps', index, 'percent'], 'percent', 'nobody would be popped out', {
      expected: '1 to 100',
    });
  checkApp(doc, index, topology, report);
  checkPace(doc, index, report);
  const popped = act === 'popOut' ? 'pop-out' : 'pop-back';
  const pace = { ...paceOf(doc), percent: 100 };
  const part = act === 'popOut' ? firstOf(scope, doc.percent ?? 100) : scope;
  return { do: popped, scope: part, app: doc.app ?? null, to: doc.to ?? 'partner', ...pace };
}

/** Always the first so many, as the command does it: raising the part keeps those who are out. */
function firstOf(scope: Scope, percent: number): Scope {
  if (scope.kind !== 'shards') return scope;
  const { shards } = scope;
  return { kind: 'shards', shards: shards.slice(0, Math.ceil((shards.length * percent) / 100)) };
}

/** Only an app that some elastic zone runs can have been, or be, on loan. */
function checkApp({ app }: StepDoc, index: number, { zones }: Topology, report: Report): void {
  if (app === undefined) return;
  const groups = [...zones.values()].filter((z) => z.type === 'elastic').flatMap((z) => z.groups);
  const apps = new Set(groups.flatMap((g) => [...g.endpoints.keys()]));
  if (!apps.has(app as AppId)) report.unknownName(['steps', index, 'app'], 'app', app, apps);
}

/** Which scopes an order takes. */
const FITS: Readonly<Record<'freeze' | 'unfreeze' | 'off' | 'on', readonly Scope['kind'][]>> = {
  freeze: ['zone', 'shards'],
  unfreeze: ['zone', 'shards'],
  off: ['group', 'endpoint'],
  on: ['group', 'endpoint'],
};

function checkTarget(doc: StepDoc, index: number, topology: Topology, report: Report): void {
  const { to } = doc;
  const path = ['steps', index];
  checkPace(doc, index, report);
  if (to === undefined || WORDS.includes(to)) return;
  const zone = topology.zones.get(to as ZoneId);
  if (zone === undefined) report.unknownName([...path, 'to'], 'zone', to, topology.zones.keys());
  else if (!ownsShards(zone))
    report.error([...path, 'to'], 'owner-type', `${zone.type} ${to} can't own shards`, {
      found: to,
      expected: 'an rzone or an elastic zone',
    });
}

function checkPace({ pace = [] }: StepDoc, index: number, report: Report): void {
  const path = ['steps', index];
  if (pace.some((p, i) => i > 0 && p <= pace[i - 1]!)) {
    report.error([...path, 'pace'], 'pace', 'the stages of a pace grow: each is a sum', {
      found: pace.join(', '),
      expected: 'rising numbers, as 1, 5, 25',
    });
  }
}

const WORDS: readonly string[] = ['partner', 'local', 'remote', 'declared'];

function toScope(doc: z.infer<typeof scopeDoc>): Scope {
  if (doc.group !== undefined) {
    const [zone = '', group = ''] = doc.group.split('/');
    return { kind: 'group', zone, group };
  }
  if (doc.endpoint !== undefined) return { kind: 'endpoint', address: doc.endpoint };
  if (doc.zone !== undefined) return { kind: 'zone', zone: doc.zone };
  if (doc.idc !== undefined) return { kind: 'idc', idc: doc.idc };
  if (doc.city !== undefined) return { kind: 'city', city: doc.city };
  return { kind: 'shards', shards: parseShards(doc.shards ?? '') ?? [] };
}

/** `00-24, 30` → numbers in order; null when it can't be read. */
export function parseShards(text: string): number[] | null {
  const shards = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,4})(?:-(\d{1,4}))?\s*$/.exec(part);
    if (match === null) return null;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (from > to || to > 1023) return null;
    for (let s = from; s <= to; s++) shards.add(s);
  }
  return [...shards].toSorted((a, b) => a - b);
}
