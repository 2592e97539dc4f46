import type { RateMatch, RateQuestion } from './index.ts';

/** Does a rate speak of this request? */
export function fits(match: RateMatch, question: RateQuestion): boolean {
  const { facts, route, app, client } = question;
  if (match.listener !== null && match.listener !== facts.listener) return false;
  if (match.methods !== null && !match.methods.has(facts.method)) return false;
  if (match.routes !== null && (route === null || !match.routes.has(route))) return false;
  if (match.apps !== null && (app === null || !match.apps.has(app))) return false;
  if (match.hosts !== null && !match.hosts.has(facts.host) && !hasSuffix(match, facts.host))
    return false;
  if (match.paths !== null && !isUnder(match.paths, question.path)) return false;
  return match.networks === null || (client !== null && match.networks.has(client));
}

function hasSuffix({ suffixes }: RateMatch, host: string): boolean {
  for (const suffix of suffixes) if (host.endsWith(suffix)) return true;
  return false;
}

/** By whole segments: /a holds /a and /a/b, not /ab. */
function isUnder(prefixes: readonly string[], path: string): boolean {
  for (const prefix of prefixes) {
    if (!path.startsWith(prefix)) continue;
    if (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f) return true;
  }
  return false;
}
