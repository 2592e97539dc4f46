import type {
  Control,
  Disposition,
  Exclusion,
  Link,
  Macro,
  Phase,
  Place,
  Rule,
  SetVar,
  Severity,
  Target,
  TransformName,
} from '../ir.ts';
import type { Test } from './operators.ts';
import type { Text } from './text.ts';

/** What the actions of one SecRule have said so far. */
export interface DraftLink {
  readonly targets: Target[];
  readonly exclusions: Exclusion[];
  readonly test: Test;
  transforms: TransformName[];
  /** `t:none` was among them: SecDefaultAction's don't stand in front. */
  reset: boolean;
  capture: boolean;
  multiMatch: boolean;
  readonly setVars: SetVar[];
  readonly controls: Control[];
}

/** A disruptive action as written. */
export type Disruption = Exclude<Disposition, { kind: 'deny' | 'challenge' }> | { kind: 'deny' };

/** A rule while directives may still change it. */
export interface Draft {
  readonly kind: 'draft';
  readonly place: Place;
  id: number;
  phase: Phase;
  readonly links: DraftLink[];
  disposition: Disruption | null;
  status: number | null;
  msg: Macro;
  /** As written, for SecRule…ByMsg. */
  msgText: string;
  logData: Macro;
  log: boolean | null;
  audit: boolean | null;
  severity: Severity | null;
  readonly tags: string[];
  skipAfter: Text | null;
  /** Of its phase, where the rule was read. */
  defaults: Defaults;
}

/** What SecDefaultAction says for one phase. */
export interface Defaults {
  readonly disposition: Disruption;
  readonly status: number | null;
  readonly log: boolean;
  readonly audit: boolean;
  readonly transforms: readonly TransformName[];
}

/** ModSecurity's own. */
export const BUILT_IN: Defaults = {
  disposition: { kind: 'pass' },
  status: null,
  log: true,
  audit: true,
  transforms: [],
};
const DENY_STATUS = 403;

export function newDraft(place: Place): Draft {
  const nothing = { msg: '', msgText: '', logData: '', severity: null, tags: [], skipAfter: null };
  const unsaid = { disposition: null, status: null, log: null, audit: null };
  return {
    kind: 'draft',
    place,
    id: 0,
    phase: 2,
    links: [],
    ...nothing,
    ...unsaid,
    defaults: BUILT_IN,
  };
}

export function newLink(test: Test, targets: Target[], exclusions: Exclusion[]): DraftLink {
  const said = { transforms: [], reset: false, capture: false, multiMatch: false };
  return { targets, exclusions, test, ...said, setVars: [], controls: [] };
}

export function finish(draft: Draft): Rule {
  const { id, phase, msg, logData, severity, tags, place, defaults } = draft;
  return {
    kind: 'rule',
    id,
    phase,
    links: draft.links.map((link) => finishLink(link, defaults)),
    disposition: resolved(draft),
    msg,
    logData,
    log: (draft.log ?? defaults.log) || (draft.audit ?? defaults.audit),
    severity,
    tags,
    paranoia: paranoia(tags),
    skipAfter: draft.skipAfter?.value ?? null,
    labels: [],
    only: null,
    place,
  };
}

function finishLink(link: DraftLink, defaults: Defaults): Link {
  const { targets, exclusions, test, capture, multiMatch, setVars, controls } = link;
  const transforms = link.reset ? link.transforms : [...defaults.transforms, ...link.transforms];
  const { operator, negated } = test;
  return {
    targets,
    exclusions,
    transforms,
    operator,
    negated,
    capture,
    multiMatch,
    setVars,
    controls,
  };
}

/** `block` is what SecDefaultAction says, but under its `pass` the policy's mode is asked. */
function resolved({ disposition, status, defaults }: Draft): Disposition {
  const own = disposition ?? defaults.disposition;
  const meant =
    own.kind === 'block' && defaults.disposition.kind !== 'pass' ? defaults.disposition : own;
  if (meant.kind !== 'deny') return meant;
  return { kind: 'deny', status: status ?? defaults.status ?? DENY_STATUS };
}

const LEVEL = 'paranoia-level/';
const LEVELS = [1, 2, 3, 4] as const;

/** @returns of a tag: its paranoia level, 0 when it names none, null when there is no such level */
export function levelOf(tag: string): Rule['paranoia'] | null {
  if (!tag.startsWith(LEVEL)) return 0;
  return LEVELS.find((level) => tag === `${LEVEL}${level}`) ?? null;
}

function paranoia(tags: readonly string[]): Rule['paranoia'] {
  let highest: Rule['paranoia'] = 0;
  for (const tag of tags) {
    const level = levelOf(tag);
    if (level !== null && level > highest) highest = level;
  }
  return highest;
}
