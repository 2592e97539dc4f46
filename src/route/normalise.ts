import type { PathPolicy } from '../gate/gate-schema.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;

/** What every rule is matched against; null: to be refused. */
type Normal = string | null;

/**
 * The path that all rules see: unreserved characters decoded, other escapes in upper case (RFC 3986
 * 6.2.2), and `.`, `..`, `//`, `%2F`, `%5C` treated as the policy says. Made once per request, on a
 * copy; what is forwarded is what was received.
 *
 * Whatever the policy, `%00` is refused, and so is a kept `%2F` or `%5C` beside dots (`..%2Fx`): a
 * server that decodes it would be led out of the route by it, and one that does not never needs it.
 */
export function normalisePath(path: string, policy: PathPolicy): Normal {
  if (isNormal(path)) return path;
  const decoded = decode(path, policy);
  if (decoded === null) return null;
  const parts = decoded.split('/');
  if (policy.doubleSlash === 'refuse' && hasEmptyInside(parts)) return null;
  return resolve(parts, policy);
}

const DECLARED: PathPolicy = {
  dotSegments: 'resolve',
  doubleSlash: 'merge',
  encodedSlash: 'keep',
  backslash: 'keep',
  badPercent: 'keep',
};

/** A prefix as the configuration writes it; the schema admits nothing that could be refused. */
export const normaliseDeclared = (path: string): string => normalisePath(path, DECLARED) ?? path;

function resolve(parts: readonly string[], policy: PathPolicy): Normal {
  const segments: string[] = [];
  const last = parts.length - 1;
  for (let i = 1; i <= last; i++) {
    const part = parts[i]!;
    const dots = part === '.' || part === '..';
    if (dots && policy.dotSegments === 'refuse') return null;
    // Some servers cut `;…` off a segment before they look at it.
    if (!dots && (ledAway(part) || /^\.{1,2};/.test(part))) return null;
    if (part === '..') segments.pop();
    const goes = dots || (part === '' && policy.doubleSlash === 'merge');
    if (!goes) segments.push(part);
    else if (i === last) segments.push('');
  }
  return `/${segments.join('/')}`;
}

function isNormal(path: string): boolean {
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i);
    if (c === PERCENT) return false;
    if (c === SLASH && i + 1 < path.length) {
      const next = path.charCodeAt(i + 1);
      if (next === SLASH || next === DOT) return false;
    }
  }
  return true;
}

/** An empty last part is a path that ends with `/`. */
const hasEmptyInside = (parts: readonly string[]): boolean => {
  const at = parts.indexOf('', 1);
  return at >= 0 && at < parts.length - 1;
};

function decode(path: string, policy: PathPolicy): Normal {
  let out = '';
  let from = 0;
  for (let at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at)) {
    out += path.slice(from, at);
    const hex = path.slice(at + 1, at + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(hex)) {
      if (policy.badPercent === 'refuse') return null;
      out += '%';
      from = ++at;
      continue;
    }
    const piece = decodeOne(hex, policy);
    if (piece === null) return null;
    out += piece;
    at += 3;
    from = at;
  }
  return out + path.slice(from);
}

function decodeOne(hex: string, policy: PathPolicy): Normal {
  const code = Number.parseInt(hex, 16);
  if (code === 0) return null;
  const char = String.fromCharCode(code);
  if (char === '/' || char === '\\') {
    const rule = char === '/' ? policy.encodedSlash : policy.backslash;
    if (rule === 'refuse') return null;
    if (rule === 'decode') return '/';
  }
  return /[A-Za-z0-9._~-]/.test(char) ? char : `%${hex.toUpperCase()}`;
}

/** Would `.` or `..` appear if the kept escapes were slashes? */
const ledAway = (part: string): boolean =>
  (part.includes('%2F') || part.includes('%5C')) &&
  part.split(/%2F|%5C/).some((piece) => piece === '.' || piece === '..');
