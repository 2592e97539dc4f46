import { parseAppId } from '../model/ids.ts';
import type { Report } from '../model/issue.ts';
import type { Route, RouteTable } from './index.ts';
import { normaliseDeclared } from './normalise.ts';
import type { RoutesDoc } from './routes-schema.ts';

interface HostBuilder {
  readonly byPrefix: Map<string, Route>;
  depth: number;
}

/** Text → RouteTable. */
export function compileRoutes(doc: RoutesDoc, report: Report): RouteTable {
  const hosts = new Map<string, HostBuilder>();
  const routes: Route[] = [];
  doc.routes.forEach((entry, i) => {
    const host = entry.host.toLowerCase();
    const prefix = normaliseDeclared(entry.path).replace(/\/$/, '');
    const builder = hosts.get(host) ?? { byPrefix: new Map<string, Route>(), depth: 0 };
    hosts.set(host, builder);
    if (builder.byPrefix.has(prefix)) {
      report.error(
        ['routes', i, 'path'],
        'duplicate-route',
        'another route has this host and path',
        {
          found: `${host}${prefix}/`,
          expected: 'each host and path once',
        },
      );
      return;
    }
    checkIdentity(doc, i, report);
    if (entry.zone === 'rzone' && entry.onNoHealthy === 'spill') {
      report.error(
        ['routes', i, 'onNoHealthy'],
        'spill',
        'a user’s requests may not spill into a zone that does not own him',
        {
          found: 'spill on an rzone route',
          expected: 'panic or fail; moving users takes a switch',
        },
      );
    }
    const route: Route = Object.freeze({
      name: `${host}${prefix === '' ? '/' : prefix}`,
      zoneType: entry.zone,
      app: parseAppId(entry.app)!,
      identity: entry.identity ?? null,
      write: entry.write,
      onNoHealthy: entry.onNoHealthy,
      priority: entry.priority,
      bodyBytes: entry.bodyBytes ?? null,
      firstByteMs: entry.firstByteMs ?? null,
      requestMs: entry.requestMs ?? null,
      firewall: entry.firewall ?? null,
    });
    builder.byPrefix.set(prefix, route);
    builder.depth = Math.max(builder.depth, prefix.split('/').length - 1);
    routes.push(route);
  });
  const exact = new Map<string, HostBuilder>();
  const wildcard = new Map<string, HostBuilder>();
  for (const [host, builder] of hosts) {
    if (host.startsWith('*.')) wildcard.set(host.slice(1), builder);
    else if (host !== '*') exact.set(host, builder);
  }
  return { exact, wildcard, any: hosts.get('*') ?? null, routes };
}

function checkIdentity(doc: RoutesDoc, i: number, report: Report): void {
  const entry = doc.routes[i]!;
  const path = ['routes', i, 'identity'];
  if (entry.identity === undefined) {
    if (entry.zone === 'rzone') {
      report.warn(
        ['routes', i],
        'no-identity',
        `rzone route ${entry.host}${entry.path} names no identity: only the cookie can place its users`,
      );
    }
  } else if (doc.identities[entry.identity] === undefined) {
    report.unknownName(path, 'identity', entry.identity, Object.keys(doc.identities));
  }
}

/** Does a request of this method change data on this route? */
export function isWrite(route: Route, method: string): boolean {
  if (route.write !== 'auto') return route.write === 'always';
  return !(method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE');
}
