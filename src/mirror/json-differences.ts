/**
 * Where two JSON values differ, as paths without data: `$.items[].price`. All elements of an array share a
 * path, and so do keys that look like data rather than names, so that a path can be shown to anybody
 * and there are never many. Values are never kept, only what kind they are.
 */

export interface Difference {
  /** `status`, `header:etag`, `body`, or a JSON path. */
  readonly field: string;
  readonly ours: string;
  readonly theirs: string;
}

const MAX_DEPTH = 64;
const MAX_NODES = 20_000;
const MAX_DIFFERENCES = 256;
const ROOT = '$';
/** What lies deeper shares the path of what it lies in. */
const MAX_PATH = 256;
/** What a programmer calls a field; anything else may be somebody's number, address, id or token. */
const NAME = /^[\p{L}_$][\p{L}\p{N}_$-]{0,39}$/u;
/** Names have few of them (sha256, x509v3); ids, though they begin with a letter, have many. */
const DIGITS = /(?:\p{N}\P{N}*){5}/u;

interface Walk {
  readonly ignored: readonly string[];
  readonly found: Map<string, Difference>;
  nodes: number;
}

/** @param ignored paths that are left out with all below them, with or without `$.` */
export function jsonDifferences(
  ours: unknown,
  theirs: unknown,
  ignored: readonly string[],
): Difference[] {
  const walk: Walk = { ignored: ignored.map(rooted), found: new Map(), nodes: 0 };
  visit(ours, theirs, ROOT, 0, walk);
  return [...walk.found.values()];
}

const rooted = (path: string): string => {
  if (path.startsWith(ROOT)) return path;
  return path.startsWith('[') ? `${ROOT}${path}` : `${ROOT}.${path}`;
};

function visit(ours: unknown, theirs: unknown, path: string, depth: number, walk: Walk): void {
  if (ours === theirs || walk.ignored.includes(path)) return;
  // Beyond what is looked at, two values count as alike: a report must be believable.
  if (depth > MAX_DEPTH || ++walk.nodes > MAX_NODES) return;
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    const inside = path.length > MAX_PATH ? path : `${path}[]`;
    if (walk.ignored.includes(inside)) return;
    if (ours.length !== theirs.length) note(ours, theirs, inside, walk);
    for (let i = 0; i < Math.min(ours.length, theirs.length); i++)
      visit(ours[i], theirs[i], inside, depth + 1, walk);
  } else if (isObject(ours) && isObject(theirs)) {
    for (const key of Object.keys(ours)) {
      if (walk.nodes > MAX_NODES) return;
      visit(ours[key], valueAt(theirs, key), below(path, key), depth + 1, walk);
    }
    for (const key of Object.keys(theirs)) {
      if (walk.nodes > MAX_NODES) return;
      if (!Object.hasOwn(ours, key))
        visit(undefined, theirs[key], below(path, key), depth + 1, walk);
    }
  } else note(ours, theirs, path, walk);
}

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const valueAt = (object: JsonObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined;

const below = (path: string, key: string): string =>
  path.length > MAX_PATH ? path : `${path}.${NAME.test(key) && !DIGITS.test(key) ? key : '*'}`;

function note(ours: unknown, theirs: unknown, field: string, { found }: Walk): void {
  if (found.has(field) || found.size >= MAX_DIFFERENCES) return;
  found.set(field, { field, ours: kindOf(ours), theirs: kindOf(theirs) });
}

/** What can be said of a value without saying it. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (typeof value === 'string') return `string(${value.length})`;
  if (Array.isArray(value)) return `array(${value.length})`;
  if (typeof value === 'object') return `object(${Object.keys(value).length})`;
  return typeof value;
}
