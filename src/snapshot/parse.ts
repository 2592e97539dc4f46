/**
 * Shape check of one document. Zod's issues become problems in our words. So that a wrong shape in
 * one place does not hide a contradiction in another, the offending parts are cut out of a copy and
 * the rest is parsed again: later checks see whatever can be saved.
 */
import type { z } from 'zod';
import { type DocPath, nearestName, type Report } from '../model/issue.ts';
import { flattenUnions } from './unions.ts';

type ZodIssue = z.core.$ZodIssue;

const MAX_ROUNDS = 12;

/** @returns the typed value, or null when nothing usable is left. Problems go to `report`. */
export function parseDocument<S extends z.ZodType>(
  schema: S,
  data: unknown,
  report: Report,
): z.infer<S> | null {
  const first = schema.safeParse(data);
  if (first.success) return first.data;
  let issues = flattenUnions(first.error.issues);
  for (const issue of issues) addProblem(issue, schema, data, report);
  const copy = structuredClone(data);
  const places: Places = new Map();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    mend(copy, issues, places);
    const again = schema.safeParse(copy);
    if (again.success) {
      report.rebase = (path) => originalPath(copy, path, places);
      return again.data;
    }
    issues = flattenUnions(again.error.issues);
  }
  return null;
}

/** Indexes in the document of what is left of a list. */
type Places = Map<unknown[], number[]>;

function originalPath(root: unknown, path: DocPath, places: Places): DocPath {
  let node = root;
  return path.map((key) => {
    const kept = Array.isArray(node) ? places.get(node) : undefined;
    const original = kept !== undefined && typeof key === 'number' ? (kept[key] ?? key) : key;
    node =
      typeof node === 'object' && node !== null
        ? (node as Record<string | number, unknown>)[key]
        : undefined;
    return original;
  });
}

/** Takes out, or sets right, whatever one round of checking has found. */
function mend(root: unknown, issues: readonly ZodIssue[], places: Places): void {
  const elements = new Map<unknown[], Set<number>>();
  for (const issue of issues) {
    const path = issue.path as (string | number)[];
    if (issue.code === 'unrecognized_keys') {
      const holder = valueAt(root, path);
      if (isRecord(holder)) for (const key of issue.keys) Reflect.deleteProperty(holder, key);
    } else if (!setRight(root, path, issue)) cut(root, path, elements);
  }
  for (const [list, gone] of elements) {
    const kept = places.get(list) ?? list.map((_, i) => i);
    places.set(
      list,
      kept.filter((_, i) => !gone.has(i)),
    );
    const left = list.filter((_, i) => !gone.has(i));
    list.splice(0, list.length, ...left);
  }
}

/** A misspelt word becomes the word that was meant. */
function setRight(root: unknown, path: readonly (string | number)[], issue: ZodIssue): boolean {
  if (issue.code !== 'invalid_value') return false;
  const holder = valueAt(root, path.slice(0, -1));
  const value = valueAt(root, path);
  const meant =
    typeof value === 'string' ? nearestName(value, issue.values.map(String)) : undefined;
  const only = issue.values.length === 1 ? issue.values[0] : undefined;
  const right = meant ?? only;
  if (right === undefined || !isRecord(holder)) return false;
  holder[String(path.at(-1))] = right;
  return true;
}

function cut(
  root: unknown,
  path: readonly (string | number)[],
  elements: Map<unknown[], Set<number>>,
): void {
  const last = path.at(-1);
  if (last === undefined) return;
  const holder = valueAt(root, path.slice(0, -1));
  if (Array.isArray(holder) && typeof last === 'number') {
    elements.set(holder, (elements.get(holder) ?? new Set()).add(last));
  } else if (isRecord(holder) && Object.hasOwn(holder, last)) Reflect.deleteProperty(holder, last);
  else if (path.length > 1) cut(root, path.slice(0, -1), elements);
  // A scalar that the document itself can't do without, as Rules can't without an epoch.
  else if (isRecord(holder)) holder[last] = 0;
}

function addProblem(issue: ZodIssue, schema: z.ZodType, data: unknown, report: Report): void {
  const path = issue.path as DocPath;
  const found = show(valueAt(data, path), path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path);
      for (const key of issue.keys) {
        const near = nearestName(key, known);
        report.error([...path, key], 'unknown-key', `unknown key ${key}`, {
          atKey: true,
          found: key,
          ...(known.length === 0 ? {} : { expected: `one of ${known.join(', ')}` }),
          ...(near === undefined ? {} : { suggestion: near }),
        });
      }
      return;
    }
    case 'invalid_key':
      report.error(path, 'bad-name', `${String(path.at(-1))} can't be used as a key here`, {
        atKey: true,
        found: String(path.at(-1)),
        expected: issue.issues.map((i) => i.message).join('; '),
      });
      return;
    case 'invalid_value': {
      if (valueAt(data, path) === undefined) {
        report.error(path, 'missing', `${at(path)} is missing`, {
          found: 'nothing',
          expected: issue.values.map(String).join(' or '),
        });
        return;
      }
      const values = issue.values.map(String);
      const near = nearestName(found, values);
      report.error(path, 'bad-value', `${at(path)} has a value that is not allowed`, {
        found,
        expected: values.length === 1 ? values[0]! : `one of ${values.join(', ')}`,
        ...(near === undefined ? {} : { suggestion: near }),
      });
      return;
    }
    case 'invalid_type': {
      const missing = valueAt(data, path) === undefined;
      const what = missing ? `${at(path)} is missing` : `${at(path)} has the wrong type`;
      report.error(path, missing ? 'missing' : 'bad-type', what, {
        found: missing ? 'nothing' : found,
        expected: issue.message.startsWith('Invalid input') ? issue.expected : issue.message,
      });
      return;
    }
    case 'too_small':
    case 'too_big':
      report.error(path, 'out-of-range', `${at(path)} is out of range`, {
        found,
        expected: rangeText(issue),
      });
      return;
    default:
      report.error(path, 'bad-value', `${at(path)} is not valid`, {
        found,
        expected: issue.message,
      });
  }
}

function rangeText(issue: ZodIssue & { code: 'too_small' | 'too_big' }): string {
  const bound =
    issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  switch (issue.origin) {
    case 'string':
      return `${bound} characters`;
    case 'array':
      return `${bound} entries`;
    default:
      return bound;
  }
}

const at = (path: DocPath): string => (path.length === 0 ? 'the document' : path.join('.'));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function valueAt(root: unknown, path: DocPath): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/** Short, and never a secret: of keys, only what kind of value it is. */
function show(value: unknown, path: DocPath): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  if (path[0] === 'keys') return `a ${typeof value} (hidden)`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

interface LooseDef {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly innerType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}

/** The keys a strict object at `path` knows. */
function keysAt(schema: z.ZodType, path: DocPath): string[] {
  let nodes = branches(schema);
  for (const key of path) {
    nodes = nodes.flatMap((node) => {
      const def = node.def as unknown as LooseDef;
      const next = def.shape?.[key] ?? def.valueType ?? def.element;
      return next === undefined ? [] : branches(next);
    });
  }
  const keys = nodes.flatMap((node) => Object.keys((node.def as unknown as LooseDef).shape ?? {}));
  return [...new Set(keys)];
}

/** The shapes a value may have: several for a union. */
const branches = (schema: z.ZodType): z.ZodType[] => {
  const plain = unwrap(schema);
  const { options } = plain.def as unknown as LooseDef;
  return options === undefined ? [plain] : options.flatMap(branches);
};

function unwrap(schema: z.ZodType): z.ZodType {
  const { innerType } = schema.def as unknown as LooseDef;
  return innerType === undefined ? schema : unwrap(innerType);
}
