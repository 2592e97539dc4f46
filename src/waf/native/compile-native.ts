/**
 * Native rules → the form that all rules have. A condition of any shape becomes branches; of a rule with
 * several branches the first that holds is told, the others then look no more.
 */
import type { DocPath, Report } from '../../model/issue.ts';
import type {
  Collection,
  Disposition,
  Link,
  Operator,
  Phase,
  Place,
  Rule,
  Scalar,
  SetVar,
  TransformName,
} from '../ir.ts';
import { compilePattern } from '../rx/index.ts';
import { type Branch, branchesOf, type Literal, MAX_BRANCHES } from './branches.ts';
import { FIELD_NAMES, fieldTarget } from './fields.ts';
import type { Leaf, NativeRule } from './native-schema.ts';
import { toBytes } from './text.ts';

/** Where scores of native rules add up. */
export const NATIVE_SCORE = 'zonegate_score';

const PHASE = { head: 1, body: 2, 'answer-head': 3, 'answer-body': 4 } as const;

/**
 * @param placeOf where in its file something of the document stands
 * @param path of the list in its document
 */
export function compileNative(
  rules: readonly NativeRule[],
  placeOf: (path: DocPath) => Place,
  path: DocPath,
  report: Report,
): readonly Rule[] {
  const seen = new Set<number>();
  return rules.flatMap((rule, i) => {
    const at = [...path, i];
    if (seen.has(rule.id))
      report.error([...at, 'id'], 'duplicate-id', `there are two rules ${rule.id}`, {
        found: String(rule.id),
        expected: 'each id once',
      });
    seen.add(rule.id);
    if (typeof rule.action === 'object' && PHASE[rule.phase] > 2)
      report.error(
        [...at, 'action'],
        'phase',
        'scores are of requests, and this rule looks at answers',
        {
          found: `phase: ${rule.phase}`,
          expected: 'block or count',
        },
      );
    const branches = branchesOf(rule.when, [...at, 'when']);
    if (branches === null) {
      report.error([...at, 'when'], 'condition', 'the condition is too large', {
        expected: `what unfolds to at most ${MAX_BRANCHES} alternatives; or several rules`,
      });
      return [];
    }
    const place = placeOf(at);
    return branches.map((branch, b) => ruleOf(rule, branch, b, branches.length, place, report));
  });
}

function ruleOf(
  rule: NativeRule,
  branch: Branch,
  index: number,
  branches: number,
  place: Place,
  report: Report,
): Rule {
  const phase: Phase = PHASE[rule.phase];
  // What is told of a hit is the value that its last condition found.
  const isFound = ({ leaf, none }: Literal): boolean => leaf.label === undefined && !none;
  const ordered = [...branch.filter((l) => !isFound(l)), ...branch.filter(isFound)];
  const links = ordered.flatMap((literal) => linkOf(literal, phase, report));
  const told = `zonegate_told_${rule.id}`;
  const effects: SetVar[] = rule.labels.map((label) => ({
    name: `label_${label}`,
    op: 'set',
    value: '1',
  }));
  if (typeof rule.action === 'object')
    effects.push({ name: NATIVE_SCORE, op: 'add', value: String(rule.action.score) });
  if (branches > 1) effects.push({ name: told, op: 'set', value: '1' });
  // Behind all conditions, so that it is done once and only where all hold.
  const all = [...links, { ...ALWAYS, setVars: effects }];
  return {
    kind: 'rule',
    id: rule.id,
    phase,
    links: index === 0 ? all : [notYet(told), ...all],
    disposition: dispositionOf(rule.action),
    msg: rule.message ?? rule.reason ?? `rule ${rule.id}`,
    logData: '',
    log: rule.action !== 'allow',
    severity: rule.action === 'count' ? 'NOTICE' : 'CRITICAL',
    tags: [],
    paranoia: 0,
    skipAfter: null,
    labels: rule.labels,
    only: {
      apps: rule.apps,
      samplePercent: rule.samplePercent,
      expiresAtMs: rule.expires === undefined ? null : Date.parse(rule.expires),
      owner: rule.owner,
    },
    place,
  };
}

const ALWAYS: Link = {
  targets: [],
  exclusions: [],
  transforms: [],
  operator: { name: 'always' },
  negated: false,
  capture: false,
  multiMatch: false,
  setVars: [],
  controls: [],
};

const notYet = (name: string): Link => ({
  ...ALWAYS,
  targets: [{ kind: 'collection', name: 'TX', selector: { kind: 'key', key: name }, count: true }],
  operator: { name: 'eq', value: '0' },
});

function dispositionOf(action: NativeRule['action']): Disposition {
  if (typeof action === 'object' || action === 'count') return { kind: 'pass' };
  if (action === 'block') return { kind: 'deny', status: 403 };
  return action === 'allow' ? { kind: 'allow', scope: 'all' } : { kind: 'challenge' };
}

/** Known only with the body. ARGS is not among them: a query has some. */
const OF_BODY: ReadonlySet<string> = new Set<Collection | Scalar>([
  ...(['ARGS_POST', 'ARGS_POST_NAMES', 'FILES', 'FILES_NAMES', 'MULTIPART_PART_HEADERS'] as const),
  ...([
    'XML_TEXT',
    'XML_ATTRIBUTES',
    'REQUEST_BODY',
    'REQUEST_BODY_LENGTH',
    'REQBODY_ERROR',
  ] as const),
  ...(['FILES_COMBINED_SIZE', 'INBOUND_DATA_ERROR'] as const),
]);

function linkOf({ leaf, none, path }: Literal, phase: Phase, report: Report): Link[] {
  if (leaf.label !== undefined) {
    const key = `label_${leaf.label}`.toLowerCase();
    const value = none ? '0' : '1';
    return [{ ...notYet(key), operator: { name: 'eq', value } }];
  }
  const counts = leaf.op === 'exists';
  const target = leaf.field === undefined ? undefined : fieldTarget(leaf.field, counts);
  if (target === undefined) {
    if (leaf.field === undefined)
      report.error(path, 'condition', 'a condition needs a field, a label, or all, any, not', {
        expected: 'field, op and value',
      });
    else report.unknownName([...path, 'field'], 'field', leaf.field, FIELD_NAMES);
    return [];
  }
  if (phase < 3 && target.name.startsWith('RESPONSE_'))
    report.error([...path, 'field'], 'phase', 'there is no answer yet in this phase', {
      found: leaf.field!,
      expected: 'phase: answer-head or answer-body',
    });
  if (phase === 1 && OF_BODY.has(target.name))
    report.error([...path, 'field'], 'phase', 'there is no body yet in this phase', {
      found: leaf.field!,
      expected: 'phase: body',
    });
  const operator = operatorOf(leaf, path, report);
  if (operator === null) return [];
  const transforms = leaf.transforms as readonly TransformName[];
  // One value is not counted: it exists where it is not empty.
  if (counts && target.kind === 'scalar')
    return [
      { ...ALWAYS, targets: [target], operator: { name: 'streq', value: '' }, negated: true, none },
    ];
  return [{ ...ALWAYS, targets: [target], transforms, operator, none }];
}

/** null: it can't be read, and the report says why. */
function operatorOf(leaf: Leaf, path: DocPath, report: Report): Operator | null {
  const { op } = leaf;
  switch (op) {
    case undefined:
      report.error(path, 'condition', 'the condition says nothing of its field', {
        expected: 'op',
      });
      return null;
    case 'exists':
      return { name: 'gt', value: '0' };
    case 'sqli':
      return { name: 'detectSQLi' };
    case 'xss':
      return { name: 'detectXSS' };
    case 'in':
    case 'phrases':
    case 'network':
      return ofValues(op, leaf, path, report);
    default:
      return ofValue(op, leaf, path, report);
  }
}

function ofValues(
  op: 'in' | 'phrases' | 'network',
  { values, value }: Leaf,
  path: DocPath,
  report: Report,
): Operator | null {
  const all = values ?? (value === undefined ? [] : [String(value)]);
  if (all.length === 0) {
    report.error(path, 'condition', `${op} compares with a list`, { expected: 'values: [ … ]' });
    return null;
  }
  const bytes = all.map(toBytes);
  if (op === 'network') return { name: 'ipMatch', networks: all };
  if (op === 'phrases') return { name: 'pm', phrases: bytes, file: null };
  return { name: 'rx', pattern: `^(?:${bytes.map(escaped).join('|')})$` };
}

function ofValue(
  op: Exclude<NonNullable<Leaf['op']>, 'exists' | 'sqli' | 'xss' | 'in' | 'phrases' | 'network'>,
  { value }: Leaf,
  path: DocPath,
  report: Report,
): Operator | null {
  if (value === undefined) {
    report.error(path, 'condition', `${op} compares with a value`, { expected: 'value' });
    return null;
  }
  const bytes = toBytes(String(value));
  switch (op) {
    case 'equals':
      return { name: 'streq', value: bytes };
    case 'contains':
      return { name: 'contains', value: bytes };
    case 'startsWith':
      return { name: 'beginsWith', value: bytes };
    case 'endsWith':
      return { name: 'endsWith', value: bytes };
    case 'bytesOutside':
      return byteRange(bytes, path, report);
    case 'matches': {
      const pattern = compilePattern(bytes, {});
      if (pattern.ok) return { name: 'rx', pattern: bytes };
      const { at, found, expected } = pattern.error;
      report.error(
        [...path, 'value'],
        'pattern',
        `the pattern can’t be read at character ${at + 1}`,
        { found, expected },
      );
      return null;
    }
    default:
      if (!Number.isInteger(Number(value))) {
        report.error([...path, 'value'], 'number', `${op} compares numbers`, {
          found: String(value),
          expected: 'a whole number',
        });
        return null;
      }
      return { name: op, value: bytes };
  }
}

function byteRange(text: string, path: DocPath, report: Report): Operator | null {
  const ranges: [number, number][] = [];
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(part);
    const from = Number(match?.[1] ?? 256);
    const to = Number(match?.[2] ?? from);
    if (from > to || to > 255) {
      report.error([...path, 'value'], 'bytes', 'not a list of bytes', {
        found: part,
        expected: 'as 32-126,9',
      });
      return null;
    }
    ranges.push([from, to]);
  }
  return { name: 'validateByteRange', ranges };
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
