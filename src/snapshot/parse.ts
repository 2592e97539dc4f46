/**
 * Shape check of one document. Zod's issues become problems in our words. So that a wrong shape in
 * one place does not hide a contradiction in another, the offending parts are cut out of a copy and
 * the rest is parsed again: later checks see whatever can be saved.
 */
import type { z } from 'zod';
import { type DocPath, nearestName, type Report } from '../model/issue.ts';

type ZodIssue = z.core.$ZodIssue;

const MAX_CUTS = 8;

/** @returns the typed value, or null when nothing usable is left. Problems go to `report`. */
export function parseDocument<S extends z.ZodType>(
  schema: S,
  data: unknown,
  report: Report,
): z.infer<S> | null {
  const first = schema.safeParse(data);
  if (first.success) return first.data;
  for (const issue of first.error.issues) addProblem(issue, schema, data, report);
  const copy = structuredClone(data);
  let { issues } = first.error;
  for (let i = 0; i < MAX_CUTS; i++) {
    for (const issue of issues) cut(copy, issue);
    const again = schema.safeParse(copy);
    if (again.success) return again.data;
    issues = again.error.issues;
  }
  return null;
}

function cut(root: unknown, issue: ZodIssue): void {
  const path = issue.path as (string | number)[];
  if (issue.code === 'unrecognized_keys') {
    const holder = valueAt(root, path);
    if (isRecord(holder)) for (const key of issue.keys) Reflect.deleteProperty(holder, key);
    return;
  }
  const last = path.at(-1);
  const holder = valueAt(root, path.slice(0, -1));
  if (last === undefined) return;
  if (Array.isArray(holder) && typeof last === 'number') holder.splice(last, 1);
  else if (isRecord(holder)) Reflect.deleteProperty(holder, last);
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

/** Short, and never a secret. */
function show(value: unknown, path: DocPath): string {
  if (value === undefined) return 'nothing';
  if (path.includes('secret')) return '(hidden)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

interface LooseDef {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly innerType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
}

/** The keys a strict object at `path` knows. */
function keysAt(schema: z.ZodType, path: DocPath): string[] {
  let node: z.ZodType | undefined = unwrap(schema);
  for (const key of path) {
    if (node === undefined) return [];
    const def = node.def as unknown as LooseDef;
    node = def.shape?.[key] ?? def.valueType ?? def.element;
    if (node !== undefined) node = unwrap(node);
  }
  return Object.keys((node?.def as LooseDef | undefined)?.shape ?? {});
}

function unwrap(schema: z.ZodType): z.ZodType {
  const { innerType } = schema.def as unknown as LooseDef;
  return innerType === undefined ? schema : unwrap(innerType);
}
