/**
 * DESIGN. Answers: which route is this request on? Host first (exact, then the longest *.suffix,
 * then *), then the longest path prefix, by whole segments. Look-ups cost by the depth of the path,
 * never by the number of routes. On purpose it lacks regular expressions, methods and headers as
 * conditions: a table that people can read in order of precedence without running it.
 */
import type { AppId } from '../model/ids.ts';
import type { Priority } from '../model/priority.ts';

export interface Route {
  /** `host/path` as declared: the route's name in logs and metrics. */
  readonly name: string;
  readonly zoneType: 'rzone' | 'gzone' | 'czone';
  readonly app: AppId;
  /** Name of the identity list, null for none. */
  readonly identity: string | null;
  readonly write: 'auto' | 'always' | 'never';
  /** When no endpoint of the chosen group is healthy. */
  readonly onNoHealthy: 'panic' | 'fail' | 'spill';
  readonly priority: Priority;
  /** null: as the Gate document says. */
  readonly bodyBytes: number | null;
  readonly firstByteMs: number | null;
  /** null: no end. */
  readonly requestMs: number | null;
  /** Name of a policy of the Firewall document; null: its default, if it has one. */
  readonly firewall: string | null;
}

interface HostRoutes {
  readonly byPrefix: ReadonlyMap<string, Route>;
  /** Most segments any prefix of this host has. */
  readonly depth: number;
}

export interface RouteTable {
  readonly exact: ReadonlyMap<string, HostRoutes>;
  /** Keyed by `.suffix`. */
  readonly wildcard: ReadonlyMap<string, HostRoutes>;
  readonly any: HostRoutes | null;
  readonly routes: readonly Route[];
}

export type Match = Route | 'host-unknown' | 'path-unknown';

/**
 * @param host lower case, without port
 * @param path normalised (`normalisePath`)
 */
export function findRoute(table: RouteTable, host: string, path: string): Match {
  const routes = table.exact.get(host) ?? findWildcard(table, host) ?? table.any;
  if (routes === null) return 'host-unknown';
  return longestPrefix(routes, path) ?? 'path-unknown';
}

function findWildcard(table: RouteTable, host: string): HostRoutes | undefined {
  if (table.wildcard.size === 0) return undefined;
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
    const found = table.wildcard.get(host.slice(dot));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Tries `/a/b/c`, `/a/b`, `/a`, then '' (declared as `/`). */
function longestPrefix(routes: HostRoutes, path: string): Route | undefined {
  if (routes.depth > 0 && path.length > 1) {
    let end = segmentsEnd(path, routes.depth);
    while (end > 0) {
      const route = routes.byPrefix.get(path.slice(0, end));
      if (route !== undefined) return route;
      end = path.lastIndexOf('/', end - 1);
    }
  }
  return routes.byPrefix.get('');
}

/** Where the first `depth` segments of the path end. */
function segmentsEnd(path: string, depth: number): number {
  let at = 0;
  for (let i = 0; i < depth; i++) {
    const next = path.indexOf('/', at + 1);
    if (next < 0) return path.length;
    at = next;
  }
  return at;
}
