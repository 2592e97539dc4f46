import { SEVERITIES, TRANSFORMS, type TransformName } from '../ir.ts';
import { type Action, readActions } from './action-list.ts';
import { readId } from './choice.ts';
import { readControl } from './control.ts';
import { type Disruption, type Draft, type DraftLink, levelOf } from './draft.ts';
import type { Faults } from './fault.ts';
import { readMacro, readPlain } from './macro.ts';
import { decimal } from './network.ts';
import { REFUSED_ACTIONS } from './refused.ts';
import { readSetVar } from './setvar.ts';
import type { Text } from './text.ts';

/** Whose list of actions is read. */
export type Role = 'rule' | 'link' | 'default' | 'update';

interface Context {
  readonly draft: Draft;
  readonly link: DraftLink;
  readonly faults: Faults;
}

interface Spec {
  readonly roles: readonly Role[];
  readonly value: 'none' | 'needed' | 'optional';
  /** Of the actions of one group a list may have one. */
  readonly group?: string;
  readonly run: (context: Context, value: Text) => void;
}

const HEAD: readonly Role[] = ['rule', 'update'];
const ANY: readonly Role[] = ['rule', 'link', 'update'];
const NOT_LINK: readonly Role[] = ['rule', 'default', 'update'];

const PHASES = {
  '1': 1,
  '2': 2,
  '3': 3,
  '4': 4,
  '5': 5,
  request: 2,
  response: 4,
  logging: 5,
} as const;
const PHASE_OF: ReadonlyMap<string, Draft['phase']> = new Map(Object.entries(PHASES));

const TRANSFORM_OF: ReadonlyMap<string, TransformName> = new Map([
  ...TRANSFORMS.map((name) => [name.toLowerCase(), name] as const),
  ['normalisepath', 'normalizePath'],
  ['normalisepathwin', 'normalizePathWin'],
]);

const disruptive = (disposition: Disruption, roles = NOT_LINK): Spec => ({
  roles,
  value: 'none',
  group: 'disruptive action',
  run: ({ draft }) => {
    draft.disposition = disposition;
  },
});
const flag = (run: (draft: Draft, link: DraftLink) => void, roles: readonly Role[]): Spec => ({
  roles,
  value: 'none',
  run: ({ draft, link }) => run(draft, link),
});
const valued = (roles: readonly Role[], group: string | null, run: Spec['run']): Spec => ({
  roles,
  value: 'needed',
  ...(group === null ? {} : { group }),
  run,
});
/** Checked, and told nowhere. */
const grade = (group: string): Spec =>
  valued(HEAD, group, ({ faults }, value) => {
    if (decimal(value.value, 1) < 1) faults.on(value, `not a degree of ${group}`, '1 to 9');
  });

const CASED: ReadonlyMap<string, string> = new Map([
  ['multimatch', 'multiMatch'],
  ['skipafter', 'skipAfter'],
]);

const SPECS: ReadonlyMap<string, Spec> = new Map<string, Spec>([
  [
    'id',
    valued(['rule'], 'id', ({ draft, faults }, value) => {
      draft.id = readId(value, faults);
    }),
  ],
  [
    'phase',
    valued(['rule', 'default'], 'phase', ({ draft, faults }, value) => {
      const phase = PHASE_OF.get(value.value.toLowerCase());
      if (phase === undefined)
        faults.on(value, 'no such phase', '1 to 5, request, response, logging');
      else draft.phase = phase;
    }),
  ],
  [
    'msg',
    valued(HEAD, 'msg', ({ draft, faults }, value) => {
      draft.msg = readMacro(value, faults);
      draft.msgText = value.value;
    }),
  ],
  [
    'logdata',
    valued(HEAD, 'logdata', ({ draft, faults }, value) => {
      draft.logData = readMacro(value, faults);
    }),
  ],
  ['tag', valued(HEAD, null, tag)],
  ['severity', valued(HEAD, 'severity', severity)],
  ['ver', valued(HEAD, 'ver', () => undefined)],
  ['rev', valued(HEAD, 'rev', () => undefined)],
  ['accuracy', grade('accuracy')],
  ['maturity', grade('maturity')],
  ['t', valued(['rule', 'link', 'default', 'update'], null, transform)],
  [
    'capture',
    flag((_, link) => {
      link.capture = true;
    }, ANY),
  ],
  [
    'multimatch',
    flag((_, link) => {
      link.multiMatch = true;
    }, ANY),
  ],
  ['chain', { ...flag(() => undefined, ['rule', 'link']), group: 'chain' }],
  [
    'setvar',
    valued(ANY, null, ({ link, faults }, value) => {
      const setVar = readSetVar(value, faults);
      if (setVar !== null) link.setVars.push(setVar);
    }),
  ],
  [
    'ctl',
    valued(ANY, null, ({ link, faults }, value) => {
      const control = readControl(value, faults);
      if (control !== null) link.controls.push(control);
    }),
  ],
  // Without effect: no variable here outlives a request, and what would read one is refused.
  ['initcol', valued(ANY, null, initcol)],
  [
    'skipafter',
    valued(HEAD, 'skipAfter', ({ draft, faults }, value) => {
      readPlain(value, 'the name of a marker', faults);
      draft.skipAfter = value;
    }),
  ],
  [
    'log',
    flag((draft) => {
      draft.log = true;
    }, NOT_LINK),
  ],
  [
    'nolog',
    flag((draft) => {
      draft.log = false;
      draft.audit = false;
    }, NOT_LINK),
  ],
  [
    'auditlog',
    flag((draft) => {
      draft.audit = true;
    }, NOT_LINK),
  ],
  [
    'noauditlog',
    flag((draft) => {
      draft.audit = false;
    }, NOT_LINK),
  ],
  ['status', valued(NOT_LINK, 'status', status)],
  ['pass', disruptive({ kind: 'pass' })],
  ['deny', disruptive({ kind: 'deny' })],
  ['drop', disruptive({ kind: 'drop' })],
  ['block', disruptive({ kind: 'block' }, HEAD)],
  ['allow', { ...disruptive({ kind: 'allow', scope: 'all' }), value: 'optional', run: allow }],
]);
/** As written. */
const NAMES = [...SPECS.keys()].map((name) => CASED.get(name) ?? name);
const NO_VALUE = 'an action without its value';
const WHERE: Readonly<Record<Role, string>> = {
  rule: 'in a rule',
  link: 'in a later link of a chain: it stands in the first',
  default: 'in SecDefaultAction',
  update: 'in SecRuleUpdateActionById',
};

/** @returns where `chain` stands, or null without one */
export function applyActions(text: Text, role: Role, context: Context): Text | null {
  const seen = new Set<string>();
  let chain: Text | null = null;
  for (const action of readActions(text, context.faults)) {
    const name = action.name.value.toLowerCase();
    const spec = specOf(action, name, role, seen, context.faults);
    if (spec === null) continue;
    if (name === 'chain') chain = action.name;
    // Of `allow` and the flags, the value that is not there is not looked at.
    spec.run(context, action.value ?? action.name);
  }
  return chain;
}

function specOf(
  { name, value }: Action,
  key: string,
  role: Role,
  seen: Set<string>,
  faults: Faults,
): Spec | null {
  const spec = SPECS.get(key);
  if (spec === undefined) {
    const instead = REFUSED_ACTIONS.get(key);
    if (instead === undefined) faults.unknown(name, 'action', NAMES, 'an action, such as pass');
    else faults.on(name, 'an action that this firewall does not have', instead);
    return null;
  }
  if (!spec.roles.includes(role)) {
    faults.on(name, `${name.value} can't stand ${WHERE[role]}`, 'another action');
    return null;
  }
  if (spec.value === 'needed' && (value === null || value.value === '')) {
    faults.on(name, NO_VALUE, `${name.value}:…`);
    return null;
  }
  if (spec.value === 'none' && value !== null) {
    faults.on(value, `${name.value} takes no value`, 'a comma, or the end');
    return null;
  }
  if (spec.group !== undefined && seen.has(spec.group)) {
    faults.on(name, `a second ${spec.group}`, 'one');
    return null;
  }
  if (spec.group !== undefined) seen.add(spec.group);
  return spec;
}

function tag({ draft, faults }: Context, value: Text): void {
  const name = readPlain(value, 'a tag', faults);
  if (levelOf(name) === null) faults.on(value, 'no such paranoia level', 'paranoia-level/1 to 4');
  draft.tags.push(name);
}

function severity({ draft, faults }: Context, value: Text): void {
  const number = decimal(value.value, 1);
  const name = value.value.toUpperCase();
  const found = SEVERITIES.find((known, i) => known === name || i === number);
  if (found === undefined) faults.on(value, 'no such severity', `0 to 7, ${SEVERITIES.join(', ')}`);
  else draft.severity = found;
}

function transform({ link, faults }: Context, value: Text): void {
  const name = value.value.toLowerCase();
  const known = TRANSFORM_OF.get(name);
  if (name === 'none') {
    link.reset = true;
    link.transforms = [];
  } else if (known !== undefined) link.transforms.push(known);
  else faults.unknown(value, 'transformation', TRANSFORMS, 'a transformation, such as lowercase');
}

function status({ draft, faults }: Context, value: Text): void {
  const code = decimal(value.value, 3);
  if (code >= 200 && code <= 599) draft.status = code;
  else faults.on(value, 'not a status of an answer', '200 to 599');
}

function allow({ draft, faults }: Context, value: Text): void {
  const scope = value.value.toLowerCase();
  if (scope === 'phase' || scope === 'request') draft.disposition = { kind: 'allow', scope };
  else if (scope === 'allow') draft.disposition = { kind: 'allow', scope: 'all' };
  else faults.on(value, 'not a scope', 'allow, allow:phase, allow:request');
}

function initcol({ faults }: Context, value: Text): void {
  const equals = value.value.indexOf('=');
  const name = value.value.slice(0, Math.max(equals, 0)).toLowerCase();
  if (!['global', 'resource', 'ip', 'session', 'user'].includes(name))
    faults.on(value, 'no such collection', 'global=…, resource=…, ip=…, session=…, user=…');
  else readMacro(value, faults);
}
